"""Takes in reports: checks everything about one, finds its place and its way, and has it stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.incidents.cityview.city import City
from services.incidents.cityview.picture import Location
from services.incidents.components import Components
from services.incidents.domain.actors import Actor
from services.incidents.domain.intake import Report, require_report_evidence
from services.incidents.domain.routing import Route
from services.incidents.domain.tasktypes import TaskType
from services.incidents.duplicates.domain import Match
from services.incidents.duplicates.measures import Measures
from services.incidents.duplicates.store import find_open_around
from services.incidents.forms import Forms
from services.incidents.store.writing import answers_given
from services.incidents.terminals import Terminals
from services.incidents.writer import Intake, Writer, compared
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import FieldInvalid, GridwardError, RequestReused
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

#: How far a phone's clock may run ahead.
CLOCK_AHEAD_MAX: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A report as somebody brings it, with what goes beside it."""

    key: RequestKey
    report: Report
    task_type: str
    seen_at: datetime | None = None
    terminal_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would come of a report."""

    location: Location
    task_type: TaskType
    route: Route
    deadline_at: datetime
    suggested: tuple[str, ...]
    duplicates: tuple[Match, ...]


class Reporting:
    """Files reports and says beforehand what would come of them."""

    def __init__(
        self,
        database: Database,
        city: City,
        writer: Writer,
        *,
        measures: Measures,
        components: Components,
        terminals: Terminals,
        clock: Clock,
    ) -> None:
        self._database = database
        self._city = city
        self._writer = writer
        self._measures = measures
        self._components = components
        self._terminals = terminals
        self._clock = clock
        self._forms = Forms()

    async def report(self, asked: Asked, caller: Caller) -> bytes:
        """File a report; the answer, also when the same request was answered before."""
        try:
            intake = await self._check(asked, caller)
            require_report_evidence(intake.report, intake.task_type)
        except GridwardError:
            # What was right when it was first sent stays answered, whatever has changed since.
            answer = await self._answer_before(asked.key)
            if answer is None:
                raise
            return answer
        return await self._writer.file(intake)

    async def preview(self, asked: Asked, caller: Caller) -> Preview:
        """What would come of a report; stores nothing."""
        intake = await self._check(asked, caller)
        async with self._database.connection() as connection:
            (neighbours,) = await find_open_around(connection, [self._measures.around(compared(intake))])
        condition = (
            intake.task_type.condition(intake.report.filing_condition)
            if intake.report.filing_condition
            else intake.task_type.usual_condition
        )
        return Preview(
            location=intake.location,
            task_type=intake.task_type,
            route=intake.route,
            deadline_at=self._city.rulebook.calendar.deadline(intake.at, condition.limit),
            suggested=self._city.suggested_task_types(intake.report.description),
            duplicates=self._measures.like(compared(intake), neighbours),
        )

    async def _check(self, asked: Asked, caller: Caller) -> Intake:
        view, report, now = self._city.view, asked.report, self._clock.now()
        view.require_complete()
        if asked.seen_at is not None and asked.seen_at > now + CLOCK_AHEAD_MAX:
            raise FieldInvalid(field="report.seen_at", problem="lies in the future")
        location = view.locate(report.point)
        if asked.terminal_id:
            await self._terminals.check(asked.terminal_id, report.point)
        task_type = self._task_type(asked)
        owner = await self._components.owner_near(task_type.category_code, location.grid_code, report.point)
        route = self._city.route(task_type, location, now, report=report, owner=owner)
        if report.filing_condition:
            task_type.condition(report.filing_condition)
        # Whoever names the task type has seen its form.
        self._forms.check(task_type, report.form_answers, demanded=bool(asked.task_type))
        return Intake(
            key=asked.key,
            report=report,
            location=location,
            task_type=task_type,
            route=route,
            actor=Actor(id=caller.subject, grants=caller.grants),
            at=now,
            seen_at=asked.seen_at,
            terminal_id=asked.terminal_id,
        )

    def _task_type(self, asked: Asked) -> TaskType:
        suggested = () if asked.task_type else self._city.suggested_task_types(asked.report.description)
        return self._city.view.newest_task_type(asked.task_type or next(iter(suggested), ""))

    async def _answer_before(self, key: RequestKey) -> bytes | None:
        async with self._database.connection() as connection:
            given = await answers_given(connection, [key])
        digest, answer = given.get((key.subject, key.request_id), (b"", None))
        if digest and digest != key.body_digest:
            raise RequestReused(request_id=key.request_id)
        return answer
