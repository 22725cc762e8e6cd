"""Follows what this very service told, in order, and does what is to follow from it, exactly once.

What a group does and how far it has come are written in one transaction, so that nothing is done twice or passed over,
whichever replica does it. A report never waits for any of this.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
import structlog
from google.protobuf.any_pb2 import Any as PackedMessage
from prometheus_client import Counter

from services.platform import sql
from services.platform.database import Database, Transaction
from services.platform.errors import GridwardError

queries = sql.load(__package__, "aftermath.sql")
log = structlog.get_logger()

BATCH_SIZE: Final = 300
IDLE_S: Final = 0.25
AWAY_S: Final = 1.0
#: So much that does not concern a group may lie between it and the head before it is moved on.
PASSED_OVER_MIN: Final = 500

HAPPENINGS_HANDLED = Counter("aftermath_handled_total", "Own events from which something followed", ["group"])
HAPPENINGS_FAILED = Counter("aftermath_failed_total", "Times a batch of own events could not be handled", ["group"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that was told."""

    position: int
    id: str
    type: str
    subject: str
    at: datetime
    payload: PackedMessage


Handle = Callable[[Transaction, Sequence[Happening]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A group with what it wants to hear and what it does about it."""

    group: str
    types: tuple[str, ...]
    handle: Handle


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a group stands: whether anything waits for it up to the head of the stream, of one and the same moment."""

    waiting: bool
    head: int
    reached: int

    @property
    def far_behind(self) -> bool:
        return self.head - self.reached >= PASSED_OVER_MIN

    @property
    def calls_for_a_turn(self) -> bool:
        return self.waiting or self.far_behind


async def follow(database: Database, follower: Follower) -> None:
    """Handle what happens, over and over, until cancelled."""
    while True:
        try:
            count = await catch_up(database, follower)
            if count < BATCH_SIZE:
                await asyncio.sleep(IDLE_S)
        except (GridwardError, psycopg.Error) as error:
            HAPPENINGS_FAILED.labels(follower.group).inc()
            log.warning("aftermath_waits", group=follower.group, error=str(error)[:200])
            await asyncio.sleep(AWAY_S)


async def catch_up(database: Database, follower: Follower) -> int:
    """Handle the next batch; how many were handled."""
    async with database.connection() as connection:
        if not (await _look_ahead(connection, follower)).calls_for_a_turn:
            return 0
    async with database.transaction() as transaction:
        row = await (await transaction.execute(queries.lock_follower, {"group": follower.group})).fetchone()
        if not (row and row["locked"]):
            return 0
        place = await _look_ahead(transaction, follower)
        if not place.waiting:
            await _pass_over(transaction, follower.group, place)
            return 0
        parameters = {"group": follower.group, "types": list(follower.types), "size": BATCH_SIZE}
        rows = await (await transaction.execute(queries.read_happenings, parameters)).fetchall()
        happenings = [
            Happening(
                position=row["position"],
                id=str(row["id"]),
                type=row["type"],
                subject=row["subject"],
                at=row["occurred_at"],
                payload=PackedMessage.FromString(row["payload"]),
            )
            for row in rows
        ]
        await follower.handle(transaction, happenings)
        await transaction.execute(queries.move_follower, {"group": follower.group, "position": happenings[-1].position})
    HAPPENINGS_HANDLED.labels(follower.group).inc(len(happenings))
    return len(happenings)


async def _look_ahead(connection: Transaction, follower: Follower) -> _Place:
    parameters = {"group": follower.group, "types": list(follower.types)}
    row = await (await connection.execute(queries.look_ahead, parameters)).fetchone()
    return _Place(**row) if row else _Place(waiting=False, head=0, reached=0)


async def _pass_over(transaction: Transaction, group: str, place: _Place) -> None:
    """Leave behind what concerns the group not at all, lest each look reads ever more of it."""
    if place.far_behind:
        await transaction.execute(queries.move_follower, {"group": group, "position": place.head})
