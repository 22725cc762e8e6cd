"""Keeps changes of areas, how each area was on any day, and what moves when areas change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from services.platform import sql
from services.platform.database import Row, Transaction
from services.registry.domain.areachange import ChangeKind, ChangeState, Wanted, WantedArea
from services.registry.domain.areas import Area, AreaLevel
from services.registry.store import terminals

queries = sql.load(__package__, "areachanges.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of areas on record."""

    id: UUID
    wanted: Wanted
    state: ChangeState
    effective_on: date
    reason: str
    preview: Mapping[str, Any]
    planned_by: str
    planned_at: datetime
    decided_by: str = ""
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How an area was from one day to another."""

    area: Area
    since: date
    until: date | None
    change_id: UUID | None
    from_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An element with its place."""

    kind: int
    id: UUID
    grid_code: str
    longitude_deg: float
    latitude_deg: float


async def insert(transaction: Transaction, change: Change) -> None:
    """Write a change down."""
    wanted = {
        "from_codes": change.wanted.from_codes,
        "to": [
            {
                "code": area.code,
                "name": area.name,
                "name_en": area.name_en,
                "kind": area.kind,
                "outline": area.outline,
                "parent_code": area.parent_code,
            }
            for area in change.wanted.to
        ],
    }
    await transaction.execute(
        queries.insert_area_change,
        {
            "id": change.id,
            "kind": int(change.wanted.kind),
            "effective_on": change.effective_on,
            "reason": change.reason,
            "wanted": Jsonb(wanted),
            "preview": Jsonb(dict(change.preview)),
            "by": change.planned_by,
            "now": change.planned_at,
        },
    )


async def lock(transaction: Transaction, change_id: UUID) -> Change | None:
    """A change, held until the transaction ends."""
    row = await (await transaction.execute(queries.lock_area_change, {"id": change_id})).fetchone()
    return _change(row) if row else None


async def list_changes(transaction: Transaction) -> list[Change]:
    """The newest hundred."""
    return [_change(row) for row in await (await transaction.execute(queries.list_area_changes)).fetchall()]


async def list_due(transaction: Transaction, today: date) -> list[UUID]:
    """Decided changes whose day has come."""
    cursor = await transaction.execute(queries.list_due_changes, {"today": today})
    return [row["id"] for row in await cursor.fetchall()]


async def settle(transaction: Transaction, change: Change) -> None:
    """Write down how far it has come."""
    await transaction.execute(
        queries.settle_area_change,
        {
            "id": change.id,
            "state": int(change.state),
            "preview": Jsonb(dict(change.preview)),
            "decided_by": change.decided_by,
            "done_at": change.done_at,
        },
    )


async def record_forms(
    transaction: Transaction,
    codes: Sequence[str],
    *,
    day: date,
    change_id: UUID | None = None,
    origins: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Areas are from a day on as they stand in the books now."""
    told = {"codes": list(codes), "day": day, "change_id": change_id}
    origins_text = json.dumps({code: " ".join(sources) for code, sources in (origins or {}).items()})
    await transaction.execute(queries.end_forms, told)
    await transaction.execute(queries.delete_forms_of_day, told)
    await transaction.execute(queries.begin_forms, {**told, "origins": origins_text})


async def last_form_change(transaction: Transaction, day: date) -> date | None:
    """The last day up to this one on which an area changed."""
    row = await (await transaction.execute(queries.read_last_form_change, {"day": day})).fetchone()
    return row["day"] if row else None


async def read_forms_on(transaction: Transaction, day: date) -> list[Area]:
    """Every area as it was on a day."""
    cursor = await transaction.execute(queries.read_forms_on, {"day": day})
    return [_area(row) for row in await cursor.fetchall()]


async def list_forms(transaction: Transaction, code: str) -> list[Form]:
    """What became of an area."""
    forms = []
    for row in await (await transaction.execute(queries.list_forms, {"code": code})).fetchall():
        told = {name: row.pop(name) for name in ("since", "until", "change_id", "from_codes")}
        forms.append(Form(area=_area(row), **{**told, "from_codes": tuple(told["from_codes"])}))
    return forms


async def read_points(transaction: Transaction, grids: Sequence[str]) -> list[Placed]:
    """All elements bound to some grids, with their places."""
    cursor = await transaction.execute(queries.read_element_points, {"grids": list(grids)})
    return [Placed(**row) for row in await cursor.fetchall()]


async def rebind(transaction: Transaction, moved: Sequence[tuple[Placed, str]]) -> None:
    """Bind elements to other grids."""
    await transaction.execute(
        queries.rebind_elements,
        {
            "kinds": [element.kind for element, _ in moved],
            "ids": [element.id for element, _ in moved],
            "grids": [grid for _, grid in moved],
        },
    )


async def count_at(transaction: Transaction, codes: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Posts and terminals of some areas."""
    posts = await (await transaction.execute(queries.count_posts_at, {"codes": list(codes)})).fetchall()
    phones = await (await transaction.execute(queries.count_terminals_at, {"codes": list(codes)})).fetchall()
    return {row["code"]: row["count"] for row in posts}, {row["code"]: row["count"] for row in phones}


async def move_posts_and_terminals(
    transaction: Transaction, heirs: Mapping[str, str], *, by: str, now: datetime
) -> list[str]:
    """Posts and phones of areas that ended go to their heirs; the codes of the posts."""
    told = {"old": list(heirs), "new": list(heirs.values()), "by": by, "now": now}
    phones = await (await transaction.execute(queries.move_terminals, told)).fetchall()
    for row in phones:
        await terminals.bind(
            transaction,
            row["id"],
            grid_code=row["grid_code"],
            staff_code=row["staff_code"],
            ended_by="moved",
            by=by,
            now=now,
        )
    return [row["code"] for row in await (await transaction.execute(queries.move_posts, told)).fetchall()]


async def read_shapes(transaction: Transaction, *, level: int, under_code: str) -> list[Row]:
    """Code, names, kind and outline of each area of a level."""
    cursor = await transaction.execute(queries.read_layer_shapes, {"level": level, "under_code": under_code})
    return await cursor.fetchall()


def _change(row: Row) -> Change:
    wanted = row["wanted"]
    return Change(
        id=row["id"],
        wanted=Wanted(
            kind=ChangeKind(row["kind"]),
            from_codes=tuple(wanted["from_codes"]),
            to=tuple(WantedArea(**area) for area in wanted["to"]),
        ),
        state=ChangeState(row["state"]),
        effective_on=row["effective_on"],
        reason=row["reason"],
        preview=row["preview"],
        planned_by=row["planned_by"],
        planned_at=row["planned_at"],
        decided_by=row["decided_by"],
        done_at=row["done_at"],
    )


def _area(row: Row) -> Area:
    return Area(**{**row, "level": AreaLevel(row["level"])}, outline_given=False, adjacent_codes=())
