"""Finds cases: one by name, a page of many, and how many are open where."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.incidents.domain.case import Case, Evidence, HistoryEntry, Leg
from services.incidents.domain.routing import Route
from services.incidents.store import queries
from services.incidents.store.columns import case_of, entry_of, evidence_of, leg_of, route_of
from services.platform.database import Row, Transaction
from services.platform.identity import Scope

#: Words are looked for in so many of the newest cases first; a common one fills its page from these.
NEWEST_READ = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A case as it was read: with its revision, to notice other writers, and the evidence so far."""

    case: Case
    revision: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A case by id or number, and who looks for it with what reach."""

    name: str
    subject: str
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A case as somebody saw it."""

    case_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a case went through."""

    route: Route
    history: tuple[HistoryEntry, ...]
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which cases a list is to hold; what is None is not asked for."""

    task_type: str | None = None
    open_only: bool = False
    refused_only: bool = False
    states: list[str] | None = None
    signals: list[str] | None = None
    number_end: str | None = None
    grams: list[str] | None = None
    pattern: str | None = None
    for_interview: bool = False
    reported_from: datetime | None = None
    reported_until: datetime | None = None
    closed_from: datetime | None = None
    grid_codes: list[str] | None = None
    rings: list[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One part of what a caller may see: an area, a department, the cases somebody reported or has a part in."""

    area_path: str | None = None
    grid_code: str | None = None
    department_code: str | None = None
    reporter: str | None = None
    partners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """The last row of the page before."""

    reported_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How many cases are wanted from where on, and by which moment and rule lights are told."""

    after: After | None
    size: int
    now: datetime
    red_sign_misses: int


async def find_case(connection: Transaction, name: str, *, subject: str, scope: Scope) -> Stored | None:
    """The case with this id or number, if the scope reaches it."""
    return (await find_cases(connection, [Sought(name=name, subject=subject, scope=scope)]))[0]


async def find_cases(connection: Transaction, sought: Sequence[Sought]) -> list[Stored | None]:
    """For each the case with this id or number, if its scope reaches it."""
    found: list[Stored | None] = [None] * len(sought)
    asked = json.dumps([_sought_columns(place, one) for place, one in enumerate(sought)])
    for row in await (await connection.execute(queries.find_cases, {"asked": asked})).fetchall():
        found[row["asked_place"]] = stored_of(row)
    return found


async def only_noted(connection: Transaction, looks: Sequence[Look]) -> frozenset[Look]:
    """Those looks at cases since which nothing was done with the case but to add notes."""
    if not looks:
        return frozenset()
    parameters = {"ids": [look.case_id for look in looks], "versions": [look.version for look in looks]}
    rows = await (await connection.execute(queries.only_noted, parameters)).fetchall()
    return frozenset(Look(case_id=str(row["id"]), version=row["version"]) for row in rows)


def _sought_columns(place: int, sought: Sought) -> dict[str, object]:
    case_id = _id_of(sought.name)
    return {
        "place": place,
        "id": str(case_id) if case_id else None,
        "number": None if case_id else sought.name,
        "subject": sought.subject,
        "own": sought.scope.own,
        "areas": sought.scope.area_paths,
        "departments": sought.scope.departments,
    }


async def read_cases(connection: Transaction, case_ids: Sequence[UUID]) -> list[Stored]:
    """These cases, in no order."""
    cursor = await connection.execute(queries.read_cases, {"ids": list(case_ids)})
    return [stored_of(row) for row in await cursor.fetchall()]


async def read_course(connection: Transaction, case: Case) -> Course:
    """What a case went through up to its version."""
    parameters = {"id": UUID(case.id), "version": case.version}
    row = await (await connection.execute(queries.read_course, parameters)).fetchone()
    if row is None:
        raise LookupError(case.id)
    return Course(
        route=route_of(row["route"]),
        history=tuple(entry_of(line) for line in row["history"] or ()),
        legs=tuple(leg_of(line) for line in row["legs"] or ()),
    )


async def list_cases(connection: Transaction, window: Window, filter: Filter, view: View) -> list[Stored]:
    """A page of what is seen through one window, newest first.

    The index of words finds a rare word at once, but would read every case that holds a common one.
    """
    if filter.grams:
        horizon = await _horizon(connection, window, view)
        if horizon is not None:
            near = max(horizon, filter.reported_from or horizon)
            page = await _list(connection, window, replace(filter, grams=None, reported_from=near), view)
            if len(page) == view.size:
                return page
    return await _list(connection, window, filter, view)


async def share_any(connection: Transaction, partners: Sequence[str]) -> bool:
    """Whether these have a part in any case at all; few people have."""
    parameters = {"partners": list(partners)}
    row = await (await connection.execute(queries.share_any, parameters, prepare=False)).fetchone()
    return bool(row and row["shared"])


async def _horizon(connection: Transaction, window: Window, view: View) -> datetime | None:
    parameters = {**_window_columns(window), **_after_columns(view.after), "most": NEWEST_READ}
    row = await (await connection.execute(queries.find_horizon, parameters, prepare=False)).fetchone()
    return row["reported_at"] if row else None


async def _list(connection: Transaction, window: Window, filter: Filter, view: View) -> list[Stored]:
    parameters = {
        **_window_columns(window),
        **asdict(filter),
        **_after_columns(view.after),
        "now": view.now,
        "red_sign_misses": view.red_sign_misses,
        "size": view.size,
    }
    cursor = await connection.execute(queries.list_cases, parameters, prepare=False)
    return [stored_of(row) for row in await cursor.fetchall()]


def _window_columns(window: Window) -> dict[str, Any]:
    return {**asdict(window), "partners": list(window.partners) or None}


def _after_columns(after: After | None) -> dict[str, Any]:
    return {"after_at": after.reported_at if after else None, "after_id": after.id if after else None}


async def count_open(
    connection: Transaction, scope: Scope, *, under_path: str, now: datetime, red_sign_misses: int
) -> list[tuple[str, str, int]]:
    """Grid, light and number of the open cases that the scope reaches."""
    parameters = {
        "under": under_path,
        "areas": list(scope.area_paths),
        "departments": list(scope.departments),
        "now": now,
        "red_sign_misses": red_sign_misses,
    }
    cursor = await connection.execute(queries.count_open, parameters)
    return [(row["grid_code"], row["light"], row["count"]) for row in await cursor.fetchall()]


def stored_of(row: Row) -> Stored:
    """A row as a stored case."""
    evidence: list[Mapping[str, Any]] = row["evidence"]
    return Stored(case=case_of(row), revision=row["revision"], evidence=tuple(evidence_of(item) for item in evidence))


def _id_of(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
