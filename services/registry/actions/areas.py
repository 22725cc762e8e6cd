"""Takes in areas, shows them, and says where a point lies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.lifecycle import Drain
from services.registry import events
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import require_citywide
from services.registry.domain.areaimport import ImportPlan, plan_import
from services.registry.domain.areas import Area, AreaLevel
from services.registry.domain.coordinates import known_crs
from services.registry.domain.errors import AreaUnknown
from services.registry.domain.geojson import AreaFile, read_areas
from services.registry.store import areachanges, areas, changes
from services.registry.store.areas import LayerArea
from services.registry.store.changes import Head, Writing

log = structlog.get_logger()

BATCH_SIZE = 200
#: A message may have four megabytes; the rest of an area takes a few hundred bytes.
BATCH_BYTES = 3_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaBatch:
    """Some areas that changed, the version up to which all is told, and whether there is no more for now."""

    areas: tuple[Area, ...]
    version: int
    complete: bool


class AreaActions:
    """What can be done with areas."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def import_areas(
        self, content: bytes, *, crs: str, dry_run: bool, caller: Caller, asked: Asked[ImportPlan]
    ) -> bytes:
        """Take in a file, all of it or nothing.

        Fails with AREA_IMPORT_REFUSED, CRS_UNKNOWN, BEYOND_REACH.
        """
        require_citywide(caller, "registry.areas.write")
        file = await asyncio.to_thread(read_areas, content, crs=known_crs(crs))
        async with self._office.database.transaction() as transaction:
            if dry_run:
                return asked.answer(await self._plan(transaction, file))
            await changes.lock(transaction, Writing.AREAS)
            answer = await asked.answered(transaction, lambda: self._take_in(transaction, file, caller))
        await self._office.heads.look_after_change()
        return answer

    async def _plan(self, transaction: Transaction, file: AreaFile) -> ImportPlan:
        present = await areas.read_standing(transaction)
        return await asyncio.to_thread(plan_import, file, present, self._office.area_rules)

    async def _take_in(self, transaction: Transaction, file: AreaFile, caller: Caller) -> ImportPlan:
        plan = await self._plan(transaction, file)
        if plan.changed:
            versions = await areas.save_areas(transaction, plan.changed)
            today = self._office.settings.duty_rules.day_of(self._office.clock.now())
            await areachanges.record_forms(transaction, [area.code for area in plan.changed], day=today)
            await events.publish_areas_changed(transaction, plan, versions, at=self._office.clock.now())
        log.info("areas_imported", changed=len(plan.changed), unchanged=plan.unchanged_count, by=caller.subject)
        return plan

    async def get_area(self, code: str, *, with_outline: bool) -> Area:
        """One area, retired or not; fails with AREA_UNKNOWN."""
        async with self._office.database.connection() as connection:
            found = await areas.find_area(connection, code, with_outline=with_outline)
        if found is None:
            raise AreaUnknown(code=code)
        return found

    async def list_areas(self, *, under_code: str, level: int, words: str, after_code: str, size: int) -> list[Area]:
        """One page of areas in force."""
        async with self._office.database.connection() as connection:
            return await areas.list_areas(
                connection, under_code=under_code, level=level, words=words, after_code=after_code, size=size
            )

    async def get_layer(self, level: AreaLevel, *, under_code: str) -> tuple[int, list[LayerArea]]:
        """The newest version of a level, and its outlines."""
        async with self._office.database.connection() as connection:
            return await areas.read_layer(connection, level=level, under_code=under_code)

    async def locate_points(self, points: Sequence[tuple[float, float]]) -> list[tuple[Area, ...]]:
        """For each (longitude, latitude) the areas from the city to its grid; none for a point outside."""
        drawn = await self._office.atlas.current()
        return [drawn.chain_of(code) if code else () for code in drawn.locate(points)]

    async def watch_areas(self, after_version: int, *, with_outline: bool, drain: Drain) -> AsyncIterator[AreaBatch]:
        """What is newer than a version, then each change as it happens, until it is time to finish."""
        version, told = after_version, False
        while not drain.begun:
            async with self._office.database.connection() as connection:
                rows = await areas.read_after(
                    connection, after_version=version, with_outline=with_outline, size=BATCH_SIZE
                )
            batch = _batch(rows, after_version=version)
            if batch.areas or not told:
                yield batch
            version, told = batch.version, batch.complete
            if batch.complete:
                await self._office.heads.wait_beyond({Head.AREAS: version}, drain=drain)


def _batch(rows: Sequence[Area], *, after_version: int) -> AreaBatch:
    """As many rows as fit into one message, one at least."""
    fitting: list[Area] = []
    size_bytes = 0
    for row in rows:
        size_bytes += len(row.outline)
        if fitting and size_bytes > BATCH_BYTES:
            break
        fitting.append(row)
    return AreaBatch(
        areas=tuple(fitting),
        version=fitting[-1].version if fitting else after_version,
        complete=len(fitting) == len(rows) < BATCH_SIZE,
    )
