"""Follows another service's events: every one is handled, some perhaps twice, none passed over."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from uuid import UUID

import grpc
import structlog
from gridward.events.v1 import events_pb2, events_pb2_grpc
from prometheus_client import Counter

from services.platform import sql
from services.platform.database import Transaction
from services.platform.errors import GridwardError
from services.platform.lifecycle import end

queries = sql.load(__package__)
log = structlog.get_logger()

RETRY_S_MIN = 0.2
RETRY_S_MAX = 10.0
#: Nothing that follows by events is so urgent that a few would not wait for one another.
LINGER_MS = 50
ACK_EVERY_S = 0.25

EVENTS_HANDLED = Counter("events_handled_total", "Events handled", ["group", "type"])
EVENT_RETRIES = Counter("event_retries_total", "Times an event had to be tried again", ["group", "type"])

Handle = Callable[[events_pb2.Event], Awaitable[None]]


async def follow(channel: grpc.aio.Channel, *, group: str, types: list[str], handle: Handle, at_once: int = 1) -> None:
    """Handle events until cancelled; reconnects, and tries an event again until it is handled.

    What concerns one subject is handled in order; up to `at_once` subjects side by side. `handle` must do nothing the
    second time an event id comes; see first_time.
    """
    stub = events_pb2_grpc.EventsServiceStub(channel)
    request = events_pb2.WatchBatchesRequest(group=group, types=types, linger_ms=LINGER_MS)
    pause_s = RETRY_S_MIN
    while True:
        try:
            async with aclosing(_batches(stub, request)) as batches:
                async for batch in batches:
                    await handle_all(batch.events, group=group, handle=handle, at_once=at_once)
                    pause_s = RETRY_S_MIN
        except (grpc.aio.AioRpcError, GridwardError) as error:
            log.warning("event_stream_broken", group=group, error=str(error)[:200])
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, RETRY_S_MAX)


async def _batches(
    stub: "events_pb2_grpc.EventsServiceAsyncStub", request: events_pb2.WatchBatchesRequest
) -> AsyncGenerator[events_pb2.WatchBatchesResponse, None]:
    """What comes; whatever was handled before the next is asked for is acknowledged, but not each batch by itself."""
    loop = asyncio.get_running_loop()
    call = stub.WatchBatches(request)
    handled = acknowledged = 0
    acknowledged_at = loop.time()
    coming = asyncio.ensure_future(call.read())
    try:
        while True:
            if handled > acknowledged:
                left_s = acknowledged_at + ACK_EVERY_S - loop.time()
                await asyncio.wait({coming}, timeout=max(left_s, 0))
                if not coming.done() or left_s <= 0:
                    await stub.Ack(events_pb2.AckRequest(group=request.group, position=handled), timeout=5.0)
                    acknowledged, acknowledged_at = handled, loop.time()
            batch = await coming
            if not isinstance(batch, events_pb2.WatchBatchesResponse):
                return  # the end of the stream
            coming = asyncio.ensure_future(call.read())
            yield batch
            handled = batch.position
    finally:
        call.cancel()
        await end([coming])


async def handle_all(events: Iterable[events_pb2.Event], *, group: str, handle: Handle, at_once: int) -> None:
    """Return when each is handled; one that must be tried again holds up its own subject, and in the end all."""
    chains: dict[str, list[events_pb2.Event]] = defaultdict(list)
    for event in events:
        chains[event.subject if at_once > 1 else ""].append(event)
    gate = asyncio.Semaphore(at_once)

    async def carry(chain: list[events_pb2.Event]) -> None:
        async with gate:
            for event in chain:
                await _handle_until_done(event, group, handle)

    async with asyncio.TaskGroup() as tasks:
        for chain in chains.values():
            tasks.create_task(carry(chain))


async def _handle_until_done(event: events_pb2.Event, group: str, handle: Handle) -> None:
    pause_s = RETRY_S_MIN
    while True:
        try:
            await handle(event)
        except GridwardError as error:
            EVENT_RETRIES.labels(group, event.type).inc()
            log.warning("event_retried", group=group, event_id=event.id, reason=error.reason)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, RETRY_S_MAX)
        else:
            EVENTS_HANDLED.labels(group, event.type).inc()
            return


async def first_time(transaction: Transaction, *, source: str, event_id: str) -> bool:
    """Whether this event was not handled before; remembers it in the transaction of what is done with it."""
    cursor = await transaction.execute(queries.insert_handled, {"source": source, "event_id": UUID(event_id)})
    return await cursor.fetchone() is not None
