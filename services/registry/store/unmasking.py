"""Keeps count of who saw whom in clear, and the approvals to see more."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.registry.domain.unmasking import Unmasking

queries = sql.load(__package__, "unmasking.sql")


async def others_revealed(transaction: Transaction, subject: str, element_id: UUID, *, since: datetime) -> int:
    """How many other people somebody has seen since; nobody else counts for that person until the end."""
    await transaction.execute(queries.hold_tally, {"subject": subject})
    values = {"subject": subject, "element_id": element_id, "since": since}
    row = await (await transaction.execute(queries.count_revealed, values)).fetchone()
    return int(row["count"]) if row else 0


async def note_revealed(transaction: Transaction, subject: str, element_id: UUID, *, now: datetime) -> datetime | None:
    """Note that somebody sees a person now; when it was the last time."""
    values = {"subject": subject, "element_id": element_id, "now": now}
    row = await (await transaction.execute(queries.note_revealed, values)).fetchone()
    return row["before"] if row else None


async def use(transaction: Transaction, subject: str, *, case_id: str, now: datetime) -> bool:
    """Use one of an approved number; whether there was one."""
    values = {"subject": subject, "case_id": case_id, "now": now}
    return await (await transaction.execute(queries.use_unmasking, values)).fetchone() is not None


async def insert(transaction: Transaction, unmasking: Unmasking) -> None:
    """Write down what was asked for."""
    await transaction.execute(queries.insert_unmasking, asdict(unmasking))


async def lock(transaction: Transaction, unmasking_id: UUID) -> Unmasking | None:
    """What was asked for, held until the transaction ends."""
    row = await (await transaction.execute(queries.lock_unmasking, {"id": unmasking_id})).fetchone()
    return _unmasking(row) if row else None


async def decide(transaction: Transaction, unmasking: Unmasking) -> None:
    """Write a decision down."""
    await transaction.execute(queries.decide_unmasking, asdict(unmasking))


async def listed(connection: Transaction, *, waiting_only: bool) -> list[Unmasking]:
    """The newest, or those nobody has decided."""
    cursor = await connection.execute(queries.list_unmaskings, {"waiting_only": waiting_only})
    return [_unmasking(row) for row in await cursor.fetchall()]


async def listed_own(connection: Transaction, subject: str) -> list[Unmasking]:
    """What somebody asked for, newest first."""
    cursor = await connection.execute(queries.list_own_unmaskings, {"subject": subject})
    return [_unmasking(row) for row in await cursor.fetchall()]


async def count_seen(connection: Transaction, subject: str, *, since: datetime) -> int:
    """How many people somebody has seen in clear since."""
    row = await (await connection.execute(queries.count_seen, {"subject": subject, "since": since})).fetchone()
    return int(row["count"]) if row else 0


def _unmasking(row: Row) -> Unmasking:
    return Unmasking(**row)
