"""More comes in than can be done: what is let in is done in its usual time, the rest is told when to come again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc
import pytest
from google.rpc import error_details_pb2
from gridward.video.v1 import video_pb2, video_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from services.platform.errors import Exhausted
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.settings import ServiceSettings
from tests.support.tokens import TestTokens

Stub: TypeAlias = "video_pb2_grpc.VideoServiceAsyncStub"
DESKS = 4
WORK_S = 0.02
CALLS_MAX = 8


class Office(video_pb2_grpc.VideoServiceServicer):
    """Has a few desks; who finds none waits."""

    def __init__(self) -> None:
        self._desks = asyncio.Semaphore(DESKS)

    async def ListCameras(self, request: video_pb2.ListCamerasRequest, context: Any) -> video_pb2.ListCamerasResponse:
        async with self._desks:
            await asyncio.sleep(WORK_S)
        return video_pb2.ListCamerasResponse()


@pytest.fixture
async def office(tokens: TestTokens) -> AsyncIterator[Process]:
    settings = ServiceSettings(
        trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=1, calls_max=CALLS_MAX
    )
    servicer = Office()
    offer = Offer(
        descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
        add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(servicer, server),
    )
    process = Process(name="video", settings=settings, offers=[offer])
    await process.start()
    yield process
    await process.stop()


@pytest.fixture
async def stub(office: Process, tokens: TestTokens) -> AsyncIterator[Stub]:
    caller = tokens.caller("system_admin", "")
    async with connect(f"127.0.0.1:{office.port}", signer=tokens.signer(), caller=caller) as channel:
        yield video_pb2_grpc.VideoServiceStub(channel)


async def ask(stub: Stub) -> float | Exhausted:
    """How long it took, or that there was no room."""
    began_s = time.perf_counter()
    try:
        await stub.ListCameras(video_pb2.ListCamerasRequest())
    except Exhausted as error:
        return error
    return time.perf_counter() - began_s


async def crowd(stub: Stub, callers: int, rounds: int) -> list[float | Exhausted]:
    async def one() -> list[float | Exhausted]:
        return [await ask(stub) for _ in range(rounds)]

    return [answer for answers in await asyncio.gather(*(one() for _ in range(callers))) for answer in answers]


async def test_what_is_let_in_is_served_and_the_rest_is_told_when_to_come_again(stub: Stub) -> None:
    answers = await crowd(stub, CALLS_MAX * 3, 4)
    refused = [answer for answer in answers if isinstance(answer, Exhausted)]
    served = [answer for answer in answers if not isinstance(answer, Exhausted)]
    assert len(served) >= CALLS_MAX
    assert refused
    assert {error.details["retry_after_s"] for error in refused} == {"1"}
    assert len(served) + len(refused) == CALLS_MAX * 3 * 4


async def test_afterwards_everybody_is_served_again_at_once(stub: Stub) -> None:
    await crowd(stub, CALLS_MAX * 3, 2)
    assert not [answer for answer in await crowd(stub, CALLS_MAX, 3) if isinstance(answer, Exhausted)]


async def test_the_status_says_in_the_common_form_how_long_to_wait(office: Process, tokens: TestTokens) -> None:
    token = tokens.signer().sign(tokens.caller("system_admin", ""))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{office.port}") as channel:
        plain = video_pb2_grpc.VideoServiceStub(channel)

        async def call() -> grpc.aio.AioRpcError | None:
            try:
                await plain.ListCameras(
                    video_pb2.ListCamerasRequest(), metadata=(("authorization", f"Bearer {token}"),), timeout=5
                )
            except grpc.aio.AioRpcError as error:
                return error
            return None

        refused = [error for error in await asyncio.gather(*(call() for _ in range(CALLS_MAX * 3))) if error]
    assert refused
    assert {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    status: Any = rpc_status.from_call(refused[0])  # type: ignore[arg-type]
    hint = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(hint) for detail in status.details)
    assert hint.retry_delay.seconds == 1


async def test_health_is_told_however_full_it_is(office: Process, stub: Stub) -> None:
    crowding = asyncio.create_task(crowd(stub, CALLS_MAX * 3, 4))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{office.port}") as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    await crowding
