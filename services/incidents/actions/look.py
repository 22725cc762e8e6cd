"""Shows cases to whoever may see them: one whole, a page of many, and how many are open where."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.incidents.actions.advance import PERMISSION as ADVANCE
from services.incidents.actions.advance import for_actor, steps_open_to
from services.incidents.cityview.city import City
from services.incidents.domain import privacy
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import OPEN, Case, Evidence, HistoryEntry, Leg, State
from services.incidents.domain.errors import CaseUnknown
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.domain.rings import Ring, written
from services.incidents.domain.routing import Route
from services.incidents.domain.signal import Signal
from services.incidents.domain.workflow import LegalStep
from services.incidents.store.reading import (
    After,
    Filter,
    Stored,
    View,
    Window,
    count_open,
    find_case,
    list_cases,
    read_course,
    share_any,
)
from services.platform import paging, sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import FieldInvalid
from services.platform.identity import Caller, Scope
from services.platform.paging import PageTokenInvalid
from services.platform.wall import Wall

PERMISSION: Final = "incidents.read"
PAGE_SIZE: Final = 50
#: Beyond so many grids the newest cases are read in order of time, and most of them fit.
GRIDS_MAX: Final = 60
TEXT_CHARACTERS_MIN: Final = 2
_NUMBER_END: Final = re.compile(r"(\d+-){0,2}\d{5,}")
_LIKE_SIGNS: Final = re.compile(r"([%_\\])")
_ESCAPED: Final = r"\\\1"
_REFUSED: Final = frozenset({State.REJECTED, State.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCase:
    """A case with its course, as somebody may see it."""

    case: Case
    evidence: tuple[Evidence, ...]
    route: Route
    history: tuple[HistoryEntry, ...]
    legs: tuple[Leg, ...]
    legal_steps: tuple[LegalStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases somebody wants to see."""

    area_code: str = ""
    department_code: str = ""
    states: frozenset[State] = frozenset()
    signals: frozenset[Signal] = frozenset()
    text: str = ""
    reported_from: datetime | None = None
    reported_until: datetime | None = None
    closed_from: datetime | None = None
    task_type: str = ""
    mine: bool = False
    open_only: bool = False
    for_interview: bool = False
    within: tuple[Ring, ...] = ()
    page_size: int = 0
    page_token: str = ""


@dataclass(slots=True)
class Lights:
    """Open cases of one area by light."""

    green: int = 0
    yellow: int = 0
    red: int = 0


class Looking:
    """Answers what people ask about cases."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._wall = Wall("incidents", sql.load("services.incidents", "wall.sql").look)

    async def get(self, name: str, caller: Caller) -> WholeCase:
        """One case by id or number; fails with CASE_UNKNOWN, also when the caller may not see it."""
        self._city.view.require_complete()
        async with self._database.connection() as connection:
            stored = await find_case(connection, name, subject=caller.subject, scope=caller.scope(PERMISSION))
            if stored is None:
                raise CaseUnknown(case_id=name)
            if not await self._shown(connection, [stored], caller):
                raise CaseUnknown(case_id=name)
            course = await read_course(connection, stored.case)
        actor = Actor(id=caller.subject, grants=caller.grants)
        case, history = for_actor(stored.case, course.history, actor)
        front = privacy.stands_in_front(actor)
        return WholeCase(
            case=case,
            evidence=stored.evidence,
            route=course.route,
            history=privacy.front_lines(case, history, actor) if front else history,
            legs=() if front else course.legs,
            legal_steps=steps_open_to(stored.case, actor, self._city, self._clock.now())
            if caller.permits(ADVANCE)
            else (),
        )

    async def page(self, wanted: Wanted, caller: Caller) -> tuple[list[Case], str]:
        """A page of cases, newest first, and the token for the next one."""
        self._city.view.require_complete()
        windows = self._windows(wanted, caller)
        chosen, size = self._placed(_filter_of(wanted), wanted.within), wanted.page_size or PAGE_SIZE
        view = View(
            after=_after_of(wanted.page_token),
            size=size + 1,
            now=self._clock.now(),
            red_sign_misses=self._city.rulebook.signal_rules.red_sign_misses,
        )
        found: dict[str, Stored] = {}
        async with self._database.connection() as connection:
            for window in windows:
                if window.partners and not await share_any(connection, window.partners):
                    continue
                page = await list_cases(connection, window, chosen, view)
                found.update((stored.case.id, stored) for stored in page)
            shown = await self._shown(connection, list(found.values()), caller)
        newest = sorted(shown, key=lambda stored: (stored.case.reported_at, stored.case.id), reverse=True)
        cases = [stored.case for stored in newest[:size]]
        token = paging.encode(cases[-1].reported_at.isoformat(), cases[-1].id) if len(newest) > size else ""
        actor = Actor(id=caller.subject, grants=caller.grants)
        return [for_actor(case, (), actor)[0] for case in cases], token

    async def _shown(self, connection: Transaction, found: Sequence[Stored], caller: Caller) -> list[Stored]:
        """Of what our own statements found, what the database shows this caller as well."""
        ids = await self._wall.shown(
            connection, [UUID(stored.case.id) for stored in found], caller=caller, permission=PERMISSION
        )
        return [stored for stored in found if UUID(stored.case.id) in ids]

    async def summarize(self, level: AreaLevel, under_code: str, caller: Caller) -> dict[str, Lights]:
        """How many cases are open in each area of a level, by light; only areas with at least one."""
        self._city.view.require_complete()
        under_path = self._city.view.path_of(under_code) if under_code else ""
        if under_path is None:
            return {}
        scope = caller.scope(PERMISSION)
        async with self._database.connection() as connection, self._wall.behind(connection, scope):
            counted = await count_open(
                connection,
                scope,
                under_path=under_path,
                now=self._clock.now(),
                red_sign_misses=self._city.rulebook.signal_rules.red_sign_misses,
            )
        lights: dict[str, Lights] = defaultdict(Lights)
        for grid_code, light, count in counted:
            area_code = self._city.view.ancestor(grid_code, level)
            if area_code:
                area = lights[area_code]
                setattr(area, light, getattr(area, light) + count)
        return dict(sorted(lights.items()))

    def _windows(self, wanted: Wanted, caller: Caller) -> list[Window]:
        """What the caller may see of what is wanted, in parts that each fit one index."""
        wanted_path = self._city.view.path_of(wanted.area_code) if wanted.area_code else ""
        if wanted_path is None:
            return []
        scope = caller.scope(PERMISSION)
        own = Window(reporter=caller.subject, area_path=wanted_path, department_code=wanted.department_code or None)
        windows = [] if wanted.mine else list(_granted(scope, wanted_path, wanted.department_code))
        seen = [self._sharpened(window) for window in windows]
        own = self._sharpened(own)
        if scope.own and replace(own, reporter=None) not in seen:
            seen.append(own)
        if not wanted.mine and Window(department_code=wanted.department_code or None) not in seen:
            names = dict.fromkeys((caller.subject, *(code for code in scope.departments if code)))
            seen.append(replace(own, reporter=None, partners=tuple(names)))
        return seen

    def _placed(self, chosen: Filter, within: tuple[Ring, ...]) -> Filter:
        """Where rings narrow a list, the grids they touch find its cases; ended ones may lie in grids of former times."""
        if not within:
            return chosen
        near = self._city.view.grids_near(within) if chosen.open_only else None
        few = near is not None and len(near) <= GRIDS_MAX
        return replace(chosen, rings=[written(ring) for ring in within], grid_codes=near if few else None)

    def _sharpened(self, window: Window) -> Window:
        """A grid is looked up by its code, in order of time; the whole city needs no condition."""
        code = (window.area_path or "").rpartition(".")[2]
        level = self._city.view.level_of(code) if code else AreaLevel.CITY
        if level is AreaLevel.CITY:
            return replace(window, area_path=None)
        if level is AreaLevel.GRID:
            return replace(window, area_path=None, grid_code=code)
        return window


def _granted(scope: Scope, wanted_path: str, wanted_department: str) -> Iterable[Window]:
    """Each grant narrowed to what is wanted; a part that lies within another is left out."""
    parts: set[tuple[str, str]] = set()
    for path, department in zip(scope.area_paths, scope.departments, strict=True):
        narrowed = _narrower(path, wanted_path)
        if narrowed is not None and (not department or not wanted_department or department == wanted_department):
            parts.add((narrowed, department or wanted_department))
    for path, department in sorted(parts):
        others = parts - {(path, department)}
        if not any(_holds(other, path) and held in {"", department} for other, held in others):
            yield Window(area_path=path, department_code=department or None)


def _narrower(one: str, other: str) -> str | None:
    """The smaller of two areas when it lies in the other; None when they have nothing in common."""
    if _holds(one, other):
        return other
    return one if _holds(other, one) else None


def _holds(path: str, inner: str) -> bool:
    return not path or f"{inner}.".startswith(f"{path}.")


def _filter_of(wanted: Wanted) -> Filter:
    text = wanted.text.strip()
    number = bool(_NUMBER_END.fullmatch(text))
    if text and len(text) < TEXT_CHARACTERS_MIN:
        raise FieldInvalid(field="text", problem=f"needs at least {TEXT_CHARACTERS_MIN} characters")
    words = text.lower() if text and not number else ""
    return Filter(
        task_type=wanted.task_type or None,
        open_only=wanted.open_only
        or wanted.for_interview
        or bool(wanted.signals)
        or bool(wanted.states and wanted.states <= OPEN),
        refused_only=bool(wanted.states) and wanted.states <= _REFUSED,
        for_interview=wanted.for_interview,
        states=sorted(wanted.states) or None,
        signals=sorted(wanted.signals) or None,
        number_end=f"{text[::-1]}%" if number else None,
        grams=sorted({words[place : place + 2] for place in range(len(words) - 1)}) if words else None,
        pattern=f"%{_LIKE_SIGNS.sub(_ESCAPED, words)}%" if words else None,
        reported_from=wanted.reported_from,
        reported_until=wanted.reported_until,
        closed_from=wanted.closed_from,
    )


def _after_of(token: str) -> After | None:
    keys = paging.decode(token, keys=2)
    if keys is None:
        return None
    try:
        reported_at = datetime.fromisoformat(keys[0])
        case_id = UUID(keys[1])
    except ValueError as error:
        raise PageTokenInvalid from error
    if reported_at.tzinfo is None:
        raise PageTokenInvalid
    return After(reported_at=reported_at, id=case_id)
