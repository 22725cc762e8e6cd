"""Stores reports, all that wait in one statement."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import psycopg
import structlog
from prometheus_client import Counter

from services.incidents.cityview.city import City
from services.incidents.cityview.picture import Location
from services.incidents.domain.actors import Actor
from services.incidents.domain.intake import Report, open_case
from services.incidents.domain.numbering import case_number
from services.incidents.domain.routing import Route
from services.incidents.domain.tasktypes import TaskType
from services.incidents.duplicates.domain import Compared
from services.incidents.duplicates.measures import Measures
from services.incidents.duplicates.store import find_open_around
from services.incidents.events import Teller
from services.incidents.gathering import Gathering, Waiting
from services.incidents.messages import answers
from services.incidents.messages.outgoing import case_message
from services.incidents.store.writing import Filing, answers_given, insert_reports, reserve_numbers
from services.platform.database import Database, Transaction
from services.platform.errors import FieldInvalid, GridwardError, RequestReused, Unavailable
from services.platform.idempotency import RequestKey
from services.platform.ids import uuid7

log = structlog.get_logger()

BATCH_MAX: Final = 500

REPORTS_FILED = Counter("incident_reported_total", "Reports stored", ["source"])


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


class Writer:
    """One for each process; `run` does the work, `file` waits for it."""

    def __init__(self, database: Database, city: City, measures: Measures, *, waiting_max: int) -> None:
        self._database = database
        self._city = city
        self._measures = measures
        self.line = Gathering(
            work="report",
            do=self._store,
            names=lambda intake: [(intake.key.subject, intake.key.request_id)],
            refusal=_refusal,
            group_max=BATCH_MAX,
            waiting_max=waiting_max,
        )

    async def file(self, intake: Intake) -> bytes:
        """The answer to a report, once it is stored; fails with EXHAUSTED when too many wait."""
        return await self.line.submit(intake)

    async def run(self) -> None:
        """Store what waits, over and over, until cancelled."""
        await self.line.run()

    async def _store(self, group: Sequence[Waiting[Intake]]) -> None:
        async with self._database.steady() as connection:
            await self._store_together(connection, group)

    async def _store_together(self, connection: Transaction, batch: Sequence[Waiting[Intake]]) -> None:
        numbers = await self._numbers(connection, batch)
        neighbours = await find_open_around(
            connection, [self._measures.around(compared(waiting.item)) for waiting in batch]
        )
        filings = [
            self._filing(waiting.item, number, known)
            for waiting, number, known in zip(batch, numbers, neighbours, strict=True)
        ]
        stored = await insert_reports(connection, filings)
        repeated = []
        for waiting, filing in zip(batch, filings, strict=True):
            if filing.outcome.case.id in stored:
                REPORTS_FILED.labels(filing.outcome.case.source).inc()
                waiting.give(filing.answer)
            else:
                repeated.append(waiting)
        if repeated:
            await _answer_again(connection, repeated)

    async def _numbers(self, connection: Transaction, batch: Sequence[Waiting[Intake]]) -> list[str]:
        days = [waiting.item.at.astimezone(self._city.zone).date() for waiting in batch]
        counts: dict[date, int] = defaultdict(int)
        for day in days:
            counts[day] += 1
        given = {day: iter(await reserve_numbers(connection, day, count)) for day, count in counts.items()}
        city = self._city.view.city_number
        return [case_number(city=city, day=day, sequence=next(given[day])) for day in days]

    def _filing(self, intake: Intake, number: str, neighbours: list[Compared]) -> Filing:
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
            procedure=self._city.procedure(intake.task_type, intake.at),
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
            answer=answers.filed(told, self._measures.like(compared(intake), neighbours)),
        )


def compared(intake: Intake) -> Compared:
    """A report as it is compared with the cases there are."""
    return Compared(
        task_type=intake.task_type.code,
        point=intake.report.point,
        description=intake.report.description,
        reported_at=intake.at,
        reporter=intake.actor.id,
    )


async def _answer_again(connection: Transaction, repeated: Sequence[Waiting[Intake]]) -> None:
    given = await answers_given(connection, [waiting.item.key for waiting in repeated])
    for waiting in repeated:
        digest, answer = given.get((waiting.item.key.subject, waiting.item.key.request_id), (b"", b""))
        if not digest:
            waiting.refuse(Unavailable(part="incidents"))
        elif digest != waiting.item.key.body_digest:
            waiting.refuse(RequestReused(request_id=waiting.item.key.request_id))
        else:
            waiting.give(answer)


def _refusal(error: Exception) -> GridwardError:
    if isinstance(error, GridwardError):
        return error
    if isinstance(error, psycopg.DataError):
        return FieldInvalid(field="report", problem="holds a character or number that cannot be stored")
    log.error("report_not_stored", exc_info=error)
    return GridwardError()
