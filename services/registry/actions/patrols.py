"""Begins and ends patrols, takes their tracks, and says which grids met their duty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.registry.actions.atlas import Map
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach, require_reach
from services.registry.domain.areas import AreaLevel
from services.registry.domain.errors import AreaUnknown, PatrolRunning, PatrolUnknown
from services.registry.domain.patrols import (
    PATROL_MAX,
    Duty,
    DutyRules,
    PatrolDone,
    TrackPoint,
    duty_of,
    thinned,
    walked,
)
from services.registry.store import field
from services.registry.store.field import Patrol

WRITE: Final = "registry.patrols.write"
READ: Final = "registry.patrols.read"
LISTED_MAX: Final = 500
COUNTED_MAX: Final = 100_000
#: A phone's clock may be ahead by so much.
AHEAD_MAX: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A place somebody says to have passed."""

    at: datetime
    longitude_deg: float
    latitude_deg: float
    accuracy_m: float


class PatrolActions:
    """What can be done with patrols."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._rules = office.settings.duty_rules

    @property
    def rules(self) -> DutyRules:
        """What the city asks each day."""
        return self._rules

    async def begin_patrol(
        self, grid_code: str, *, parties: Sequence[str], began_at: datetime | None, caller: Caller, asked: Asked[Patrol]
    ) -> bytes:
        """Begin; fails with AREA_UNKNOWN, BEYOND_REACH, PATROL_RUNNING."""
        grid = (await self._office.atlas.current()).areas.get(grid_code)
        if grid is None or grid.level is not AreaLevel.GRID:
            raise AreaUnknown(code=grid_code)
        require_reach(caller.scope(WRITE), subject=grid_code, area_path=grid.path, department_code="")

        async def begin(transaction: Transaction) -> Patrol:
            now = self._office.clock.now()
            running = await field.find_running(transaction, caller.subject)
            if running is not None:
                if now - running.began_at < PATROL_MAX:
                    raise PatrolRunning(grid_code=running.grid_code)
                await self._end(transaction, running, ended_at=None)
            patrol = Patrol(
                id=uuid7(),
                grid_code=grid_code,
                walker=caller.subject,
                parties=tuple(parties),
                began_at=min(began_at or now, now),
            )
            await field.insert_patrol(transaction, patrol)
            return patrol

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: begin(transaction))

    async def record_track(self, patrol_id: UUID, passed: Sequence[Passed], *, caller: Caller) -> tuple[Patrol, int]:
        """Add places passed, in any order, each once; how many were kept. Fails with PATROL_UNKNOWN."""
        drawn = await self._office.atlas.current()
        grids = drawn.locate([(place.longitude_deg, place.latitude_deg) for place in passed])
        async with self._office.database.transaction() as transaction:
            patrol = await field.find_patrol(transaction, patrol_id, walker=caller.subject)
            if patrol is None:
                raise PatrolUnknown
            latest = patrol.ended_at or min(self._office.clock.now() + AHEAD_MAX, patrol.began_at + PATROL_MAX)
            fresh = [
                TrackPoint(
                    at=place.at,
                    longitude_deg=place.longitude_deg,
                    latitude_deg=place.latitude_deg,
                    inside=grid == patrol.grid_code,
                )
                for place, grid in zip(passed, grids, strict=True)
                if patrol.began_at <= place.at <= latest
                and place.accuracy_m <= self._office.settings.patrol_accuracy_m_max
            ]
            before = await field.read_track(transaction, patrol_id)
            after = thinned([*fresh, *before])
            known, kept = {point.at for point in before}, {point.at for point in after}
            added = [point for point in after if point.at not in known]
            await field.save_track(transaction, patrol_id, added=added, dropped=sorted(known - kept))
            proved = walked(after)
            await field.save_patrol(transaction, patrol_id, proved, ended_at=patrol.ended_at)
            told = await field.find_patrol(transaction, patrol_id)
        if told is None:
            raise PatrolUnknown
        return told, len(added)

    async def end_patrol(self, patrol_id: UUID, *, ended_at: datetime | None, caller: Caller) -> Patrol:
        """End; one that ended already stays as it is. Fails with PATROL_UNKNOWN."""
        async with self._office.database.transaction() as transaction:
            patrol = await field.find_patrol(transaction, patrol_id, walker=caller.subject)
            if patrol is None:
                raise PatrolUnknown
            if patrol.ended_at is None:
                await self._end(transaction, patrol, ended_at=ended_at or self._office.clock.now())
            told = await field.find_patrol(transaction, patrol_id)
        if told is None:
            raise PatrolUnknown
        return told

    async def _end(self, transaction: Transaction, patrol: Patrol, *, ended_at: datetime | None) -> None:
        """At a moment, or where its track ends; never before that."""
        track = await field.read_track(transaction, patrol.id)
        last = track[-1].at if track else patrol.began_at
        end = min(max(ended_at or last, last), patrol.began_at + PATROL_MAX)
        await field.save_patrol(transaction, patrol.id, walked(track), ended_at=max(end, last))

    async def list_patrols(self, *, area_code: str, day: date | None, caller: Caller) -> list[Patrol]:
        """Patrols of an area on a day."""
        return await self._on_day(area_code, day, caller, size=LISTED_MAX)

    async def get_track(self, patrol_id: UUID, *, caller: Caller) -> list[TrackPoint]:
        """The track of a patrol: for its walker, and for those who answer for the grid. Fails with PATROL_UNKNOWN."""
        grids = grids_in_reach(await self._office.atlas.current(), caller.scope(READ), for_departments=False)
        async with self._office.database.connection() as connection:
            patrol = await field.find_patrol(connection, patrol_id)
            if patrol is None or (patrol.walker != caller.subject and patrol.grid_code not in grids):
                raise PatrolUnknown
            return await field.read_track(connection, patrol_id)

    async def list_duty(self, *, area_code: str, day: date | None, unmet_only: bool, caller: Caller) -> list[Duty]:
        """How each grid of an area met its duty on a day."""
        wanted = day or self._rules.day_of(self._office.clock.now())
        grids = self._grids(await self._office.atlas.current(), area_code, caller)
        by_grid: dict[str, list[PatrolDone]] = {grid: [] for grid in grids}
        for patrol in await self._on_day(area_code, wanted, caller, size=COUNTED_MAX):
            done = PatrolDone(began_at=patrol.began_at, seconds=patrol.seconds, parties=patrol.parties)
            by_grid[patrol.grid_code].append(done)
        duties = [duty_of(grid, wanted, patrols, self._rules) for grid, patrols in by_grid.items()]
        return [duty for duty in duties if not (unmet_only and duty.met)]

    async def _on_day(self, area_code: str, day: date | None, caller: Caller, *, size: int) -> list[Patrol]:
        begin, end = self._rules.span_of(day or self._rules.day_of(self._office.clock.now()))
        grids = self._grids(await self._office.atlas.current(), area_code, caller)
        async with self._office.database.connection() as connection:
            return await field.list_patrols(connection, grids=grids, begin=begin, end=end, size=size)

    @staticmethod
    def _grids(drawn: Map, area_code: str, caller: Caller) -> tuple[str, ...]:
        return grids_in_reach(drawn, caller.scope(READ), area_code=area_code)
