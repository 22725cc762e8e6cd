"""Holds the version in force ready in memory, and applies it to each report; read again when the version changes."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import structlog

from services.incidents.cityview.city import City
from services.incidents.cityview.picture import Location
from services.incidents.domain.intake import Report
from services.incidents.domain.limits import LimitUnit
from services.incidents.domain.routing import Route
from services.incidents.domain.tasktypes import TaskType
from services.incidents.rules import store
from services.incidents.rules.domain import NO_RULES, CompiledRules, Facts, Surroundings, redirected
from services.platform.database import Database, Transaction
from services.platform.errors import GridwardError

log = structlog.get_logger()

POLL_S: Final = 2.0
LOADS_S: Final = 15.0
_SECOND: Final = timedelta(seconds=1)


class RulesInForce:
    """The rules by which reports are routed at this moment."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.compiled: CompiledRules = NO_RULES
        self._department_loads: Mapping[str, int] = MappingProxyType({})
        self._worker_loads: Mapping[str, int] = MappingProxyType({})

    def redirect(
        self, route: Route, *, task_type: TaskType, location: Location, at: datetime, report: Report | None
    ) -> Route:
        """The way a report goes by the rules in force; the usual one when they say nothing."""
        if not self.compiled.rules:
            return route
        facts = Facts(
            task_type=task_type.code,
            category_code=task_type.category_code,
            areas=location.chain,
            source=report.source if report else "",
            description=report.description if report else "",
            at=at,
            owner_unit=route.owner_unit,
        )
        return self.apply(self.compiled, route, facts, self.surroundings())

    def apply(self, rules: CompiledRules, route: Route, facts: Facts, around: Surroundings) -> Route:
        """The way a report goes by these rules."""
        decision = rules.decide(facts, route, around)

        def receiver_in_loop(loop_level: int, department_code: str) -> str:
            return self._city.next_receiver(
                loop_level=loop_level,
                grid_code=facts.areas[-1].code if facts.areas else "",
                department_code=department_code,
                at=facts.at,
            )

        return redirected(route, decision, version=rules.version, receiver_in_loop=receiver_in_loop)

    def surroundings(self) -> Surroundings:
        """What rules may ask about the city now."""
        view, calendar = self._city.view, self._city.calendar

        def is_office_time(at: datetime) -> bool:
            return calendar.elapsed(at, at + _SECOND, LimitUnit.WORK_HOUR) > timedelta(0)

        return Surroundings(
            zone=self._city.zone,
            is_office_time=is_office_time,
            departments=self._city.department_codes,
            owner_units=view.owner_units,
            department_loads=self._department_loads,
            worker_loads=self._worker_loads,
        )

    async def refresh(self, connection: Transaction) -> None:
        """Read the version in force again if it is another one."""
        version = await store.read_active(connection)
        if version == self.compiled.version:
            return
        found = await store.read_version(connection, version)
        self.compiled = CompiledRules.of(version, found[1]) if found else NO_RULES
        log.info("routing_rules_read", version=version, rules=len(self.compiled.rules))

    async def refresh_loads(self, connection: Transaction) -> None:
        """Count again how busy everybody is."""
        departments, workers = await store.count_loads(connection)
        self._department_loads, self._worker_loads = MappingProxyType(departments), MappingProxyType(workers)

    async def follow(self, database: Database) -> None:
        """Keep up with what is in force, until cancelled; loads are counted only where rules ask for them."""
        counted_s = -LOADS_S
        while True:
            try:
                async with database.connection() as connection:
                    await self.refresh(connection)
                    now_s = asyncio.get_running_loop().time()
                    if self.compiled.asks_load and now_s - counted_s >= LOADS_S:
                        await self.refresh_loads(connection)
                        counted_s = now_s
            except (GridwardError, KeyError, ValueError) as error:
                log.warning("routing_rules_not_read", error=str(error)[:200])
            await asyncio.sleep(POLL_S)
