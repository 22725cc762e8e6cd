"""Settles calendars and procedures, and has cases counted again that they concern."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from google.protobuf.message import Message

from services.incidents.cityview.city import SETTLEMENT_POLL_S, City
from services.incidents.domain.actors import Role
from services.incidents.domain.case import Event
from services.incidents.domain.errors import AreaNotKnown, CalendarStale, CalendarUnknown, ProcedureStale, StepForbidden
from services.incidents.domain.procedure import Procedure
from services.incidents.once import once
from services.incidents.settling import store
from services.incidents.settling.store import Settled
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

#: By then every process has read a new calendar.
READ_BY_ALL: Final = timedelta(seconds=2 * SETTLEMENT_POLL_S)
STEPS: Final = frozenset(event.value for event in Event)


class Settling:
    """What the city settles for its cases."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def calendars(self) -> list[Settled]:
        """The calendars in force."""
        async with self._database.connection() as connection:
            return await store.list_calendars(connection, self._city.zone)

    async def calendar(self, area_code: str, version: int) -> Settled:
        """One version of a calendar; fails with CALENDAR_UNKNOWN."""
        async with self._database.connection() as connection:
            found = await store.find_calendar(connection, area_code, version, self._city.zone)
        if found is None:
            raise CalendarUnknown(area_code=area_code)
        return found

    async def put_calendar(
        self,
        key: RequestKey,
        wanted: Settled,
        *,
        answer: Callable[[Settled | None, int], Message],
    ) -> bytes:
        """Settle when an area works from now on; `wanted.version` is the one that is replaced.

        Fails with CALENDAR_STALE and the calendar in force when that is another one by now.
        """
        path = self._city.view.path_of(wanted.area_code)
        if path is None:
            raise AreaNotKnown(code=wanted.area_code)
        wanted.calendar.checked()
        now = self._clock.now()

        async def work(transaction: Transaction) -> Message:
            before = await store.find_calendar(transaction, wanted.area_code, 0, self._city.zone)
            version = before.version if before else 0
            if version != wanted.version:
                raise CalendarStale(fresh=answer(before, 0), area_code=wanted.area_code, version=version)
            settled = replace(wanted, version=version + 1, changed_at=now)
            if not await store.insert_calendar(transaction, settled):
                before = await store.find_calendar(transaction, wanted.area_code, 0, self._city.zone)
                raise CalendarStale(fresh=answer(before, 0), area_code=wanted.area_code, version=version + 1)
            count = await store.recount_cases(transaction, path=path, at=now + READ_BY_ALL)
            return answer(settled, count)

        return await self._settled(key, work)

    async def procedure(self, task_type: str, version: int) -> tuple[Procedure | None, int]:
        """A version of a procedure, and which is the newest."""
        self._city.view.newest_task_type(task_type)
        async with self._database.connection() as connection:
            newest = await store.find_procedure(connection, task_type)
            wanted = await store.find_procedure(connection, task_type, version) if version else newest
        return wanted, newest.version if newest else 0

    async def declare(
        self,
        key: RequestKey,
        task_type: str,
        procedure: Procedure,
        caller: Caller,
        *,
        seen: int | None,
        answer: Callable[[int], Message],
        fresh: Callable[[Procedure | None], Message],
    ) -> bytes:
        """Declare how the cases of a task type are worked; declared again as it is, it stays the version it is.

        Fails with PROCEDURE_STALE and the newest procedure when `seen` is told and is not its version.
        """
        self._require_own(task_type, caller)
        checked = procedure.checked(STEPS)

        async def work(transaction: Transaction) -> Message:
            before = await store.find_procedure(transaction, task_type)
            version = before.version if before else 0
            if before is not None and replace(before, version=0) == checked:
                return answer(version)
            if seen not in {None, version}:
                raise ProcedureStale(fresh=fresh(before), task_type=task_type, version=version)
            changed = replace(checked, version=version + 1)
            at = self._clock.now()
            if not await store.insert_procedure(transaction, task_type, changed, at=at, by=caller.subject):
                raise Exhausted(retry_after_s=1)
            return answer(changed.version)

        return await self._settled(key, work)

    def _require_own(self, task_type: str, caller: Caller) -> None:
        """A department speaks for its own task types only."""
        department = self._city.view.newest_task_type(task_type).department_code
        own = any(grant.role != Role.PLUGIN or grant.department_code == department for grant in caller.grants)
        if not own:
            raise StepForbidden(event="declare_procedure", permitted=department, role=Role.PLUGIN)

    async def _settled(self, key: RequestKey, work: Callable[[Transaction], Awaitable[Message]]) -> bytes:
        answer = await once(self._database, key, work)
        await self._city.refresh_settlement(self._database)
        return answer
