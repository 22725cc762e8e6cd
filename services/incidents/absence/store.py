"""Reads and writes absences."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.incidents.absence.domain import Absence, Cause, Told
from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.ids import uuid7

queries = sql.load(__package__)


async def close(transaction: Transaction, told: Told) -> Absence | None:
    """The program is back; the absence that ends, if it was away."""
    parameters = {"plugin": told.plugin, "release": told.release, "at": told.at}
    row = await (await transaction.execute(queries.close_absence, parameters)).fetchone()
    return _absence(row) if row else None


async def open_(transaction: Transaction, told: Told, cause: Cause, *, desk: str, patience: timedelta) -> None:
    """The program is away; its cases fall back when patience is over."""
    parameters = {
        "id": uuid7(),
        "plugin": told.plugin,
        "release": told.release,
        "department_code": told.department_code,
        "cause": cause,
        "task_types": list(told.task_types),
        "area_codes": list(told.area_codes),
        "reported_from": told.reported_from,
        "reported_until": told.reported_until,
        "desk": desk,
        "since_at": told.at,
        "due_at": told.due(patience),
    }
    await transaction.execute(queries.open_absence, parameters)


async def find_due(transaction: Transaction, *, now: datetime) -> Absence | None:
    """One whose cases are to fall back now, locked."""
    row = await (await transaction.execute(queries.find_due, {"now": now})).fetchone()
    return _absence(row) if row else None


async def find_left_alone(
    transaction: Transaction, absence: Absence, *, area_paths: Sequence[str], size: int
) -> list[UUID]:
    """Open cases that do not say yet that they fell back, locked."""
    parameters = {"id": UUID(absence.id), "area_paths": list(area_paths), "size": size}
    cursor = await transaction.execute(queries.find_left_alone, parameters)
    return [row["id"] for row in await cursor.fetchall()]


async def read_area_codes(transaction: Transaction, absence: Absence) -> list[str]:
    """The areas in which the program was enabled; none means everywhere."""
    row = await (await transaction.execute(queries.read_area_codes, {"id": UUID(absence.id)})).fetchone()
    return list(row["area_codes"]) if row else []


async def count_fallen(transaction: Transaction, absence: Absence, case_ids: Sequence[UUID]) -> None:
    """So many more fell back; the next go on after the last of them."""
    parameters = {"id": UUID(absence.id), "reached": case_ids[-1], "count": len(case_ids)}
    await transaction.execute(queries.count_fallen, parameters)


async def finish(transaction: Transaction, absence: Absence, *, now: datetime) -> Absence:
    """All fell back."""
    cursor = await transaction.execute(queries.finish_falling, {"id": UUID(absence.id), "now": now})
    return _absence(await cursor.fetchone() or {})


async def list_absences(
    connection: Transaction, *, departments: Sequence[str], plugin: str, current_only: bool
) -> list[Absence]:
    """The newest absences."""
    parameters = {"departments": list(departments), "plugin": plugin, "current_only": current_only}
    return [_absence(row) for row in await (await connection.execute(queries.list_absences, parameters)).fetchall()]


async def count_current(connection: Transaction) -> dict[str, int]:
    """How many releases of each program are away."""
    rows = await (await connection.execute(queries.count_current)).fetchall()
    return {row["plugin"]: row["number"] for row in rows}


def _absence(row: Row) -> Absence:
    return Absence(**{**row, "id": str(row["id"]), "cause": Cause(row["cause"])})
