"""Finds the services and service requests a client asks for, in the city's own services."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import areas_pb2, staff_pb2, tasks_pb2

from services.gateway.backends import Backends
from services.gateway.contract import call_named
from services.gateway.open311 import catalogue, store, telling
from services.gateway.open311.asking import Wanted
from services.gateway.open311.faults import JurisdictionUnknown, RequestUnknown, ServiceUnknown
from services.gateway.words import Words
from services.platform.database import Database
from services.platform.errors import NotFound

FRESH_S: Final = 30.0
PAGE: Final = 200
NOTES_MAX: Final = 100
ASKED_AT_ONCE: Final = 8
#: Pages of cases looked through for one answer, however few of them fit.
PAGES_MAX: Final = 50

Json = dict[str, Any]


_TASK_TYPES = call_named(tasks_pb2.DESCRIPTOR, "TasksService", "ListTaskTypes")
_DEPARTMENTS = call_named(staff_pb2.DESCRIPTOR, "StaffService", "ListDepartments")
_AREAS = call_named(areas_pb2.DESCRIPTOR, "AreasService", "ListAreas")
_CASES = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "ListCases")
_CASE = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "GetCase")


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What hardly ever changes: the city's code, its published task types and its departments."""

    code: str
    name: str
    kinds: Mapping[str, tasks_pb2.TaskType]
    departments: Sequence[staff_pb2.Department]
    asked_at_s: float

    def kind(self, code: str) -> tasks_pb2.TaskType:
        """A published task type; fails with OPEN311_SERVICE_UNKNOWN."""
        if code not in self.kinds:
            raise ServiceUnknown(service_code=code[:60])
        return self.kinds[code]

    def department_names(self, language: str) -> dict[str, str]:
        """The names of departments by code."""
        return {each.code: (each.name_en or each.name) if language == "en" else each.name for each in self.departments}


@dataclass(slots=True, kw_only=True)
class Reader:
    """Answers the reading calls; sees every case itself and shows only what is published."""

    backends: Backends
    database: Database
    zone: ZoneInfo
    jurisdiction: str
    _city: City | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def city(self) -> City:
        """The city, at most half a minute old."""
        async with self._asking:
            if self._city is None or time.monotonic() - self._city.asked_at_s > FRESH_S:
                self._city = await self._asked()
            return self._city

    async def _asked(self) -> City:
        kinds, departments, areas = await asyncio.gather(
            self.backends.ask(_TASK_TYPES, tasks_pb2.ListTaskTypesRequest(), tasks_pb2.ListTaskTypesResponse),
            self.backends.ask(_DEPARTMENTS, staff_pb2.ListDepartmentsRequest(), staff_pb2.ListDepartmentsResponse),
            self.backends.ask(
                _AREAS,
                areas_pb2.ListAreasRequest(level=areas_pb2.AREA_LEVEL_CITY, page_size=1),
                areas_pb2.ListAreasResponse,
            ),
        )
        city = areas.areas[0] if areas.areas else areas_pb2.Area()
        return City(
            code=self.jurisdiction or city.code,
            name=city.name,
            kinds=catalogue.published(kinds.task_types),
            departments=list(departments.departments),
            asked_at_s=time.monotonic(),
        )

    async def here(self, jurisdiction: str) -> City:
        """The city, when it is the one that is meant; fails with OPEN311_JURISDICTION_UNKNOWN."""
        city = await self.city()
        if jurisdiction and jurisdiction != city.code:
            raise JurisdictionUnknown(jurisdiction=jurisdiction[:60])
        return city

    async def services(self, city: City, language: str) -> list[Json]:
        """All published services."""
        departments = city.department_names(language)
        return [catalogue.service_of(kind, departments=departments, language=language) for kind in city.kinds.values()]

    async def request(self, city: City, number: str, words: Words, *, extensions: bool) -> Json:
        """One service request; fails with OPEN311_REQUEST_UNKNOWN, also for what is not published."""
        case = await self._case(number)
        if case is None or case.task_type not in city.kinds:
            raise RequestUnknown(number=number[:60])
        async with self.database.connection() as connection:
            known = await store.last_changes(connection, [case.number])
        return await self._told(city, case, known.get(case.number), words, extensions=extensions)

    async def requests(self, city: City, wanted: Wanted, words: Words) -> list[Json]:
        """The service requests a client asked for, the newest first; those asked for by number need not exist."""
        if wanted.numbers:
            cases = [case async for case in self._by_number(wanted.numbers) if case.task_type in city.kinds]
        else:
            for code in wanted.codes:
                city.kind(code)
            cases = await self._chosen(city, wanted)
        async with self.database.connection() as connection:
            known = await store.last_changes(connection, [case.number for case in cases])
        return [
            await self._told(city, case, known.get(case.number), words, extensions=wanted.extensions) for case in cases
        ]

    async def _told(
        self, city: City, case: cases_pb2.Case, known: datetime | None, words: Words, *, extensions: bool
    ) -> Json:
        if not case.route.department_name:
            names = {each.code: each for each in city.departments}
            owner = names.get(case.department_code, staff_pb2.Department())
            case.route.department_name, case.route.department_name_en = owner.name, owner.name_en
        kind = city.kinds[case.task_type]
        told = telling.request_of(case, kind, words=words, zone=self.zone, updated_at=telling.changed_at(case, known))
        return {**told, **telling.extension_of(case, await self._notes(case.number, words))} if extensions else told

    async def _notes(self, number: str, words: Words) -> list[Json]:
        async with self.database.connection() as connection:
            found = await store.updates_of_case(connection, number, size=NOTES_MAX)
        return [
            {
                "datetime": telling.written(each.happened_at, self.zone),
                "type": each.event.lower(),
                "description": each.words or words.text("event", each.event) or "",
            }
            for each in found
        ]

    async def _case(self, number: str) -> cases_pb2.Case | None:
        request = incidents_pb2.GetCaseRequest(case_id=number[:64])
        try:
            return (await self.backends.ask(_CASE, request, incidents_pb2.GetCaseResponse)).case
        except NotFound:
            return None

    async def _by_number(self, numbers: Sequence[str]) -> AsyncIterator[cases_pb2.Case]:
        for at in range(0, len(numbers), ASKED_AT_ONCE):
            for case in await asyncio.gather(*(self._case(number) for number in numbers[at : at + ASKED_AT_ONCE])):
                if case is not None:
                    yield case

    async def _chosen(self, city: City, wanted: Wanted) -> list[cases_pb2.Case]:
        if wanted.updated:
            async with self.database.connection() as connection:
                since, until = wanted.updated
                numbers = await store.changed_cases(
                    connection, since=since, until=until, size=wanted.skip + wanted.size
                )
            found = [case async for case in self._by_number(numbers) if _fits(case, city, wanted)]
        else:
            most = wanted.skip + wanted.size
            lists = [await self._listed(city, wanted, code, most) for code in wanted.codes or ("",)]
            found = sorted(
                (case for cases in lists for case in cases),
                key=lambda case: case.reported_at.ToNanoseconds(),
                reverse=True,
            )
        return found[wanted.skip : wanted.skip + wanted.size]

    async def _listed(self, city: City, wanted: Wanted, code: str, most: int) -> list[cases_pb2.Case]:
        request = incidents_pb2.ListCasesRequest(
            task_type=code, open_only=wanted.statuses == ("open",), page_size=min(PAGE, max(most, 1))
        )
        if wanted.statuses == ("closed",):
            request.states.extend(sorted(telling.ENDED))
        request.reported_from.FromDatetime(wanted.since)
        request.reported_until.FromDatetime(wanted.until)
        found: list[cases_pb2.Case] = []
        for _ in range(PAGES_MAX):
            answer = await self.backends.ask(_CASES, request, incidents_pb2.ListCasesResponse)
            found.extend(case for case in answer.cases if _fits(case, city, wanted))
            request.page_token = answer.next_page_token
            if not answer.next_page_token or len(found) >= most:
                break
        return found[:most]


def _fits(case: cases_pb2.Case, city: City, wanted: Wanted) -> bool:
    return (
        case.task_type in city.kinds
        and (not wanted.codes or case.task_type in wanted.codes)
        and (not wanted.statuses or telling.status_of(case.state) in wanted.statuses)
        and (wanted.box is None or wanted.box.holds(case.point.longitude_deg, case.point.latitude_deg))
    )
