"""What counts as near, as recent and as recurring, kept in memory, so that whoever takes reports in needs not ask."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import structlog

from services.incidents.cityview.city import City
from services.incidents.duplicates import store
from services.incidents.duplicates.domain import USUAL, Compared, Likeness, Match, matches
from services.incidents.duplicates.store import Around
from services.platform.database import Database, Transaction
from services.platform.errors import GridwardError

log = structlog.get_logger()

POLL_S: Final = 5.0
MATCHES_MAX: Final = 10


class Measures:
    """One way to compare, for those who write reports, who look before sending, and who link afterwards."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._settled: Mapping[str, Likeness] = MappingProxyType({})

    def of(self, task_type: str) -> Likeness:
        """What counts as alike for a task type: what was settled, else the type's own distance."""
        settled = self._settled.get(task_type)
        if settled is not None:
            return settled
        known = self._city.view.find_task_type(task_type)
        return replace(USUAL, distance_m=known.duplicate_distance_m) if known else USUAL

    def around(self, report: Compared) -> Around:
        """Where and since when to look for what is like a report."""
        measure = self.of(report.task_type)
        return Around(point=report.point, distance_m=measure.distance_m, since=report.reported_at - measure.age_max)

    def like(self, report: Compared, others: Iterable[Compared]) -> tuple[Match, ...]:
        """Those of the others that may be the same matter, likeliest first."""
        found = matches(self._categorised(report), map(self._categorised, others), self.of(report.task_type))
        return found[:MATCHES_MAX]

    async def refresh(self, connection: Transaction) -> None:
        """Read again what is settled."""
        self._settled = MappingProxyType(await store.read_likeness(connection))

    async def follow(self, database: Database) -> None:
        """Keep up with what is settled, until cancelled."""
        while True:
            try:
                async with database.connection() as connection:
                    await self.refresh(connection)
            except GridwardError as error:
                log.warning("likeness_not_read", error=str(error)[:200])
            await asyncio.sleep(POLL_S)

    def _categorised(self, case: Compared) -> Compared:
        """With the category of its task type."""
        known = self._city.view.find_task_type(case.task_type)
        return replace(case, category_code=known.category_code) if known else case
