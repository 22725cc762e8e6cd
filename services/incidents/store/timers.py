"""Takes due timers out of their rows, and puts off those that could not fire."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.incidents.domain.timers import Rung, Timer
from services.incidents.store import queries
from services.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer of a case whose moment has come."""

    case_id: UUID
    timer: Timer


async def claim_due(transaction: Transaction, *, now: datetime, size: int) -> list[UUID]:
    """Lock cases with due timers, the longest waiting first; cases in other hands are passed over."""
    cursor = await transaction.execute(queries.claim_due, {"now": now, "size": size})
    return list(dict.fromkeys(row["id"] for row in await cursor.fetchall()))


async def take_due(transaction: Transaction, case_ids: list[UUID], *, now: datetime) -> list[DueTimer]:
    """The due timers of locked cases, oldest first; their rows are gone when the transaction commits."""
    cursor = await transaction.execute(queries.take_due, {"ids": case_ids, "now": now})
    due = [
        DueTimer(row["incident_id"], Timer(rung=Rung(row["rung"]), due_at=row["due_at"]))
        for row in await cursor.fetchall()
    ]
    return sorted(due, key=lambda item: (item.timer.due_at, item.timer.rung))


async def put_off(transaction: Transaction, case_id: UUID, *, now: datetime, pause_s: float) -> list[tuple[str, int]]:
    """Try the due timers of a case again later; each with how often it was tried."""
    cursor = await transaction.execute(queries.put_off, {"id": case_id, "now": now, "pause_s": pause_s})
    return [(row["rung"], row["try_count"]) for row in await cursor.fetchall()]


async def next_due(connection: Transaction) -> datetime | None:
    """The moment of the next timer; None when there is none."""
    row = await (await connection.execute(queries.next_due)).fetchone()
    return row["try_at"] if row else None
