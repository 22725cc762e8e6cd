"""Tells the rest of the city what happened here: written with the deed itself, placed in order, never passed over.

A reader that went by the row's own number would lose every event whose transaction commits late. So an event
gets its position only after its commit, by one sequencer at a time, and readers go by that position.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from google.protobuf.any_pb2 import Any as PackedMessage
from google.protobuf.message import Message
from gridward.events.v1 import events_pb2
from prometheus_client import Counter, Gauge

from services.platform import sql
from services.platform.database import Database, Row, Transaction
from services.platform.errors import Exhausted, Unavailable
from services.platform.ids import uuid7
from services.platform.tail import EVERYTHING, KEPT_MAX, Tail, Wanted

queries = sql.load(__package__)
log = structlog.get_logger()

SEQUENCER_LOCK = 7_401_002
SEQUENCE_BATCH = 2000
IDLE_POLL_S = 0.1
#: Between two rounds; what is committed meanwhile shares the next one. A person sees no difference, two cores do.
REST_S = 0.015

EVENTS_SEQUENCED = Counter("outbox_sequenced_total", "Events that got their position")
EVENTS_WAITING = Gauge("outbox_unsequenced", "Events committed that wait for a position; alarm when it stays above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedEvent:
    """An event ready to be stored, for a service that writes many at once in a statement of its own."""

    type: str
    subject: str
    payload: bytes
    at: datetime
    task_type: str = ""
    id: UUID = field(default_factory=uuid7)


async def publish(
    transaction: Transaction, *, type: str, subject: str, payload: Message, at: datetime, task_type: str = ""
) -> UUID:
    """Write an event into the transaction in which it happened; its id."""
    event_id = uuid7()
    await transaction.execute(
        queries.insert_event,
        {
            "id": event_id,
            "type": type,
            "subject": subject,
            "task_type": task_type,
            "occurred_at": at,
            "payload": packed(payload),
        },
    )
    transaction.told = True
    return event_id


def packed(payload: Message) -> bytes:
    """A payload as it is stored: a serialized google.protobuf.Any."""
    envelope = PackedMessage()
    envelope.Pack(payload)
    return envelope.SerializeToString()


def event_of(row: Row, service: str) -> events_pb2.Event:
    """A stored row as an event."""
    event = events_pb2.Event(
        id=str(row["id"]),
        position=row["position"],
        type=row["type"],
        subject=row["subject"],
        service=service,
        task_type=row["task_type"],
        payload=PackedMessage.FromString(row["payload"]),
    )
    event.occurred_at.FromDatetime(row["occurred_at"])
    return event


@dataclass(slots=True, eq=False)
class Reader:
    """Somebody who follows; woken when there may be something they asked for, and left alone by all the rest."""

    wanted: Wanted
    #: Set while there may be something to look at; whoever looks clears it first.
    news: asyncio.Event = field(default_factory=asyncio.Event)
    #: While there is no news: all up to here holds nothing for them.
    passed: int = 0

    async def news_within(self, timeout_s: float) -> bool:
        """Whether there is news, as soon as there is or the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.news.wait()
        return self.news.is_set()


#: Type and task type of events.
Kind = tuple[str, str]


class Sequencer:
    """Gives committed events their positions, keeps the newest at hand, and wakes those who wait for them."""

    def __init__(self, database: Database, *, service: str = "") -> None:
        self._database = database
        self._service = service
        self._moved = asyncio.Condition()
        self._tail: Tail | None = None
        self._readers: set[Reader] = set()
        self.head = 0

    async def run(self) -> None:
        """Go on until cancelled; a database that is away for a while is waited for."""
        while True:
            try:
                full = await self.step()
            except (Unavailable, Exhausted):
                log.warning("sequencer_waits")
                await asyncio.sleep(1.0)
                continue
            if not full:
                await self._wait_for_commits()

    async def step(self) -> bool:
        """Place what waits, at most one batch; whether there may be more."""
        async with self._database.steady() as connection:
            cursor = await connection.execute(queries.place_events, {"lock": SEQUENCER_LOCK, "size": SEQUENCE_BATCH})
            row = await cursor.fetchone()
        placed, waiting, head = (row["placed"], row["waiting"], row["head"]) if row else (0, 0, 0)
        EVENTS_WAITING.set(waiting)
        EVENTS_SEQUENCED.inc(placed)
        if head > self.head:
            arrived = await self._remember(head)
            async with self._moved:
                self.head = head
                self._moved.notify_all()
            self._wake_readers(arrived)
        return bool(placed == SEQUENCE_BATCH)

    async def _remember(self, head: int) -> frozenset[Kind] | None:
        """Keep the newest events at hand; their kinds, or None when they were not looked at."""
        if self._tail is None:
            self._tail = Tail(head)
        elif not self._readers or head - self._tail.head > KEPT_MAX:
            self._tail.restart(head)
        else:
            rows, _ = await read_batch(
                self._database, after=self._tail.head, head=head, types=[], task_types=[], size=KEPT_MAX
            )
            self._tail.extend((event_of(row, self._service) for row in rows), head)
            return frozenset((row["type"], row["task_type"]) for row in rows)
        return None

    def _wake_readers(self, arrived: frozenset[Kind] | None) -> None:
        for reader in self._readers:
            if arrived is None or any(reader.wanted.includes_kind(*kind) for kind in arrived):
                reader.news.set()
            elif not reader.news.is_set():
                reader.passed = self.head

    @contextlib.contextmanager
    def reading(self, wanted: Wanted = EVERYTHING) -> Iterator[Reader]:
        """While somebody reads, the newest events are kept at hand; there is something to look at from the beginning."""
        reader = Reader(wanted)
        reader.news.set()
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    async def after(self, position: int, wanted: Wanted, *, size: int) -> tuple[list[events_pb2.Event], int]:
        """Up to `size` wanted events after a position, and the position up to which all has been looked at."""
        tail = self._tail
        if tail is not None and tail.covers(position):
            return tail.after(position, wanted, size=size)
        rows, reached = await read_batch(
            self._database,
            after=position,
            head=self.head,
            types=list(wanted.types),
            task_types=list(wanted.task_types),
            size=size,
        )
        return [event_of(row, self._service) for row in rows], reached

    async def _wait_for_commits(self) -> None:
        # Not wait_for: in Python 3.11 it loses a cancellation that comes together with the commit.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_POLL_S):
                await self._database.told.wait()
        self._database.told.clear()
        await asyncio.sleep(REST_S)

    async def wait_beyond(self, position: int, timeout_s: float) -> int:
        """The head, as soon as it lies beyond a position or the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._moved:
                await self._moved.wait_for(lambda: self.head > position)
        return self.head


async def read_batch(
    database: Database, *, after: int, head: int, types: list[str], task_types: list[str], size: int
) -> tuple[list[Row], int]:
    """Events after a position, and the position up to which all has now been looked at."""
    async with database.connection() as connection:
        cursor = await connection.execute(
            queries.read_events,
            {"after": after, "head": head, "types": types, "task_types": task_types, "size": size},
        )
        rows = await cursor.fetchall()
    return rows, rows[-1]["position"] if len(rows) == size else max(head, after)


async def reader_position(database: Database, name: str) -> int:
    """How far a group has come; 0 for a new one."""
    async with database.connection() as connection:
        row = await (await connection.execute(queries.read_reader, {"name": name})).fetchone()
    return row["position"] if row else 0


async def move_reader(database: Database, name: str, position: int) -> None:
    """Remember how far a group has come; never backward."""
    async with database.connection() as connection:
        await connection.execute(queries.move_reader, {"name": name, "position": position})
