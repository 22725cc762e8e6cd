"""Keeps calendars and procedures, every version of each."""

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.incidents.domain.areacalendar import AreaCalendar
from services.incidents.domain.procedure import Procedure
from services.incidents.store.documents import calendar_document, calendar_of, procedure_document, procedure_of
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A calendar as it was settled: for which area, by whom, when and why."""

    area_code: str
    version: int
    changed_at: datetime
    changed_by: str
    reason: str
    calendar: AreaCalendar


async def list_calendars(connection: Transaction, zone: ZoneInfo) -> list[Settled]:
    """Those in force."""
    cursor = await connection.execute(queries.list_calendars)
    return [_settled_of(row, zone) for row in await cursor.fetchall()]


async def find_calendar(connection: Transaction, area_code: str, version: int, zone: ZoneInfo) -> Settled | None:
    """One version, or with 0 the newest; None when there is none."""
    cursor = await connection.execute(queries.find_calendar, {"area_code": area_code, "version": version})
    row = await cursor.fetchone()
    return _settled_of(row, zone) if row else None


async def insert_calendar(transaction: Transaction, settled: Settled) -> bool:
    """Store a new version; False when it was taken."""
    parameters = {
        "area_code": settled.area_code,
        "version": settled.version,
        "changed_at": settled.changed_at,
        "changed_by": settled.changed_by,
        "reason": settled.reason,
        "document": json.dumps(calendar_document(settled.calendar), ensure_ascii=False),
    }
    cursor = await transaction.execute(queries.insert_calendar, parameters)
    return await cursor.fetchone() is not None


async def recount_cases(transaction: Transaction, *, path: str, at: datetime) -> int:
    """Have the open cases below an area counted again; how many."""
    return (await transaction.execute(queries.recount_cases, {"path": path, "at": at})).rowcount


async def find_procedure(connection: Transaction, task_type: str, version: int = 0) -> Procedure | None:
    """One version, or with 0 the newest; None when there is none."""
    cursor = await connection.execute(queries.find_procedure, {"task_type": task_type, "version": version})
    row = await cursor.fetchone()
    return procedure_of(row["document"], row["version"]) if row else None


async def insert_procedure(
    transaction: Transaction, task_type: str, procedure: Procedure, *, at: datetime, by: str
) -> bool:
    """Store a new version; False when it was taken."""
    parameters = {
        "task_type": task_type,
        "version": procedure.version,
        "in_force_at": at,
        "declared_by": by,
        "document": json.dumps(procedure_document(procedure), ensure_ascii=False),
    }
    cursor = await transaction.execute(queries.insert_procedure, parameters)
    return await cursor.fetchone() is not None


def _settled_of(row: Row, zone: ZoneInfo) -> Settled:
    return Settled(
        area_code=row["area_code"],
        version=row["version"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        reason=row["reason"],
        calendar=calendar_of(row["document"], zone),
    )
