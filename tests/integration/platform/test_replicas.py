"""Several replicas behind one name: each gets its share, a new one soon, and one that goes takes no call with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

import grpc
import pytest
from gridward.video.v1 import video_pb2, video_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.platform.grpc_client import connect
from services.platform.grpc_server import LIVE, Offer, Process
from services.platform.settings import ServiceSettings
from tests.support.names import Names
from tests.support.tokens import TestTokens

Stub: TypeAlias = "video_pb2_grpc.VideoServiceAsyncStub"
HOSTS = ("127.0.0.2", "127.0.0.3")
PATIENCE_S = 30.0
WORK_S = 0.01


class Cameras(video_pb2_grpc.VideoServiceServicer):
    """Says which replica answered, after a moment of work."""

    def __init__(self, host: str) -> None:
        self.host = host

    async def ListCameras(self, request: video_pb2.ListCamerasRequest, context: Any) -> video_pb2.ListCamerasResponse:
        await asyncio.sleep(WORK_S)
        return video_pb2.ListCamerasResponse(next_page_token=self.host)


StartReplica: TypeAlias = Callable[[str, int], Awaitable[Process]]


@pytest.fixture
async def start(tokens: TestTokens) -> AsyncIterator[StartReplica]:
    async with AsyncExitStack() as ends:

        async def start_one(host: str, port: int = 0) -> Process:
            settings = ServiceSettings(
                trust_file=tokens.trust_file,
                signing_key_file=tokens.key_file("video"),
                listen=f"{host}:{port}",
                health_listen=f"{host}:0",
                connection_s=1.0,
                leave_s=0.3,
                drain_s=2.0,
            )
            offer = Offer(
                descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
                add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(Cameras(host), server),
            )
            process = Process(name="video", settings=settings, offers=[offer])
            await process.start()
            ends.push_async_callback(process.stop)
            return process

        yield start_one


@pytest.fixture
async def names() -> AsyncIterator[Names]:
    names = await Names.open()
    yield names
    names.close()


class Load:
    """People who keep calling: counts who answered and what failed."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self.answered: Counter[str] = Counter()
        self.failed: list[Exception] = []
        self._tasks = [asyncio.create_task(self._call()) for _ in range(6)]

    async def _call(self) -> None:
        while True:
            try:
                answer = await self._stub.ListCameras(video_pb2.ListCamerasRequest())
            except Exception as error:  # noqa: BLE001 whatever it is, the test counts it
                self.failed.append(error)
                await asyncio.sleep(WORK_S)
            else:
                self.answered[answer.next_page_token] += 1

    async def until(self, there: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not there():  # noqa: ASYNC110 what is waited for is counted elsewhere
                await asyncio.sleep(WORK_S)

    async def until_it_hears_from(self, host: str, calls: int = 20) -> None:
        seen = self.answered[host]
        await self.until(lambda: self.answered[host] >= seen + calls)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def begin(tokens: TestTokens, names: Names) -> AsyncIterator[Callable[[int], Load]]:
    async with AsyncExitStack() as ends:

        def begin_at(port: int) -> Load:
            channel = connect(
                names.target("cameras.test", port), signer=tokens.signer(), caller=tokens.caller("system_admin", "")
            )
            load = Load(video_pb2_grpc.VideoServiceStub(channel))
            ends.push_async_callback(channel.close)
            ends.push_async_callback(load.stop)
            return load

        yield begin_at


async def test_calls_are_spread_over_all_replicas(
    start: StartReplica, names: Names, begin: Callable[[int], Load]
) -> None:
    port = (await start(HOSTS[0], 0)).port
    await start(HOSTS[1], port)
    names.addresses = list(HOSTS)
    load = begin(port)
    await load.until(lambda: load.answered.total() >= 200)
    assert min(load.answered[host] for host in HOSTS) >= 60
    assert not load.failed


async def test_a_new_replica_gets_its_share_within_seconds(
    start: StartReplica, names: Names, begin: Callable[[int], Load]
) -> None:
    port = (await start(HOSTS[0], 0)).port
    names.addresses = [HOSTS[0]]
    load = begin(port)
    await load.until_it_hears_from(HOSTS[0])
    await start(HOSTS[1], port)
    names.addresses = list(HOSTS)
    await load.until_it_hears_from(HOSTS[1])
    assert not load.failed


async def test_a_rolling_restart_under_load_loses_no_call(
    start: StartReplica, names: Names, begin: Callable[[int], Load]
) -> None:
    replicas = {HOSTS[0]: await start(HOSTS[0], 0)}
    port = replicas[HOSTS[0]].port
    replicas[HOSTS[1]] = await start(HOSTS[1], port)
    names.addresses = list(HOSTS)
    load = begin(port)
    for host in HOSTS:
        await load.until_it_hears_from(host)
        names.addresses = [other for other in HOSTS if other != host]
        await replicas[host].stop()
        await load.until_it_hears_from(names.addresses[0])
        replicas[host] = await start(host, port)
        names.addresses = list(HOSTS)
        await load.until_it_hears_from(host)
    assert not load.failed
    assert load.answered.total() > 100


async def test_who_goes_as_soon_as_another_has_come_takes_no_call_with_it_either(
    start: StartReplica, names: Names, begin: Callable[[int], Load]
) -> None:
    """Clients ask for names when a connection ends; until then they do not know who came."""
    leaving = await start(HOSTS[0], 0)
    names.addresses = [HOSTS[0]]
    load = begin(leaving.port)
    await load.until_it_hears_from(HOSTS[0])
    await start(HOSTS[1], leaving.port)
    names.addresses = [HOSTS[1]]
    await leaving.stop()
    await load.until_it_hears_from(HOSTS[1])
    assert not load.failed


async def test_probes_are_answered_in_plain_text_at_a_door_of_their_own(start: StartReplica) -> None:
    process = await start(HOSTS[0], 0)
    async with grpc.aio.insecure_channel(f"{HOSTS[0]}:{process.health_port}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        live = await health.Check(health_pb2.HealthCheckRequest(service=LIVE), timeout=5)
        assert live.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await video_pb2_grpc.VideoServiceStub(channel).ListCameras(video_pb2.ListCamerasRequest(), timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_process_lives_though_it_is_not_ready(tokens: TestTokens) -> None:
    async def never() -> bool:
        return False

    settings = ServiceSettings(
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("video"),
        health_listen="127.0.0.1:0",
        drain_s=0.1,
    )
    process = Process(name="video", settings=settings, offers=[], ready=never)
    await process.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.health_port}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        answers = {
            name: (await health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)).status
            for name in (LIVE, "")
        }
    await process.stop()
    assert answers[LIVE] == health_pb2.HealthCheckResponse.SERVING
    assert answers[""] == health_pb2.HealthCheckResponse.NOT_SERVING
