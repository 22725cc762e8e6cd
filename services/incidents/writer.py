"""Stores reports in groups: all that wait go into one transaction, so that a rush costs little more than a trickle."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import cos, radians
from typing import Final

import psycopg
import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.incidents.cityview.city import City
from services.incidents.cityview.picture import Location
from services.incidents.domain import duplicates
from services.incidents.domain.actors import Actor
from services.incidents.domain.duplicates import Known
from services.incidents.domain.intake import Report, open_case
from services.incidents.domain.numbering import case_number
from services.incidents.domain.routing import Route
from services.incidents.domain.tasktypes import TaskType
from services.incidents.events import Teller
from services.incidents.messages import answers
from services.incidents.messages.outgoing import case_message
from services.incidents.store.reading import Box, find_neighbours
from services.incidents.store.writing import Filing, answers_given, insert_reports, reserve_numbers
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, FieldInvalid, GridwardError, RequestReused, Unavailable
from services.platform.idempotency import RequestKey
from services.platform.ids import uuid7

log = structlog.get_logger()

BATCH_MAX: Final = 500
RETRY_AFTER_S: Final = 1
METRES_PER_DEGREE: Final = 111_000.0  # a little too few, so that the box is a little too large

REPORTS_FILED = Counter("incident_reported_total", "Reports stored", ["source"])
BATCH_SIZE = Histogram("report_batch_size", "Reports stored in one go", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500))
REPORTS_WAITING = Gauge("reports_waiting", "Reports that wait to be stored")
ROWS_ALONE = Counter("report_stored_alone_total", "Reports stored one by one because their group failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A report that may be filed: everything about it is checked, its place and its way are found."""

    key: RequestKey
    report: Report
    location: Location
    task_type: TaskType
    route: Route
    actor: Actor
    at: datetime
    seen_at: datetime | None = None
    terminal_id: str = ""


@dataclass(slots=True, eq=False)
class _Waiting:
    intake: Intake
    answer: "asyncio.Future[bytes]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def name(self) -> tuple[str, str]:
        return self.intake.key.subject, self.intake.key.request_id

    def give(self, answer: bytes) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def refuse(self, error: GridwardError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Writer:
    """One for each process; `run` does the work, `file` waits for it."""

    def __init__(self, database: Database, city: City, *, waiting_max: int) -> None:
        self._database = database
        self._city = city
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(waiting_max)
        self._held: list[_Waiting] = []

    async def file(self, intake: Intake) -> bytes:
        """The answer to a report, once it is stored; fails with EXHAUSTED when too many wait."""
        waiting = _Waiting(intake)
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Exhausted(retry_after_s=RETRY_AFTER_S) from None
        return await waiting.answer

    async def run(self) -> None:
        """Store what waits, over and over, until cancelled."""
        while True:
            batch = await self._next_batch()
            BATCH_SIZE.observe(len(batch))
            await self._store(batch)

    async def _next_batch(self) -> list[_Waiting]:
        """All that waits, each request id once: a second one waits for the next turn, and then finds the answer."""
        arrived = [*self._held] or [await self._queue.get()]
        while len(arrived) < BATCH_MAX and not self._queue.empty():
            arrived.append(self._queue.get_nowait())
        REPORTS_WAITING.set(self._queue.qsize())
        batch: dict[tuple[str, str], _Waiting] = {}
        self._held = []
        for waiting in arrived:
            if waiting.name in batch:
                self._held.append(waiting)
            else:
                batch[waiting.name] = waiting
        return list(batch.values())

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        """A report that cannot be stored never takes its neighbours with it."""
        try:
            async with self._database.connection() as connection:
                await self._store_together(connection, batch)
        except (Unavailable, Exhausted) as error:
            for waiting in batch:
                waiting.refuse(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the writer or hurt others
            if len(batch) == 1:
                batch[0].refuse(_refusal(error))
                return
            log.warning("report_group_failed", size=len(batch), error=str(error)[:200])
            ROWS_ALONE.inc(len(batch))
            for waiting in batch:
                await self._store([waiting])

    async def _store_together(self, connection: Transaction, batch: Sequence[_Waiting]) -> None:
        numbers = await self._numbers(connection, batch)
        neighbours = await find_neighbours(
            connection,
            [box_of(waiting.intake) for waiting in batch],
            since=min(waiting.intake.at for waiting in batch) - duplicates.AGE_MAX,
        )
        filings = [
            self._filing(waiting.intake, number, known)
            for waiting, number, known in zip(batch, numbers, neighbours, strict=True)
        ]
        stored = await insert_reports(connection, filings)
        self._database.committed.set()
        repeated = []
        for waiting, filing in zip(batch, filings, strict=True):
            if filing.outcome.case.id in stored:
                REPORTS_FILED.labels(filing.outcome.case.source).inc()
                waiting.give(filing.answer)
            else:
                repeated.append(waiting)
        if repeated:
            await _answer_again(connection, repeated)

    async def _numbers(self, connection: Transaction, batch: Sequence[_Waiting]) -> list[str]:
        days = [waiting.intake.at.astimezone(self._city.zone).date() for waiting in batch]
        counts: dict[date, int] = defaultdict(int)
        for day in days:
            counts[day] += 1
        given = {day: iter(await reserve_numbers(connection, day, count)) for day, count in counts.items()}
        city = self._city.view.city_number
        return [case_number(city=city, day=day, sequence=next(given[day])) for day in days]

    def _filing(self, intake: Intake, number: str, neighbours: list[Known]) -> Filing:
        case_id = str(uuid7())
        outcome = open_case(
            intake.report,
            id=case_id,
            number=number,
            area_path=intake.location.area_path,
            grid_code=intake.location.grid_code,
            task_type=intake.task_type,
            route=intake.route,
            actor=intake.actor,
            at=intake.at,
            rulebook=self._city.rulebook,
        )
        rules = self._city.rulebook.signal_rules
        told = case_message(
            outcome.case,
            view=self._city.view,
            now=intake.at,
            rules=rules,
            evidence=intake.report.evidence,
            route=intake.route,
        )
        return Filing(
            key=intake.key,
            outcome=outcome,
            route=intake.route,
            seen_at=intake.seen_at,
            terminal_id=intake.terminal_id,
            events=Teller(self._city.view, rules, at=intake.at).reported(outcome, told),
            answer=answers.filed(told, like(intake, neighbours)),
        )


def like(intake: Intake, neighbours: list[Known]) -> tuple[duplicates.Candidate, ...]:
    """Those of the neighbours that may be the same matter."""
    report = Known(
        task_type=intake.task_type.code,
        point=intake.report.point,
        description=intake.report.description,
        reported_at=intake.at,
    )
    return duplicates.candidates(report, neighbours, distance_max_m=intake.task_type.duplicate_distance_m)


def box_of(intake: Intake) -> Box:
    """The rectangle around a report in which the same matter may have been reported before."""
    point, distance_m = intake.report.point, intake.task_type.duplicate_distance_m
    height = distance_m / METRES_PER_DEGREE
    width = height / max(cos(radians(point.latitude_deg)), 0.01)
    return Box(
        task_type=intake.task_type.code,
        west=point.longitude_deg - width,
        east=point.longitude_deg + width,
        south=point.latitude_deg - height,
        north=point.latitude_deg + height,
    )


async def _answer_again(connection: Transaction, repeated: Sequence[_Waiting]) -> None:
    given = await answers_given(connection, [waiting.intake.key for waiting in repeated])
    for waiting in repeated:
        digest, answer = given.get(waiting.name, (b"", b""))
        if not digest:
            waiting.refuse(Unavailable(part="incidents"))
        elif digest != waiting.intake.key.body_digest:
            waiting.refuse(RequestReused(request_id=waiting.intake.key.request_id))
        else:
            waiting.give(answer)


def _refusal(error: Exception) -> GridwardError:
    if isinstance(error, GridwardError):
        return error
    if isinstance(error, psycopg.DataError):
        return FieldInvalid(field="report", problem="holds a character or number that cannot be stored")
    log.error("report_not_stored", exc_info=error)
    return GridwardError()
