"""Measures posting through gRPC: one by one, in batches, as a stream, and how long one waits at a quarter of the most."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
from gridward.points.v1 import ledger_pb2, ledger_pb2_grpc

from services.platform.errors import GridwardError
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from services.platform.ids import uuid7
from tests.bench.points.stand import Stand
from tests.bench.timing import Timing, closed_loop

CALLERS = 64
BATCH = 500
SHARE = 0.25


def a_leg() -> ledger_pb2.PostLeg:
    return ledger_pb2.PostLeg(
        key=str(uuid7()),
        debit=ledger_pb2.LedgerAccount(owner="system:mint", unit="points", kind="source"),
        credit=ledger_pb2.LedgerAccount(owner=f"m{random.randrange(10_000)}", unit="points", kind="available"),
        amount=3,
        reason="ORDER_SERVED",
        cause="order-0123456789abcdef",
    )


async def measure(stand: Stand, *, seconds: float) -> None:
    """Against a process of its own."""
    stand.start_service()
    channel = connect(stand.address, signer=stand.tokens.signer("incidents"), caller=service_caller("incidents"))
    stub = ledger_pb2_grpc.LedgerServiceStub(channel)
    await _until_it_answers(stub)
    unary = await closed_loop(
        f"Post, {CALLERS} callers",
        lambda _: _post(stub),
        callers=CALLERS,
        seconds=seconds,
    )
    batch = await closed_loop(
        f"PostBatch of {BATCH}, 4 callers",
        lambda _: _batch(stub),
        callers=4,
        seconds=seconds,
        items_per_call=BATCH,
        warm_up=2,
    )
    stream = await _stream(stub, "StreamPost, one stream", seconds)
    for timing in (unary, batch, stream):
        print(timing.line())
    alone = await closed_loop(
        "Post, one caller alone",
        lambda _: _post(stub),
        callers=1,
        seconds=seconds,
    )
    print(alone.line())
    one_ms = alone.percentile_ms(0.5)
    batches = batch.per_second / BATCH * SHARE
    print((await _paced(f"PostBatch of {BATCH} at a quarter", lambda: _batch(stub), batches, 2 * seconds)).line())
    for quarter in (
        await _paced("Post at a quarter of that", lambda: _post(stub), unary.per_second * SHARE, seconds),
        await _stream(stub, "StreamPost at a quarter", seconds, per_second=stream.per_second * SHARE),
    ):
        print(quarter.line())
        print(
            f"  p50 = {quarter.percentile_ms(0.5) / one_ms:.1f} × a Post alone (aim ≤ 4)   "
            f"p99 = {quarter.percentile_ms(0.99) / one_ms:.1f} × (aim ≤ 20)"
        )
    await channel.close()
    stand.stop_service()


async def _post(stub: ledger_pb2_grpc.LedgerServiceAsyncStub) -> None:
    await stub.Post(ledger_pb2.PostRequest(legs=[a_leg()]), timeout=30)


async def _batch(stub: ledger_pb2_grpc.LedgerServiceAsyncStub) -> None:
    groups = [ledger_pb2.PostRequest(legs=[a_leg()]) for _ in range(BATCH)]
    await stub.PostBatch(ledger_pb2.PostBatchRequest(groups=groups), timeout=30)


async def _until_it_answers(stub: ledger_pb2_grpc.LedgerServiceAsyncStub) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            await stub.Post(ledger_pb2.PostRequest(legs=[a_leg()]), timeout=2)
        except (GridwardError, grpc.aio.AioRpcError):
            assert time.monotonic() < until
            await asyncio.sleep(0.2)
        else:
            return


async def _stream(
    stub: ledger_pb2_grpc.LedgerServiceAsyncStub, name: str, seconds: float, *, per_second: float = 0.0
) -> Timing:
    """One stream, as fast as it takes questions, or at a pace; each question from when it is sent to its answer."""
    until = time.perf_counter() + seconds
    sent: dict[int, float] = {}
    durations: list[float] = []

    async def questions() -> AsyncIterator[ledger_pb2.StreamPostRequest]:
        number = 0
        while time.perf_counter() < until:
            number += 1
            sent[number] = time.perf_counter()
            yield ledger_pb2.StreamPostRequest(number=number, legs=[a_leg()])
            if per_second:
                await asyncio.sleep(random.expovariate(per_second))

    began = time.perf_counter()
    async for answer in stub.StreamPost(questions(), timeout=seconds + 60):
        assert not answer.refused, answer.refused
        durations.append(time.perf_counter() - sent.pop(answer.number))
    return Timing(name=name, elapsed_s=time.perf_counter() - began, durations_s=durations)


async def _paced(name: str, call: Callable[[], Awaitable[None]], per_second: float, seconds: float) -> Timing:
    """Calls come when they come, whether or not those before are answered."""
    durations: list[float] = []

    async def one() -> None:
        began = time.perf_counter()
        await call()
        durations.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        while time.perf_counter() - began < seconds:
            tasks.create_task(one())
            await asyncio.sleep(random.expovariate(per_second))
    return Timing(
        name=f"{name}, {per_second:,.1f} calls a second", elapsed_s=time.perf_counter() - began, durations_s=durations
    )
