"""Reads and writes what is to be told to incidents."""

from datetime import datetime
from typing import Final
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__, "filings.sql")

FINDING: Final = "finding"
FAULT: Final = "fault"
MORE: Final = "more"
AFTER: Final = "after"
CLIP: Final = "clip"


async def add(
    transaction: Transaction, *, id: UUID, kind: str, about: UUID, due_at: datetime, evidence: UUID | None = None
) -> None:
    """To be told."""
    values = {"id": id, "kind": kind, "about": about, "evidence": evidence, "due_at": due_at}
    await transaction.execute(queries.insert_filing, values)


async def due(transaction: Transaction, *, at: datetime, size: int) -> list[Row]:
    """What is due; locked until the transaction ends."""
    return await (await transaction.execute(queries.list_due_filings, {"at": at, "size": size})).fetchall()


async def finish(transaction: Transaction, filing_id: UUID, *, at: datetime, error: str = "") -> None:
    """Told, or no longer needed."""
    await transaction.execute(queries.finish_filing, {"id": filing_id, "at": at, "error": error})


async def postpone(transaction: Transaction, filing_id: UUID, *, until: datetime, error: str) -> None:
    """Not taken; again later."""
    await transaction.execute(queries.postpone_filing, {"id": filing_id, "due_at": until, "error": error})


async def fault(transaction: Transaction, fault_id: UUID) -> Row | None:
    """A fault with its camera."""
    return await (await transaction.execute(queries.find_fault, {"id": fault_id})).fetchone()


async def ticket(transaction: Transaction, row: Row) -> tuple[str, str] | None:
    """The case and number of a ticket that this fault belongs to."""
    values = {name: row[name] for name in ("camera_id", "fault", "host", "begun_at")}
    found = await (await transaction.execute(queries.find_ticket, values)).fetchone()
    return (found["case_id"], found["case_number"]) if found else None


async def set_ticket(transaction: Transaction, fault_id: UUID, *, case_id: str, number: str) -> None:
    """The case of a fault."""
    await transaction.execute(queries.set_ticket, {"id": fault_id, "case_id": case_id, "case_number": number})


async def camera_of_case(transaction: Transaction, case_id: str) -> tuple[str, str, UUID] | None:
    """Camera, preset and finding that a case came from."""
    row = await (await transaction.execute(queries.find_camera_of_case, {"case_id": case_id})).fetchone()
    return (row["camera_id"], row["preset"], row["id"]) if row else None


async def ask_after(transaction: Transaction, case_id: str, round: int, camera_id: str, *, at: datetime) -> bool:
    """A fresh look is asked for; False when it was asked for already."""
    values = {"case_id": case_id, "round": round, "camera_id": camera_id, "at": at}
    return await (await transaction.execute(queries.insert_after, values)).fetchone() is not None


async def set_after(transaction: Transaction, case_id: str, evidence_id: UUID) -> None:
    """It was taken."""
    await transaction.execute(queries.set_after, {"case_id": case_id, "evidence_id": evidence_id})
