"""Writes down what happens to published cases, so that other systems can ask what changed since they last did.

Events are gathered for a moment and written together, with how far they reach, so that a busy city costs one
statement every few seconds, and none is written twice.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import grpc
import structlog
from google.protobuf.message import Message
from gridward.events.v1 import events_pb2, events_pb2_grpc
from gridward.incidents.v1 import cases_pb2

from services.gateway.open311 import store, telling
from services.platform.database import Database
from services.platform.errors import GridwardError
from services.platform.lifecycle import together

log = structlog.get_logger()

GROUP: Final = "gateway.open311"
TYPES: Final = ["incident_reported", "case_advanced"]
WORDS_MAX: Final = 500
GATHER_S: Final = 2.0
RETRY_S: Final = 2.0
#: So many may wait to be written before reading pauses.
WAITING_MAX: Final = 5000

Payload = TypeVar("Payload", bound=Message)


@dataclass(slots=True)
class Follower:
    """Reads the events of incidents and writes them down in heaps."""

    channel: grpc.aio.Channel
    database: Database
    _waiting: asyncio.Queue[store.Update] = field(default_factory=lambda: asyncio.Queue(WAITING_MAX))

    async def run(self) -> None:
        """Follow until cancelled; after a break goes on where it was."""
        while True:
            try:
                async with self.database.connection() as connection:
                    position = await store.position(connection)
                self._gathered()
                await together(self._read(position), self._write())
            except (grpc.aio.AioRpcError, GridwardError) as error:
                log.warning("open311_following_broken", error=str(error)[:200])
            await asyncio.sleep(RETRY_S)

    async def _read(self, position: int) -> None:
        stub: Any = events_pb2_grpc.EventsServiceStub(self.channel)
        request = events_pb2.WatchBatchesRequest(group=GROUP, after=position, types=TYPES, batch_size=500)
        async for batch in stub.WatchBatches(request):
            for event in batch.events:
                await self._waiting.put(update_of(event))

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(GATHER_S)
            updates = self._gathered()
            if updates:
                async with self.database.transaction() as transaction:
                    await store.add_updates(transaction, updates)

    def _gathered(self) -> list[store.Update]:
        return [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]


def update_of(event: events_pb2.Event) -> store.Update:
    """What happened, and what the case's reporter was told with it."""
    name, words = "REPORT", ""
    if event.payload.Is(cases_pb2.IncidentReported.DESCRIPTOR):
        case = _unpacked(event, cases_pb2.IncidentReported()).case
    else:
        advanced = _unpacked(event, cases_pb2.CaseAdvanced())
        case = advanced.case
        name = cases_pb2.CaseEvent.Name(advanced.entry.event).removeprefix("CASE_EVENT_")
        words = telling.masked(advanced.entry.opinion)[:WORDS_MAX] if name in telling.ANSWERS else ""
    return store.Update(
        position=event.position,
        number=case.number,
        task_type=case.task_type,
        state=telling.state_name(case.state),
        event=name,
        words=words,
        happened_at=telling.moment(event.occurred_at),
    )


def _unpacked(event: events_pb2.Event, payload: Payload) -> Payload:
    event.payload.Unpack(payload)
    return payload
