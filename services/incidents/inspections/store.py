"""Reads and writes items, places, rounds, visits and problems."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.incidents.domain.case import Evidence, Point
from services.incidents.inspections.domain import Item, Line, Plan, Problem, Severity, Site
from services.incidents.store.columns import evidence_columns
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSite:
    """A place of a round."""

    site: Site
    visited_at: datetime | None
    visited_by: str
    open_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFilter:
    """Which places of a round, within some areas."""

    areas: tuple[str, ...]
    area_path: str = ""
    codes: tuple[str, ...] | None = None
    with_visited: bool = False
    after_code: str = ""
    size: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemFilter:
    """Which problems, within some areas; what is empty does not matter."""

    areas: tuple[str, ...]
    plan_id: str = ""
    site_code: str = ""
    open_only: bool = False
    before: tuple[datetime, UUID] | None = None
    size: int = 100


async def set_items(transaction: Transaction, lines: Iterable[Line], items: Iterable[Item]) -> None:
    """Create or change lines and items."""
    await transaction.execute(queries.set_lines, {"lines": _json(asdict(line) for line in lines)})
    await transaction.execute(queries.set_items, {"items": _json(asdict(item) for item in items)})


async def list_lines(connection: Transaction) -> list[Line]:
    """All lines."""
    return [Line(**row) for row in await (await connection.execute(queries.list_lines)).fetchall()]


async def list_items(connection: Transaction) -> dict[str, Item]:
    """All items, by code."""
    rows = await (await connection.execute(queries.list_items)).fetchall()
    return {row["code"]: Item(**{**row, "severity": Severity(row["severity"])}) for row in rows}


async def set_sites(transaction: Transaction, sites: Iterable[Site]) -> None:
    """Create or change places."""
    records = (
        {
            "code": site.code,
            "name": site.name,
            "kind": site.kind,
            "longitude_deg": site.point.longitude_deg,
            "latitude_deg": site.point.latitude_deg,
            "grid_code": site.grid_code,
            "area_path": site.area_path,
        }
        for site in sites
    )
    await transaction.execute(queries.set_sites, {"sites": _json(records)})


async def insert_plan(transaction: Transaction, plan: Plan, *, area_path: str, at: datetime) -> None:
    """Store a round with all its places due."""
    parameters = {
        "id": UUID(plan.id),
        "title": plan.title,
        "round": plan.round,
        "site_kind": plan.site_kind,
        "area_code": plan.area_code,
        "area_path": area_path,
        "lines": list(plan.lines),
        "due_at": plan.due_at,
        "previous_id": UUID(plan.previous_id) if plan.previous_id else None,
        "created_by": plan.created_by,
        "created_at": at,
    }
    await transaction.execute(queries.insert_plan, parameters)


async def list_plans(connection: Transaction, plan_id: str = "") -> list[Plan]:
    """Rounds with their figures, newest first; one of them when it is named."""
    parameters = {"id": UUID(plan_id) if plan_id else None}
    rows = await (await connection.execute(queries.list_plans, parameters)).fetchall()
    return [
        Plan(
            id=str(row["id"]),
            title=row["title"],
            round=row["round"],
            site_kind=row["site_kind"],
            area_code=row["area_code"],
            lines=tuple(row["lines"]),
            due_at=row["due_at"],
            previous_id=str(row["previous_id"] or ""),
            created_by=row["created_by"],
            site_count=row["site_count"],
            visited_count=row["visited_count"],
            problem_count=row["problem_count"],
            cleared_count=row["cleared_count"],
        )
        for row in rows
    ]


async def list_sites(connection: Transaction, plan_id: str, wanted: SiteFilter) -> list[DueSite]:
    """Places of a round, by code."""
    parameters = {
        "plan_id": UUID(plan_id),
        "areas": list(wanted.areas),
        "codes": list(wanted.codes) if wanted.codes is not None else None,
        "with_visited": wanted.with_visited,
        "area_path": wanted.area_path,
        "after_code": wanted.after_code,
        "size": wanted.size,
    }
    rows = await (await connection.execute(queries.list_sites, parameters)).fetchall()
    return [
        DueSite(
            site=Site(
                code=row["code"],
                name=row["name"],
                kind=row["kind"],
                point=Point(longitude_deg=row["longitude_deg"], latitude_deg=row["latitude_deg"]),
                grid_code=row["grid_code"],
                area_path=row["area_path"],
            ),
            visited_at=row["visited_at"],
            visited_by=row["visited_by"],
            open_count=row["open_count"],
        )
        for row in rows
    ]


async def note_visits(transaction: Transaction, plan_id: str, codes: Iterable[str], *, by: str, at: datetime) -> None:
    """These places were visited."""
    await transaction.execute(queries.note_visits, {"plan_id": UUID(plan_id), "codes": list(codes), "by": by, "at": at})


async def insert_problems(
    transaction: Transaction, problems: Iterable[Problem], shown: Mapping[str, Sequence[Evidence]]
) -> None:
    """What was found, with what was seen (by problem id)."""
    records = (
        {
            **asdict(problem),
            "incident_id": problem.case_id or None,
            "found_at": problem.found_at.isoformat(),
            "cleared_at": None,
            "evidence": [evidence_columns(item) for item in shown.get(problem.id, ())],
        }
        for problem in problems
    )
    await transaction.execute(queries.insert_problems, {"problems": _json(records)})


async def read_problems(transaction: Transaction, ids: Iterable[str], areas: Iterable[str]) -> dict[str, Problem]:
    """Problems by id, locked."""
    parameters = {"ids": [UUID(problem_id) for problem_id in ids], "areas": list(areas)}
    cursor = await transaction.execute(queries.read_problems, parameters)
    return {str(row["id"]): _problem_of(row) for row in await cursor.fetchall()}


async def save_problems(
    transaction: Transaction, problems: Iterable[Problem], shown: Mapping[str, Sequence[Evidence]]
) -> None:
    """What became of problems."""
    records = (
        {
            "id": problem.id,
            "cleared_at": problem.cleared_at.isoformat() if problem.cleared_at else None,
            "cleared_by": problem.cleared_by,
            "failed_rechecks": problem.failed_rechecks,
            "evidence": [evidence_columns(item) for item in shown.get(problem.id, ())],
        }
        for problem in problems
    )
    await transaction.execute(queries.save_problems, {"problems": _json(records)})


async def list_problems(connection: Transaction, wanted: ProblemFilter) -> list[Problem]:
    """Problems, newest first."""
    parameters: dict[str, Any] = {
        "plan_id": UUID(wanted.plan_id) if wanted.plan_id else None,
        "areas": list(wanted.areas),
        "site_code": wanted.site_code or None,
        "open_only": wanted.open_only,
        "before_at": wanted.before[0] if wanted.before else None,
        "before_id": wanted.before[1] if wanted.before else None,
        "size": wanted.size,
    }
    return [_problem_of(row) for row in await (await connection.execute(queries.list_problems, parameters)).fetchall()]


def _problem_of(row: Row) -> Problem:
    return Problem(
        id=str(row["id"]),
        plan_id=str(row["plan_id"]),
        site_code=row["site_code"],
        item_code=row["item_code"],
        description=row["description"],
        case_id=str(row["incident_id"] or ""),
        rectify_department=row["rectify_department"],
        found_at=row["found_at"],
        found_by=row["found_by"],
        cleared_at=row["cleared_at"],
        cleared_by=row["cleared_by"],
        failed_rechecks=row["failed_rechecks"],
    )


def _json(records: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(list(records), ensure_ascii=False)
