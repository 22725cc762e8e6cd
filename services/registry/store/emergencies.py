"""Reads and writes emergencies, the mode of their area, and the shifts that give way to a roster."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from services.platform import sql
from services.platform.database import Row, Transaction
from services.registry.domain.emergencies import Emergency, Handover, PlacedShift
from services.registry.domain.staff import Shift

queries = sql.load(__package__, "emergencies.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An emergency held for a change, with where its area lies and what gave way to its roster."""

    emergency: Emergency
    area_path: str
    gave_way: tuple[PlacedShift, ...]


async def insert(transaction: Transaction, emergency: Emergency, gave_way: Sequence[PlacedShift]) -> None:
    """Write an emergency down."""
    await transaction.execute(
        queries.insert_emergency,
        {
            **asdict(emergency),
            "opened_task_types": list(emergency.opened_task_types),
            "paused_task_types": list(emergency.paused_task_types),
            "roster": Jsonb(dict(emergency.roster)),
            "gave_way": Jsonb([_told(placed) for placed in gave_way]),
        },
    )


async def find_overlapping(transaction: Transaction, area_path: str) -> str:
    """The area of an emergency in force here, around or inside; empty when there is none."""
    row = await (await transaction.execute(queries.find_overlapping, {"area_path": area_path})).fetchone()
    return str(row["area_code"]) if row else ""


async def lock(transaction: Transaction, emergency_id: UUID) -> Held | None:
    """An emergency, held until the transaction ends."""
    row = await (await transaction.execute(queries.lock_emergency, {"id": emergency_id})).fetchone()
    if row is None:
        return None
    gave_way, area_path = row.pop("gave_way"), row.pop("area_path")
    return Held(emergency=_emergency(row), area_path=area_path, gave_way=tuple(_placed(told) for told in gave_way))


async def list_due(transaction: Transaction, now: datetime) -> list[UUID]:
    """Emergencies whose time is up."""
    cursor = await transaction.execute(queries.list_due_emergencies, {"now": now})
    return [row["id"] for row in await cursor.fetchall()]


async def list_emergencies(transaction: Transaction, areas: Sequence[str], *, in_force_only: bool) -> list[Emergency]:
    """The newest hundred of some areas."""
    cursor = await transaction.execute(queries.list_emergencies, {"areas": list(areas), "in_force_only": in_force_only})
    return [_emergency(row) for row in await cursor.fetchall()]


async def end(transaction: Transaction, emergency: Emergency) -> None:
    """Write down that it is over."""
    await transaction.execute(queries.end_emergency, asdict(emergency))


async def set_mode(transaction: Transaction, area_code: str, emergency: Emergency | None) -> None:
    """Put an area on the footing of an emergency, or back on that of peace."""
    mode = None
    if emergency is not None:
        mode = Jsonb(
            {
                "emergency_id": str(emergency.id),
                "opened_task_types": list(emergency.opened_task_types),
                "paused_task_types": list(emergency.paused_task_types),
                "report_minutes": emergency.report_minutes,
                "since": emergency.declared_at.isoformat(),
            }
        )
    await transaction.execute(queries.set_mode, {"code": area_code, "mode": mode})


async def read_shifts(
    transaction: Transaction, posts: Sequence[str], *, since: datetime, until: datetime
) -> list[PlacedShift]:
    """Shifts of some posts within a time."""
    cursor = await transaction.execute(queries.read_shifts, {"posts": list(posts), "since": since, "until": until})
    return [_placed(row) for row in await cursor.fetchall()]


async def hand_over(transaction: Transaction, handover: Handover, posts: Sequence[str]) -> None:
    """Let some shifts go and others stand; whoever follows posts hears of it."""
    async with transaction.pipeline():
        for placed in handover.gone:
            told = {"post_code": placed.post_code, "starts_at": placed.shift.starts_at}
            await transaction.execute(queries.delete_shift, told)
        for placed in handover.instead:
            told = {"post_code": placed.post_code, "set_by": placed.set_by, "set_at": placed.set_at}
            await transaction.execute(queries.restore_shift, {**told, **asdict(placed.shift)})
        await transaction.execute(queries.touch_posts, {"posts": list(posts)})


def _emergency(row: Row) -> Emergency:
    lists = {name: tuple(row[name]) for name in ("opened_task_types", "paused_task_types")}
    return Emergency(**{**row, **lists})


def _told(placed: PlacedShift) -> Mapping[str, str]:
    return {
        "post_code": placed.post_code,
        "staff_code": placed.shift.staff_code,
        "starts_at": placed.shift.starts_at.isoformat(),
        "ends_at": placed.shift.ends_at.isoformat(),
        "set_by": placed.set_by,
        "set_at": placed.set_at.isoformat(),
    }


def _placed(told: Mapping[str, Any]) -> PlacedShift:
    return PlacedShift(
        post_code=told["post_code"],
        shift=Shift(
            staff_code=told["staff_code"], starts_at=_moment(told["starts_at"]), ends_at=_moment(told["ends_at"])
        ),
        set_by=told["set_by"],
        set_at=_moment(told["set_at"]),
    )


def _moment(told: str | datetime) -> datetime:
    return datetime.fromisoformat(told) if isinstance(told, str) else told
