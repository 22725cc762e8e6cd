"""More comes in than can be done: what is let in is done in its usual time, the rest is told when to come again."""

from __future__ import annotations

import asyncio
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
CALLS_MAX = 8
CROWD = CALLS_MAX * 3
CALL_S_MAX = 60.0


class Office(video_pb2_grpc.VideoServiceServicer):
    """Works while its door is open; who is inside while it is shut waits."""

    def __init__(self) -> None:
        self.door = asyncio.Event()

    async def ListCameras(self, request: video_pb2.ListCamerasRequest, context: Any) -> video_pb2.ListCamerasResponse:
        await self.door.wait()
        return video_pb2.ListCamerasResponse()


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def process(office: Office, tokens: TestTokens) -> AsyncIterator[Process]:
    settings = ServiceSettings(
        trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=1, calls_max=CALLS_MAX
    )
    offer = Offer(
        descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
        add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(office, server),
    )
    process = Process(name="video", settings=settings, offers=[offer])
    await process.start()
    yield process
    await process.stop()


@pytest.fixture
async def stub(process: Process, tokens: TestTokens) -> AsyncIterator[Stub]:
    caller = tokens.caller("system_admin", "")
    async with connect(f"127.0.0.1:{process.port}", signer=tokens.signer(), caller=caller) as channel:
        yield video_pb2_grpc.VideoServiceStub(channel)


async def ask(stub: Stub) -> Exhausted | None:
    """That there was no room, or nothing."""
    try:
        await stub.ListCameras(video_pb2.ListCamerasRequest(), timeout=CALL_S_MAX)
    except Exhausted as error:
        return error
    return None


async def crowd(office: Office, stub: Stub) -> tuple[list[Exhausted], int]:
    """Three times as many as there is room for come before anybody is done: who was turned away, how many served."""
    office.door.clear()
    turned_away: list[Exhausted] = []
    waiting = {asyncio.create_task(ask(stub)) for _ in range(CROWD)}
    while len(waiting) > CALLS_MAX:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        turned_away += [answer for answer in (each.result() for each in done) if answer is not None]
    office.door.set()
    answers = await asyncio.gather(*waiting)
    return turned_away, answers.count(None)


async def test_what_is_let_in_is_served_and_the_rest_is_told_when_to_come_again(office: Office, stub: Stub) -> None:
    turned_away, served = await crowd(office, stub)
    assert (len(turned_away), served) == (CROWD - CALLS_MAX, CALLS_MAX)
    assert {error.details["retry_after_s"] for error in turned_away} == {"1"}


async def test_afterwards_everybody_is_served_again_at_once(office: Office, stub: Stub) -> None:
    await crowd(office, stub)
    assert [await ask(stub) for _ in range(3)] == [None] * 3


async def test_the_status_says_in_the_common_form_how_long_to_wait(
    process: Process, office: Office, stub: Stub, tokens: TestTokens
) -> None:
    inside = [asyncio.create_task(ask(stub)) for _ in range(CROWD)]
    await asyncio.wait(inside, return_when=asyncio.FIRST_COMPLETED)  # somebody was turned away: it is full
    token = tokens.signer().sign(tokens.caller("system_admin", ""))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        plain = video_pb2_grpc.VideoServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await plain.ListCameras(
                video_pb2.ListCamerasRequest(), metadata=(("authorization", f"Bearer {token}"),), timeout=CALL_S_MAX
            )
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    status: Any = rpc_status.from_call(refused.value)  # type: ignore[arg-type]
    hint = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(hint) for detail in status.details)
    assert hint.retry_delay.seconds == 1
    office.door.set()
    await asyncio.gather(*inside)


async def test_health_is_told_however_full_it_is(process: Process, office: Office, stub: Stub) -> None:
    inside = [asyncio.create_task(ask(stub)) for _ in range(CROWD)]
    await asyncio.wait(inside, return_when=asyncio.FIRST_COMPLETED)  # somebody was turned away: it is full
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=CALL_S_MAX)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    office.door.set()
    await asyncio.gather(*inside)
