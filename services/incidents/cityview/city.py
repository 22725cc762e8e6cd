"""Everything the rules ask about the city in one place: registry's picture and what the city has settled."""

import asyncio
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from services.incidents.cityview.picture import CityView, Location
from services.incidents.cityview.stages import with_stages
from services.incidents.domain.answers import named_owner_unit
from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import Case
from services.incidents.domain.intake import Report
from services.incidents.domain.procedure import USUAL, Procedure
from services.incidents.domain.responsibility import Responsibilities
from services.incidents.domain.routing import NO_OWNER, Owner, Route, loop_receiver, route
from services.incidents.domain.rulebook import Rulebook
from services.incidents.domain.tasktypes import TaskType
from services.incidents.store.settlement import Settlement, read_settlement, read_version
from services.platform.database import Database
from services.platform.errors import GridwardError

log = structlog.get_logger()

SETTLEMENT_POLL_S = 2.0


class Redirects(Protocol):
    """Whatever may send a report elsewhere than the usual way: the city's own rules."""

    def redirect(
        self, route: Route, *, task_type: TaskType, location: Location, at: datetime, report: Report | None
    ) -> Route:
        """The way it goes."""
        ...


class Guesses(Protocol):
    """Whatever knows which task types somebody's words mean: the city's classes."""

    def task_types(self, text: str) -> tuple[str, ...]:
        """Task types that fit the words, likeliest first."""
        ...


class City:
    """The city as it is known at this moment."""

    #: The city's own routing rules, where they are followed.
    redirects: Redirects | None = None
    #: The city's classes with their words, where they are known.
    guesses: Guesses | None = None

    def __init__(self, view: CityView, settlement: Settlement, *, zone: ZoneInfo, desk: str) -> None:
        self.view = view
        self.zone = zone
        self._desk = desk
        self._settlement = settlement
        self._made_of: tuple[object, object, object] | None = None
        self._rulebook: Rulebook
        self._responsibilities: Responsibilities

    @classmethod
    async def open(cls, database: Database, view: CityView, *, zone: ZoneInfo, desk: str) -> "City":
        """With what is settled now."""
        async with database.connection() as connection:
            settlement = await read_settlement(connection, zone)
        # The first look at a year takes half a second, which no report is to wait for.
        await asyncio.to_thread(settlement.calendar.special_days, datetime.now(zone).year)
        return cls(view, settlement, zone=zone, desk=desk)

    @property
    def calendar(self) -> WorkCalendar:
        """When the city works."""
        return self._settlement.calendar

    @property
    def rulebook(self) -> Rulebook:
        """What every step is judged by."""
        self._refresh()
        return self._rulebook

    def calendar_at(self, area_path: str) -> WorkCalendar:
        """When the offices work that answer for a place."""
        return self.rulebook.at_place(area_path).calendar

    def procedure(self, task_type: TaskType, at: datetime) -> Procedure:
        """How the cases of a task type that were reported at a moment are worked."""
        versions = self._settlement.procedures.get(task_type.code, ())
        declared = next((procedure for in_force_at, procedure in reversed(versions) if in_force_at <= at), USUAL)
        return with_stages(declared, self.view.stages(task_type.code, task_type.version))

    def procedure_of(self, case: Case) -> Procedure:
        """How a case is worked."""
        return self.procedure(self.view.task_type(case.task_type, case.task_type_version), case.reported_at)

    @property
    def department_codes(self) -> frozenset[str]:
        """The departments there are."""
        return self.rulebook.department_codes

    def route(
        self,
        task_type: TaskType,
        location: Location,
        at: datetime,
        *,
        report: Report | None = None,
        owner: Owner = NO_OWNER,
    ) -> Route:
        """Where a report of this task type at this place goes, and why; the owner is whose component stands there."""
        usual = self.usual_route(task_type, location, at, report=report, owner=owner)
        if self.redirects is None:
            return usual
        return self.redirects.redirect(usual, task_type=task_type, location=location, at=at, report=report)

    def usual_route(
        self,
        task_type: TaskType,
        location: Location,
        at: datetime,
        *,
        report: Report | None = None,
        owner: Owner = NO_OWNER,
    ) -> Route:
        """Where it would go if the city had no rules of its own; an owner named in the form goes before the one found."""
        self._refresh()
        named = named_owner_unit(report.form_answers) if report else ""
        return route(
            task_type,
            area_chain=location.chain,
            duty=self.view,
            responsibilities=self._responsibilities,
            at=at,
            owner=Owner(owner_unit=named) if named else owner,
            form_answers=report.form_answers if report else "",
            task_type_code=task_type.code,
        )

    def suggested_task_types(self, text: str) -> tuple[str, ...]:
        """Task types that fit the words, likeliest first."""
        return self.guesses.task_types(text) if self.guesses else ()

    def next_receiver(self, *, loop_level: int, grid_code: str, department_code: str, at: datetime) -> str:
        """Who takes a case over that rises to a loop."""
        return loop_receiver(
            loop_level,
            area_chain=self.view.location(grid_code).chain,
            duty=self.view,
            department_code=department_code,
            desk=self._desk,
            at=at,
        )

    async def follow_settlement(self, database: Database) -> None:
        """Read again what is settled whenever it changes, until cancelled."""
        while True:
            await asyncio.sleep(SETTLEMENT_POLL_S)
            try:
                await self.refresh_settlement(database)
            except (GridwardError, ValueError) as error:
                log.warning("settlement_not_read", error=str(error)[:200])

    async def refresh_settlement(self, database: Database) -> None:
        """Read again what is settled if it has changed; what cannot be used leaves the last one in force."""
        async with database.connection() as connection:
            if await read_version(connection) != self._settlement.version:
                self._settlement = await read_settlement(connection, self.zone)
                log.info("settlement_read", version=self._settlement.version)

    def _refresh(self) -> None:
        """Make rulebook and responsibilities anew when what they are made of has changed."""
        made_of = (self._settlement, self.view.departments, self.view.owner_units)
        if self._made_of is not None and all(one is other for one, other in zip(self._made_of, made_of, strict=True)):
            return
        settlement, departments, owner_units = made_of
        self._rulebook = Rulebook(
            calendar=settlement.calendar,
            department_codes=frozenset(departments),
            signal_rules=settlement.signal_rules,
            stage_limits=settlement.stage_limits,
            loop_limits=settlement.loop_limits,
            dispatch_desk=self._desk,
            priority_shares=settlement.priority_shares,
            calendars=settlement.calendars,
            area_limits=settlement.area_limits,
        )
        self._responsibilities = Responsibilities(
            departments=departments,
            owner_units=owner_units,
            by_category=settlement.department_by_category,
            by_exclusive_grid=settlement.department_by_exclusive_grid,
            desk=self._desk,
        )
        self._made_of = made_of
