"""Keeps visits and diaries, and says which households nobody met yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from services.platform import sql
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall
from services.registry.actions.elements import ElementActions
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach, require_reach
from services.registry.actions.terminals import TerminalActions
from services.registry.domain.areas import AreaLevel
from services.registry.domain.errors import AreaUnknown, ElementUnknown
from services.registry.domain.schema import ElementKind
from services.registry.store import field
from services.registry.store.elements import FIRST_ID
from services.registry.store.field import Coverage, DiaryEntry, Unvisited, Visit

WRITE: Final = "registry.visits.write"
READ: Final = "registry.visits.read"
LAST_ID: Final = UUID(int=2**128 - 1)
END_OF_TIME: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visiting:
    """A visit as it is told."""

    household_id: UUID
    occasion: str
    met: bool
    note: str
    visited_at: datetime | None
    terminal_id: str


class VisitActions:
    """What can be done with visits and diaries."""

    def __init__(self, office: Office, elements: ElementActions, terminals: TerminalActions) -> None:
        self._office = office
        self._elements = elements
        self._terminals = terminals
        looks = sql.load("services.registry", "wall.sql")
        self._visits = Wall("registry", looks.look_visits)
        self._diaries = Wall("registry", looks.look_diaries)

    async def record_visit(self, visiting: Visiting, *, caller: Caller, asked: Asked[Visit]) -> bytes:
        """Keep a visit; fails with ELEMENT_UNKNOWN, OUT_OF_GRID."""

        async def record(transaction: Transaction) -> Visit:
            household = await self._elements.visible(
                transaction,
                visiting.household_id,
                caller=caller,
                terminal_id=visiting.terminal_id,
                permission=WRITE,
            )
            if household.kind is not ElementKind.HOUSEHOLD:
                raise ElementUnknown
            now = self._office.clock.now()
            visit = Visit(
                id=uuid7(),
                household_id=household.id,
                grid_code=household.grid_code,
                occasion=visiting.occasion,
                met=visiting.met,
                note=visiting.note,
                visitor=caller.subject,
                visited_at=min(visiting.visited_at or now, now),
            )
            await field.insert_visit(transaction, visit)
            return visit

        async with self._terminals.guarding(caller), self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: record(transaction))

    async def list_visits(
        self,
        *,
        area_code: str,
        household_id: UUID | None,
        before: tuple[datetime, UUID] | None,
        size: int,
        caller: Caller,
    ) -> list[Visit]:
        """One page of visits, newest first."""
        grids = await self._grids(area_code, caller)
        async with self._office.database.connection() as connection:
            found = await field.list_visits(
                connection,
                grids=grids,
                household_id=household_id,
                before=before or (END_OF_TIME, LAST_ID),
                size=size,
            )
            return await self._visits.kept(
                connection, found, key=lambda visit: visit.id, caller=caller, permission=READ
            )

    async def list_coverage(self, *, area_code: str, month: date | None, caller: Caller) -> list[Coverage]:
        """Households met of each building in a month; fails with AREA_UNKNOWN."""
        begin, end = self._month(month)
        grids = await self._grids(area_code, caller)
        async with self._office.database.connection() as connection:
            return await field.list_coverage(connection, grids=grids, begin=begin, end=end)

    async def list_unvisited(
        self, *, area_code: str, month: date | None, after: tuple[str, UUID] | None, size: int, caller: Caller
    ) -> list[Unvisited]:
        """One page of households nobody met in a month yet; fails with AREA_UNKNOWN."""
        begin, end = self._month(month)
        grids = await self._grids(area_code, caller)
        async with self._office.database.connection() as connection:
            return await field.list_unvisited(
                connection, grids=grids, begin=begin, end=end, after=after or ("", FIRST_ID), size=size
            )

    async def write_diary(
        self, grid_code: str, *, text: str, mood: int, caller: Caller, asked: Asked[DiaryEntry]
    ) -> bytes:
        """Write into the diary of a grid; fails with AREA_UNKNOWN, BEYOND_REACH."""
        grid = (await self._office.atlas.current()).areas.get(grid_code)
        if grid is None or grid.level is not AreaLevel.GRID:
            raise AreaUnknown(code=grid_code)
        require_reach(caller.scope(WRITE), subject=grid_code, area_path=grid.path, department_code="")

        async def write(transaction: Transaction) -> DiaryEntry:
            entry = DiaryEntry(
                id=uuid7(),
                grid_code=grid_code,
                text=text,
                mood=mood,
                author=caller.subject,
                written_at=self._office.clock.now(),
            )
            await field.insert_diary(transaction, entry)
            return entry

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: write(transaction))

    async def list_diary(
        self, *, area_code: str, before: tuple[datetime, UUID] | None, size: int, caller: Caller
    ) -> list[DiaryEntry]:
        """One page of diaries, newest first."""
        grids = await self._grids(area_code, caller)
        async with self._office.database.connection() as connection:
            found = await field.list_diary(connection, grids=grids, before=before or (END_OF_TIME, LAST_ID), size=size)
            return await self._diaries.kept(
                connection, found, key=lambda entry: entry.id, caller=caller, permission=READ
            )

    async def _grids(self, area_code: str, caller: Caller) -> Sequence[str]:
        drawn = await self._office.atlas.current()
        return grids_in_reach(drawn, caller.scope(READ), area_code=area_code, for_departments=False)

    def _month(self, month: date | None) -> tuple[datetime, datetime]:
        """From when to when a month goes in the city; this one when none is named."""
        zone = self._office.settings.duty_rules.zone
        first = month or self._office.clock.now().astimezone(zone).date().replace(day=1)
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        return datetime.combine(first, time(), tzinfo=zone), datetime.combine(following, time(), tzinfo=zone)
