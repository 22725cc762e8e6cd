"""Answers why a case is where it is: its deadline stretch by stretch, its holders one by one, its children."""

from dataclasses import dataclass
from uuid import UUID

from services.incidents.actions.advance import for_actor
from services.incidents.actions.look import PERMISSION
from services.incidents.cityview.city import City
from services.incidents.course.linking import queries
from services.incidents.domain import privacy
from services.incidents.domain.actors import Actor
from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import Case, HistoryEntry
from services.incidents.domain.errors import CaseUnknown
from services.incidents.domain.time_account import TimeAccount, account_of
from services.incidents.domain.trace import Holding, trace
from services.incidents.store.reading import Stored, find_case, read_cases, read_course
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Forbidden
from services.platform.identity import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A deadline with everything that led to it; without an account while no time was given."""

    case: Case
    account: TimeAccount | None
    calendar: WorkCalendar
    calendar_area_code: str
    earlier: tuple[HistoryEntry, ...]


class Explaining:
    """The course of a case, explained."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def deadline(self, name: str, caller: Caller) -> Explained:
        """How the deadline of a case came about, and those it had before."""
        async with self._database.connection() as connection:
            stored = await self._visible(connection, name, caller)
            course = await read_course(connection, stored.case)
        case, calendar = stored.case, self._city.calendar_at(stored.case.area_path)
        earlier: list[HistoryEntry] = []
        for entry in course.history:
            if entry.deadline_at != (earlier[-1].deadline_at if earlier else None):
                earlier.append(entry)
        own = [code for code in case.area_path.split(".") if code in self._city.rulebook.calendars]
        return Explained(
            case=case,
            account=account_of(case.countdown, calendar) if case.countdown else None,
            calendar=calendar,
            calendar_area_code=own[-1] if own else "",
            earlier=tuple(earlier),
        )

    async def trace(self, name: str, caller: Caller) -> tuple[Case, tuple[Holding, ...]]:
        """Who held a case, how long, and how it left them; only staff look behind the counter."""
        actor = Actor(id=caller.subject, grants=caller.grants)
        if privacy.stands_in_front(actor):
            raise Forbidden
        async with self._database.connection() as connection:
            stored = await self._visible(connection, name, caller)
            course = await read_course(connection, stored.case)
        _, history = for_actor(stored.case, course.history, actor)
        return stored.case, trace(
            history,
            stored.case.parts,
            desk=self._city.rulebook.dispatch_desk,
            now=stored.case.closed_at or self._clock.now(),
            calendar=self._city.calendar_at(stored.case.area_path),
        )

    async def children(self, name: str, caller: Caller) -> list[Case]:
        """The cases directly within a case, oldest first."""
        async with self._database.connection() as connection:
            stored = await self._visible(connection, name, caller)
            cursor = await connection.execute(queries.list_children, {"id": UUID(stored.case.id)})
            ids = [row["id"] for row in await cursor.fetchall()]
            found = {child.case.id: child.case for child in await read_cases(connection, ids)}
        actor = Actor(id=caller.subject, grants=caller.grants)
        cases = (found[str(case_id)] for case_id in ids)
        return [case if privacy.knows_reporter(case, actor) else privacy.without_reporter(case) for case in cases]

    async def _visible(self, connection: Transaction, name: str, caller: Caller) -> Stored:
        self._city.view.require_complete()
        found = await find_case(connection, name, subject=caller.subject, scope=caller.scope(PERMISSION))
        if found is None:
            raise CaseUnknown(case_id=name)
        return found
