"""Reads and writes who was sent into which grids."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from services.platform import sql
from services.platform.database import Row, Transaction
from services.registry.domain.force import ForceKind, ForceMember

queries = sql.load(__package__, "force.sql")


async def list_force(
    transaction: Transaction, grids: Sequence[str], *, kind: int = 0, after: str = "", size: int
) -> list[ForceMember]:
    """One page of those who stand in any of these grids."""
    told = {"grids": list(grids), "kind": kind, "after": after, "size": size}
    return [_member(row) for row in await (await transaction.execute(queries.read_force, told)).fetchall()]


async def read_members(transaction: Transaction, staff_codes: Sequence[str]) -> dict[str, ForceMember]:
    """Some people, by subject; unknown ones are left out."""
    cursor = await transaction.execute(queries.read_members, {"staff_codes": list(staff_codes)})
    return {row["staff_code"]: _member(row) for row in await cursor.fetchall()}


async def place(transaction: Transaction, members: Sequence[ForceMember], *, by: str, now: datetime) -> None:
    """Write people down as they stand now."""
    codes = [member.staff_code for member in members]
    places = [(member.staff_code, grid) for member in members for grid in member.grid_codes]
    await transaction.execute(
        queries.save_members,
        {
            "staff_codes": codes,
            "kinds": [int(member.kind) for member in members],
            "units": [member.unit for member in members],
            "by": by,
            "now": now,
        },
    )
    await transaction.execute(queries.delete_places, {"staff_codes": codes})
    await transaction.execute(
        queries.insert_places, {"staff_codes": [code for code, _ in places], "grids": [grid for _, grid in places]}
    )


async def count_at(transaction: Transaction, grids: Sequence[str]) -> dict[str, int]:
    """How many stand in each of some grids; grids without anybody are left out."""
    cursor = await transaction.execute(queries.count_places_at, {"grids": list(grids)})
    return {row["code"]: row["count"] for row in await cursor.fetchall()}


async def move_to_heirs(transaction: Transaction, heirs: Mapping[str, str]) -> None:
    """Whoever stood in a grid that ended stands in its heir."""
    told = {"old": list(heirs), "new": list(heirs.values())}
    await transaction.execute(queries.inherit_places, told)
    await transaction.execute(queries.leave_places, told)


async def count_trainings(transaction: Transaction, staff_codes: Sequence[str], *, begin: date, end: date) -> int:
    """How many trainings any of these people took part in."""
    told = {"staff_codes": list(staff_codes), "begin": begin, "end": end}
    row = await (await transaction.execute(queries.count_trainings, told)).fetchone()
    return int(row["count"]) if row else 0


def _member(row: Row) -> ForceMember:
    return ForceMember(**{**row, "kind": ForceKind(row["kind"]), "grid_codes": tuple(row["grid_codes"])})
