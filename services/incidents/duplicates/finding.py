"""Looks for what is alike: around a report, around a case, and over a whole area for places that come back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.incidents.cityview.city import City
from services.incidents.domain.case import Point
from services.incidents.domain.errors import CaseUnknown
from services.incidents.duplicates import store
from services.incidents.duplicates.domain import Compared, Hotspot, Match, hotspots
from services.incidents.duplicates.measures import Measures
from services.incidents.store.reading import find_case
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import FieldInvalid
from services.platform.identity import Caller
from services.platform.wall import Wall

READ: Final = "incidents.read"
DAYS: Final = 30
CASE_COUNT_MIN: Final = 3
HOTSPOTS: Final = 20
#: A recurrence ended at most so long after it was reported.
CASE_LIFE_MAX: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A report that is about to be sent."""

    task_type: str
    description: str
    point: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another case, what it is to this one, and how near."""

    case: Compared
    kind: str
    score: float
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where and how long to look for places that come back; zeros mean the usual."""

    area_code: str
    task_type: str
    days: int
    case_count_min: int
    most: int


class Finding:
    """Reads; changes nothing."""

    def __init__(self, database: Database, city: City, measures: Measures, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._measures = measures
        self._clock = clock
        self._wall = Wall("incidents")

    async def like_report(self, sought: Sought, caller: Caller) -> list[Match]:
        """Open cases that may be the same matter as a report."""
        self._city.view.require_complete()
        if sought.point is None:
            raise FieldInvalid(field="point", problem="is needed")
        suggested = () if sought.task_type else self._city.suggested_task_types(sought.description)
        report = Compared(
            task_type=sought.task_type or next(iter(suggested), ""),
            point=sought.point,
            description=sought.description,
            reported_at=self._clock.now(),
            reporter=caller.subject,
        )
        async with self._database.connection() as connection:
            return await self._around(connection, report)

    async def like_case(self, name: str, caller: Caller) -> list[Match]:
        """Open cases that may be the same matter as a case; fails with CASE_UNKNOWN."""
        self._city.view.require_complete()
        async with self._database.connection() as connection:
            case = await self.visible(connection, name, caller)
            return await self._around(connection, case)

    async def relations(self, name: str, caller: Caller) -> tuple[Compared, list[Related]]:
        """A case and everything it has to do with others; fails with CASE_UNKNOWN."""
        self._city.view.require_complete()
        async with self._database.connection() as connection:
            case = await self.visible(connection, name, caller)
            links = await store.read_relations(connection, case.case_id)
            cases = await store.read_compared(connection, {link.other_id for link in links})
        related = [
            Related(case=cases[link.other_id], kind=link.kind, score=link.score, distance_m=link.distance_m)
            for link in links
        ]
        related.sort(key=lambda relation: (-relation.score, relation.case.number))
        return case, related

    async def hotspots(self, span: Span, caller: Caller) -> tuple[list[Hotspot], bool]:
        """Places that come back, and whether there was more than could be looked at."""
        self._city.view.require_complete()
        under_path = self._city.view.path_of(span.area_code) if span.area_code else ""
        if under_path is None:
            return [], False
        scope = caller.scope(READ)
        async with self._database.connection() as connection:
            async with self._wall.behind(connection, scope):
                cases = await store.list_span(
                    connection,
                    scope=scope,
                    under_path=under_path,
                    task_type=span.task_type,
                    since=self._clock.now() - timedelta(days=span.days or DAYS),
                )
            likeness = await store.read_likeness(connection)
        found = hotspots(
            cases[: store.SPAN_CASES_MAX], case_count_min=span.case_count_min or CASE_COUNT_MIN, likeness_of=likeness
        )
        return list(found[: span.most or HOTSPOTS]), len(cases) > store.SPAN_CASES_MAX

    async def visible(self, connection: Transaction, name: str, caller: Caller) -> Compared:
        """A case the caller may see; fails with CASE_UNKNOWN."""
        stored = await find_case(connection, name, subject=caller.subject, scope=caller.scope(READ))
        if stored is None:
            raise CaseUnknown(case_id=name)
        return (await store.read_compared(connection, [stored.case.id]))[stored.case.id]

    async def _around(self, connection: Transaction, report: Compared) -> list[Match]:
        await self._measures.refresh(connection)
        (others,) = await store.find_open_around(connection, [self._measures.around(report)])
        return list(self._measures.like(report, others))


def readable(case: Compared, caller: Caller) -> bool:
    """Whether the caller may read what was said in a case."""
    scope = caller.scope(READ)
    return case.reporter == caller.subject or any(
        (not path or f"{case.area_path}.".startswith(f"{path}.")) and department in {"", case.department_code}
        for path, department in zip(scope.area_paths, scope.departments, strict=True)
    )


def newest_first(cases: Iterable[Compared]) -> list[Compared]:
    """In the order in which lists show them."""
    return sorted(cases, key=lambda case: (case.reported_at, case.case_id), reverse=True)
