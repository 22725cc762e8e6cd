"""Sends a service three times what it can do and measures how those it lets in fare (in this process, on loopback)."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform.errors import Exhausted, GridwardError
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.settings import ServiceSettings
from tests.support.tokens import TestTokens

#: Slow work on few desks, so that the desks are the limit and not this process's own speed.
DESKS = 4
WORK_S = 0.1
CAPACITY_PER_S = DESKS / WORK_S
SECONDS = 8.0
#: Half as many again as there are desks: who is let in waits half a piece of work at most.
CALLS_MAX = DESKS * 3 // 2
P99_RATIO_MAX = 2.0


class Office(video_pb2_grpc.VideoServiceServicer):
    """Has a few desks; who finds none waits."""

    def __init__(self) -> None:
        self._desks = asyncio.Semaphore(DESKS)

    async def ListCameras(self, request: video_pb2.ListCamerasRequest, context: Any) -> video_pb2.ListCamerasResponse:
        async with self._desks:
            await asyncio.sleep(WORK_S)
        return video_pb2.ListCamerasResponse()


async def offered(stub: Any, per_s: float) -> tuple[list[float], int, int]:
    """People come at an even pace whether or not others are served: times of those served, refused, failed otherwise."""
    served: list[float] = []
    refused = failed = 0

    async def one() -> None:
        nonlocal refused, failed
        began_s = time.perf_counter()
        try:
            await stub.ListCameras(video_pb2.ListCamerasRequest())
        except Exhausted:
            refused += 1
        except GridwardError:
            failed += 1
        else:
            served.append(time.perf_counter() - began_s)

    async with asyncio.TaskGroup() as group:
        began_s = time.perf_counter()
        count = 0
        while time.perf_counter() - began_s < SECONDS:
            group.create_task(one())
            count += 1
            await asyncio.sleep(max(0.0, began_s + count / per_s - time.perf_counter()))
    return served, refused, failed


async def drill() -> int:
    tokens = TestTokens(Path(tempfile.mkdtemp()))
    servicer = Office()
    settings = ServiceSettings(
        trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=1, calls_max=CALLS_MAX
    )
    offer = Offer(
        descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
        add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(servicer, server),
    )
    process = Process(name="video", settings=settings, offers=[offer])
    port = await process.start()
    async with connect(
        f"127.0.0.1:{port}", signer=tokens.signer(), caller=tokens.caller("system_admin", "")
    ) as channel:
        stub = video_pb2_grpc.VideoServiceStub(channel)
        figures = {}
        for name, share in (("half", 0.5), ("thrice", 3.0), ("half again", 0.5)):
            served, refused, failed = await offered(stub, CAPACITY_PER_S * share)
            p99_s = statistics.quantiles(served, n=100)[98]
            figures[name] = p99_s
            print(f"{name:10} served {len(served)} refused {refused} failed {failed} p99 {p99_s * 1000:.0f} ms")
    await process.stop()
    ratio = figures["thrice"] / figures["half"]
    print(f"p99 of those let in under threefold load is {ratio:.2f} times that at half load (≤ {P99_RATIO_MAX})")
    return 0 if ratio <= P99_RATIO_MAX else 1


def run() -> int:
    """1 when a figure was missed."""
    return asyncio.run(drill())
