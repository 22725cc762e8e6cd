"""Marks, records what inspectors find, counts and publishes."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from typing import Final

from google.protobuf.message import Message

from services.incidents.assessment import store
from services.incidents.assessment.domain import (
    BONUS_MAX,
    WORKER_ROLES,
    EditionUnknown,
    Finding,
    FindingUnknown,
    Kind,
    MarkTaken,
    MarkTooHigh,
    NothingToPublish,
    Part,
    Standing,
    WorkerPart,
    WorkerUnknown,
    Year,
    exact,
    grid_score,
    ranked,
    require_marker,
    worker_score,
    year_of,
)
from services.incidents.assessment.periods import period_of, span_of
from services.incidents.assessment.store import Edition, Mark, Month
from services.incidents.cityview.city import City
from services.incidents.domain.case import Point
from services.incidents.domain.errors import AreaNotKnown
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.figures.counting import Counting, Question
from services.incidents.figures.domain import WEIGHTS, Counts, Dimension
from services.incidents.once import once
from services.incidents.reach import path_in, roles_at
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Forbidden
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall

MARK: Final = "assessment.mark"
READ: Final = "assessment.read"
PUBLISH: Final = "assessment.publish"

Scores = dict[str, tuple[Decimal | None, tuple[Part, ...]]]


class Assessing:
    """One verb for each thing that is done in assessment."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._counting = Counting(database, city, clock=clock)
        self._wall = Wall("incidents")

    async def mark_grids(
        self, key: RequestKey, period: str, marks: Sequence[Mark], caller: Caller, answer: Callable[[int], Message]
    ) -> bytes:
        """Keep marks of grids; each by whom it is due from, in their own area."""
        placed = []
        for mark in marks:
            area = self._city.view.area(mark.code)
            path = self._city.view.path_of(mark.code)
            if area is None or path is None or area.level is not AreaLevel.GRID:
                raise AreaNotKnown(code=mark.code)
            require_marker(mark.part, roles_at(caller, MARK, path))
            placed.append(_placed(mark, path))

        async def work(transaction: Transaction) -> Message:
            now = self._clock.now()
            await store.set_grid_marks(transaction, period, placed, by=caller.subject, at=now)
            return answer(len(placed))

        return await once(self._database, key, work)

    async def mark_workers(
        self, key: RequestKey, period: str, marks: Sequence[Mark], caller: Caller, answer: Callable[[int], Message]
    ) -> bytes:
        """Keep marks of workers; each part has one rater."""
        placed = []
        for mark in marks:
            path = self._path_of_worker(mark.code)
            require_marker(mark.part, roles_at(caller, MARK, path))
            if mark.part == WorkerPart.BONUS and mark.score > BONUS_MAX:
                raise MarkTooHigh(most=BONUS_MAX)
            placed.append(_placed(mark, path))

        async def work(transaction: Transaction) -> Message:
            now = self._clock.now()
            kept = await store.set_worker_marks(transaction, period, placed, by=caller.subject, at=now)
            for mark in placed:
                if (mark.code, mark.part) not in kept:
                    raise MarkTaken(staff_code=mark.code, part=mark.part)
            return answer(len(placed))

        return await once(self._database, key, work)

    async def record_finding(
        self,
        key: RequestKey,
        finding: Finding,
        point: Point,
        caller: Caller,
        answer: Callable[[Finding], Message],
    ) -> bytes:
        """Keep what an inspector found; whoever had reported it before loses nothing by it."""
        self._city.view.require_complete()
        self._city.view.newest_task_type(finding.task_type)
        location = self._city.view.locate(point)
        self._require(caller, PUBLISH, location.area_path)
        id_ = str(uuid7())

        async def work(transaction: Transaction) -> Message:
            before = await store.reported_before(transaction, finding.task_type, point, finding.found_at)
            kept = Finding(
                id=id_,
                task_type=finding.task_type,
                grid_code=location.grid_code,
                area_path=location.area_path,
                found_at=finding.found_at,
                found_by=caller.subject,
                note=finding.note,
                points=finding.points,
                case_id=before or "",
            )
            period = period_of(finding.found_at, self._city.zone)
            await store.insert_finding(transaction, kept, point, period)
            return answer(await self._finding(transaction, id_, [location.area_path]))

        return await once(self._database, key, work)

    async def forgive(
        self, key: RequestKey, finding_id: str, reason: str, caller: Caller, answer: Callable[[Finding], Message]
    ) -> bytes:
        """Take a deduction back; fails with FINDING_UNKNOWN."""
        areas = list(caller.scope(PUBLISH).area_paths)

        async def work(transaction: Transaction) -> Message:
            now = self._clock.now()
            if not await store.forgive(transaction, finding_id, areas=areas, reason=reason, by=caller.subject, at=now):
                raise FindingUnknown(finding_id=finding_id)
            return answer(await self._finding(transaction, finding_id, areas))

        return await once(self._database, key, work)

    async def findings(self, period: str, area_code: str, caller: Caller) -> list[Finding]:
        """What was found in a month, within what the caller may see."""
        areas = list(caller.scope(READ).area_paths)
        under = path_in(self._city, area_code)
        async with self._reading(caller) as connection:
            return await store.list_findings(connection, areas=areas, under=under, period=period)

    async def standings(
        self, kind: Kind, period: str, area_code: str, edition: int | None, caller: Caller
    ) -> tuple[list[Standing], Edition | None, int]:
        """Lines, the edition they are of when it is a published one, and the newest edition."""
        month = self._month(kind, period, area_code)
        self._require(caller, READ, month.area_path)
        async with self._reading(caller) as connection:
            newest = await store.find_edition(connection, month, None)
            if edition or (edition is None and newest):
                found = await store.find_edition(connection, month, edition)
                if found is None:
                    raise EditionUnknown(edition=edition, period=period)
                return await store.list_standings(connection, month, found.edition), found, found.newest
            scores = await self._scores(connection, month, caller)
        return list(ranked(scores)), None, newest.newest if newest else 0

    async def publish(
        self,
        key: RequestKey,
        month: tuple[Kind, str, str],
        caller: Caller,
        answer: Callable[[int, bool, list[Standing]], Message],
    ) -> bytes:
        """Freeze a month; fails with NOTHING_TO_PUBLISH."""
        wanted = self._month(*month)
        self._require(caller, PUBLISH, wanted.area_path)

        async def work(transaction: Transaction) -> Message:
            await store.hold(transaction, wanted)
            now = list(ranked(await self._scores(transaction, wanted, caller)))
            if all(standing.score is None for standing in now):
                raise NothingToPublish(period=wanted.period)
            newest = await store.find_edition(transaction, wanted, None)
            if newest and await store.list_standings(transaction, wanted, newest.edition) == now:
                return answer(newest.edition, True, now)
            number = newest.edition + 1 if newest else 1
            await store.insert_edition(transaction, wanted, number, now, by=caller.subject, at=self._clock.now())
            return answer(number, False, now)

        return await once(self._database, key, work)

    async def year(self, kind: Kind, year: int, area_code: str, caller: Caller) -> list[Year]:
        """The published months of a year; the best first, those without four quarters after."""
        month = self._month(kind, f"{year}-01", area_code)
        self._require(caller, READ, month.area_path)
        async with self._reading(caller) as connection:
            found = await store.list_year(connection, kind=kind, area_code=month.area_code, year=year)
        years = [year_of(code, months) for code, months in found.items()]
        return sorted(years, key=lambda one: (one.score is None, -(one.score or 0), one.code))

    @contextlib.asynccontextmanager
    async def _reading(self, caller: Caller) -> AsyncIterator[Transaction]:
        """A connection that shows what lies within the caller's areas, whichever department looks."""
        scope = caller.scope(READ).by_area
        async with self._database.connection() as connection, self._wall.behind(connection, scope):
            yield connection

    async def _scores(self, connection: Transaction, month: Month, caller: Caller) -> Scores:
        if month.kind is Kind.DEPARTMENT:
            return await self._department_scores(month, caller)
        marks = await store.list_marks(connection, month)
        if month.kind is Kind.WORKER:
            start, end = span_of(month.period, self._city.zone)
            counted = await store.count_worker_marks(connection, month, start=start, end=end)
            everybody = sorted({*marks, *counted})
            return {code: worker_score(marks.get(code, {}), counted.get(code, {})) for code in everybody}
        lost = await store.deductions(connection, month)
        return {code: grid_score(marks.get(code, {}), lost.get(code, Decimal(0))) for code in sorted({*marks, *lost})}

    async def _department_scores(self, month: Month, caller: Caller) -> Scores:
        start, end = span_of(month.period, self._city.zone)
        area_code = month.area_code if month.area_path.count(".") else ""
        question = Question(area_code=area_code, dimension=Dimension.DEPARTMENT, start=start, end=end)
        counted = await self._counting.count(question, caller)
        return {code: _department_score(counts) for code, counts in counted.parts.items() if code}

    def _month(self, kind: Kind, period: str, area_code: str) -> Month:
        code = area_code or self._city.view.city_code
        return Month(kind=kind, period=period, area_code=code, area_path=path_in(self._city, code))

    def _path_of_worker(self, staff_code: str) -> str:
        for post in self._city.view.posts_as_told.values():
            path = self._city.view.path_of(post.area_code)
            if post.staff_code == staff_code and post.role in WORKER_ROLES and path is not None:
                return path
        raise WorkerUnknown(staff_code=staff_code)

    async def _finding(self, connection: Transaction, finding_id: str, areas: list[str]) -> Finding:
        (found,) = await store.list_findings(connection, areas=areas, id=finding_id)
        return found

    @staticmethod
    def _require(caller: Caller, permission: str, area_path: str) -> None:
        """Fails with FORBIDDEN where the permission does not reach."""
        if not roles_at(caller, permission, area_path):
            raise Forbidden(permission=permission)


def _placed(mark: Mark, path: str) -> Mark:
    return Mark(code=mark.code, part=mark.part, area_path=path, score=exact(mark.score), note=mark.note)


def _department_score(counts: Counts) -> tuple[Decimal | None, tuple[Part, ...]]:
    parts = tuple(
        Part(part=name, score=exact(Decimal(100 * value)), weight=WEIGHTS[name])
        for name, value in counts.shares.items()
    )
    score = counts.score
    return (None if score is None else exact(Decimal(score))), parts
