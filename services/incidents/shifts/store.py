"""Keeps the book of handovers, and finds what is in somebody's hands."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.incidents.domain.case import State
from services.incidents.domain.parts import UNFINISHED
from services.incidents.shifts.absent import Holder
from services.incidents.shifts.domain import LOOKED_AT, Desk, Handover, Standing
from services.incidents.store.reading import Stored, read_cases
from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope

queries = sql.load(__package__)


async def standings(connection: Transaction, scope: Scope) -> tuple[Standing, ...]:
    """Open cases within a scope by state, in the order of the way."""
    parameters = {"areas": list(scope.area_paths), "departments": list(scope.departments)}
    rows = await (await connection.execute(queries.count_standings, parameters)).fetchall()
    return _in_order(rows)


async def in_hand(connection: Transaction, staff: str, *, size: int) -> tuple[list[UUID], int]:
    """Ids of open cases in somebody's hands, the most urgent first, and how many there are in all."""
    parameters = {
        "staff": staff,
        "looked_at": sorted(LOOKED_AT),
        "unfinished": sorted(UNFINISHED),
        "size": size,
    }
    rows = await (await connection.execute(queries.list_in_hand, parameters)).fetchall()
    return [row["id"] for row in rows], rows[0]["found"] if rows else 0


async def holders(
    connection: Transaction, staff: str, mates: Iterable[str], scope: Scope, *, size: int
) -> list[Holder]:
    """Who else has open cases in hand, at one's own desk or within the scope one leads."""
    parameters = {
        "staff": staff,
        "mates": sorted(mates),
        "areas": list(scope.area_paths),
        "departments": list(scope.departments),
        "looked_at": sorted(LOOKED_AT),
        "unfinished": sorted(UNFINISHED),
        "size": size,
    }
    rows = await (await connection.execute(queries.list_holders, parameters)).fetchall()
    return [Holder(**row) for row in rows]


async def held(transaction: Transaction, ids: Sequence[UUID]) -> list[Stored]:
    """These cases, so that nobody else carries them on before the end of the transaction."""
    rows = await (await transaction.execute(queries.hold_cases, {"ids": list(ids)})).fetchall()
    return await read_cases(transaction, [row["id"] for row in rows])


async def insert(transaction: Transaction, handover: Handover) -> None:
    """Write it down; what the same person offered before and nobody has taken is over."""
    await transaction.execute(queries.withdraw_waiting, {"staff": handover.from_staff, "at": handover.offered_at})
    parameters = {
        "id": UUID(handover.id),
        "from_staff": handover.from_staff,
        "to_staff": handover.to_staff,
        "role": handover.desk.role,
        "area_path": handover.desk.area_path,
        "department_code": handover.desk.department_code,
        "note": handover.note,
        "standings": json.dumps([_columns(each) for each in handover.standings]),
        "in_hand_count": handover.in_hand_count,
        "offered_at": handover.offered_at,
        "taken_by": handover.taken_by,
        "taken_at": handover.taken_at,
        "moved_count": handover.moved_count,
        "left_count": handover.left_count,
        "reason": handover.reason,
    }
    await transaction.execute(queries.insert_handover, parameters)


async def hold(transaction: Transaction, handover_id: str) -> Handover | None:
    """One line of the book; nobody else settles it meanwhile."""
    row = await (await transaction.execute(queries.hold_handover, {"id": UUID(handover_id)})).fetchone()
    return _handover(row) if row else None


async def settle(transaction: Transaction, handover: Handover) -> None:
    """It was taken over or taken back."""
    parameters = {
        "id": UUID(handover.id),
        "taken_by": handover.taken_by,
        "taken_at": handover.taken_at,
        "moved_count": handover.moved_count,
        "left_count": handover.left_count,
        "withdrawn_at": handover.withdrawn_at,
        "reason": handover.reason,
    }
    await transaction.execute(queries.settle_handover, parameters)


async def waiting(connection: Transaction, staff: str, desks: Iterable[Desk]) -> list[Handover]:
    """Offers by somebody, to them, or left at their desks; newest first."""
    rows = await (await connection.execute(queries.list_waiting, {"staff": staff, **_desk_columns(desks)})).fetchall()
    return [_handover(row) for row in rows]


async def listed(
    connection: Transaction, staff: str, desks: Iterable[Desk], *, before: tuple[datetime, str] | None, size: int
) -> list[Handover]:
    """The book of somebody and their desks, newest first."""
    parameters = {
        "staff": staff,
        **_desk_columns(desks),
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "size": size,
    }
    rows = await (await connection.execute(queries.list_handovers, parameters)).fetchall()
    return [_handover(row) for row in rows]


def _desk_columns(desks: Iterable[Desk]) -> dict[str, list[str]]:
    each = list(desks)
    return {
        "roles": [desk.role for desk in each],
        "areas": [desk.area_path for desk in each],
        "departments": [desk.department_code for desk in each],
    }


def _columns(standing: Standing) -> dict[str, str | int]:
    return {"state": standing.state, "count": standing.count, "overdue_count": standing.overdue_count}


def _in_order(rows: Iterable[Row]) -> tuple[Standing, ...]:
    places = {state: place for place, state in enumerate(State)}
    found = (
        Standing(state=State(row["state"]), count=row["count"], overdue_count=row["overdue_count"]) for row in rows
    )
    return tuple(sorted(found, key=lambda each: places[each.state]))


def _handover(row: Row) -> Handover:
    rest = dict(row)
    desk = Desk(role=rest.pop("role"), area_path=rest.pop("area_path"), department_code=rest.pop("department_code"))
    return Handover(**{**rest, "id": str(row["id"]), "standings": _in_order(row["standings"])}, desk=desk)
