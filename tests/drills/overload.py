"""Sends a service three times what it can do and measures how those it lets in fare (in this process, on loopback)."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform import log as logs
from services.platform.errors import Exhausted, GridwardError
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.settings import ServiceSettings
from tests.support.tokens import TestTokens

SECONDS = 8.0
P99_RATIO_MAX = 2.0
GOODPUT_SHARE_MIN = 0.9


@dataclass(frozen=True)
class Desks:
    """Slow work on few desks, so that the desks are the limit and not this process's own speed."""

    count: int
    work_s: float

    @property
    def per_s(self) -> float:
        """How much can be done."""
        return self.count / self.work_s


#: Half as many calls again as there are desks: who is let in waits half a piece of work at most.
STRICT, STRICT_CALLS_MAX = Desks(4, 0.1), 6
#: As many desks as connections to a database, and the room that a service has unless it is told otherwise.
USUAL = Desks(12, 0.1)
#: A crowd is first let in whole; what is asked here is how those fare who come while it stands.
SETTLED_S = 6.0


class Office(video_pb2_grpc.VideoServiceServicer):
    """Has a few desks; who finds none waits."""

    def __init__(self, desks: Desks) -> None:
        self._work_s = desks.work_s
        self._desks = asyncio.Semaphore(desks.count)

    async def ListCameras(self, request: video_pb2.ListCamerasRequest, context: Any) -> video_pb2.ListCamerasResponse:
        async with self._desks:
            await asyncio.sleep(self._work_s)
        return video_pb2.ListCamerasResponse()


async def offered(stub: Any, per_s: float, *, settled_s: float = 0.0) -> tuple[list[float], int, int]:
    """People come at an even pace whether or not others are served: times of those served, refused, failed otherwise.

    Those who come before it has settled are not counted.
    """
    served: list[float] = []
    refused = failed = 0

    async def one(*, counts: bool) -> None:
        nonlocal refused, failed
        began_s = time.perf_counter()
        try:
            await stub.ListCameras(video_pb2.ListCamerasRequest())
        except Exhausted:
            refused += counts
        except GridwardError:
            failed += counts
        else:
            if counts:
                served.append(time.perf_counter() - began_s)

    async with asyncio.TaskGroup() as group:
        began_s = time.perf_counter()
        count = 0
        while (passed_s := time.perf_counter() - began_s) < settled_s + SECONDS:
            group.create_task(one(counts=passed_s >= settled_s))
            count += 1
            await asyncio.sleep(max(0.0, began_s + count / per_s - time.perf_counter()))
    return served, refused, failed


async def measured(
    desks: Desks, shares: Mapping[str, float], *, settled_s: float = 0.0, **settings: Any
) -> dict[str, tuple[float, float]]:
    """For each load, how many are served a second and the time of 99 % of them."""
    tokens = TestTokens(Path(tempfile.mkdtemp()))
    servicer = Office(desks)
    offer = Offer(
        descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
        add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(servicer, server),
    )
    told = ServiceSettings(
        trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=1, **settings
    )
    process = Process(name="video", settings=told, offers=[offer])
    port = await process.start()
    figures = {}
    async with connect(
        f"127.0.0.1:{port}", signer=tokens.signer(), caller=tokens.caller("system_admin", "")
    ) as channel:
        stub = video_pb2_grpc.VideoServiceStub(channel)
        for name, share in shares.items():
            served, refused, failed = await offered(stub, desks.per_s * share, settled_s=settled_s)
            p50_s, p99_s = statistics.median(served), statistics.quantiles(served, n=100)[98]
            figures[name] = len(served) / SECONDS, p99_s
            times = f"p50 {p50_s * 1000:.0f} ms, p99 {p99_s * 1000:.0f} ms"
            print(f"  {name:11} served {len(served)}, refused {refused}, failed {failed}, {times}", flush=True)
    await process.stop()
    return figures


async def drill() -> int:
    logs.configure("drill", "ERROR")
    print(f"room for {STRICT_CALLS_MAX} calls, {STRICT.count} worked on at once")
    strict = await measured(STRICT, {"half": 0.5, "thrice": 3.0, "half again": 0.5}, calls_max=STRICT_CALLS_MAX)
    ratio = strict["thrice"][1] / strict["half"][1]
    print(f"p99 of those let in under threefold load is {ratio:.2f} times that at half load (≤ {P99_RATIO_MAX})")
    print(f"the room a service has by itself, {USUAL.count} worked on at once")
    usual = await measured(USUAL, {"full": 1.0, "twice": 2.0, "half": 0.5}, settled_s=SETTLED_S)
    goodput = usual["twice"][0] / usual["full"][0]
    print(f"done at twofold load: {goodput:.2f} of what is done at full load (≥ {GOODPUT_SHARE_MIN})")
    return 0 if ratio <= P99_RATIO_MAX and goodput >= GOODPUT_SHARE_MIN else 1


def run() -> int:
    """1 when a figure was missed."""
    return asyncio.run(drill())
