"""Follows another service's events: every one is handled, some perhaps twice, none passed over."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import grpc
import structlog
from gridward.events.v1 import events_pb2, events_pb2_grpc
from prometheus_client import Counter

from services.platform import sql
from services.platform.database import Transaction
from services.platform.errors import GridwardError

queries = sql.load(__package__)
log = structlog.get_logger()

RETRY_S_MIN = 0.2
RETRY_S_MAX = 10.0

EVENTS_HANDLED = Counter("events_handled_total", "Events handled", ["group", "type"])
EVENT_RETRIES = Counter("event_retries_total", "Times an event had to be tried again", ["group", "type"])

Handle = Callable[[events_pb2.Event], Awaitable[None]]


async def follow(channel: grpc.aio.Channel, *, group: str, types: list[str], handle: Handle) -> None:
    """Handle events in order until cancelled; reconnects, and tries an event again until it is handled.

    `handle` must do nothing the second time an event id comes; see first_time.
    """
    stub = events_pb2_grpc.EventsServiceStub(channel)
    pause_s = RETRY_S_MIN
    while True:
        try:
            async for batch in stub.WatchBatches(events_pb2.WatchBatchesRequest(group=group, types=types)):
                for event in batch.events:
                    await _handle_until_done(event, group, handle)
                await stub.Ack(events_pb2.AckRequest(group=group, position=batch.position), timeout=5.0)
                pause_s = RETRY_S_MIN
        except (grpc.aio.AioRpcError, GridwardError) as error:
            log.warning("event_stream_broken", group=group, error=str(error)[:200])
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, RETRY_S_MAX)


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
