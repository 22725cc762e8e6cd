"""Sends people into the grids, and says where somebody is lacking."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach
from services.registry.actions.teams import TeamActions
from services.registry.domain.areas import Area
from services.registry.domain.force import ForceKind, ForceMember, require_placed
from services.registry.store import field, force

WRITE: Final = "registry.force.write"
READ: Final = "registry.staff.read"
#: More than a city has.
ALL: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GridForce:
    """How a grid is manned."""

    grid: Area
    people: int
    vacancies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceFigures:
    """The force of an area in figures."""

    kinds: Counter[ForceKind]
    trainings: int
    untrained: int
    grids: tuple[GridForce, ...]


class ForceActions:
    """What can be done with the force."""

    def __init__(self, office: Office, teams: TeamActions) -> None:
        self._office = office
        self._teams = teams

    async def place(self, members: Sequence[ForceMember], *, caller: Caller, asked: Asked[int]) -> bytes:
        """Put people into their grids, all or none; fails with FORCE_REFUSED."""

        async def place(transaction: Transaction) -> int:
            known = await force.read_members(transaction, [member.staff_code for member in members])
            drawn = await self._office.atlas.current()
            reached = set(grids_in_reach(drawn, caller.scope(WRITE), for_departments=False))
            grids = {grid for codes in drawn.grids.values() for grid in codes}
            # Whoever stands elsewhere already is not taken from there by somebody who may not write there.
            require_placed(members, grids=grids, reached=reached)
            standing = [known[member.staff_code] for member in members if member.staff_code in known]
            require_placed(standing, grids=grids, reached=reached)
            new = [member for member in members if known.get(member.staff_code) != member]
            await force.place(transaction, new, by=caller.subject, now=self._office.clock.now())
            return len(new)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: place(transaction))

    async def list_force(
        self, *, area_code: str, kind: int, after: str, size: int, caller: Caller
    ) -> list[ForceMember]:
        """One page of the people of an area; fails with AREA_UNKNOWN."""
        grids = grids_in_reach(await self._office.atlas.current(), caller.scope(READ), area_code=area_code)
        async with self._office.database.connection() as connection:
            return await force.list_force(connection, grids, kind=kind, after=after, size=size)

    async def summarize(self, *, area_code: str, year: int, caller: Caller) -> ForceFigures:
        """People, trainings, and each grid with its people and vacancies; fails with AREA_UNKNOWN."""
        drawn = await self._office.atlas.current()
        grids = grids_in_reach(drawn, caller.scope(READ), area_code=area_code)
        now = self._office.clock.now()
        wanted = year or now.astimezone(self._office.settings.duty_rules.zone).year
        begin, end = date(wanted, 1, 1), date(wanted + 1, 1, 1)
        vacant = Counter(row.area_code for row in await self._teams.vacancies_in([drawn.areas[code] for code in grids]))
        async with self._office.database.connection() as connection:
            members = await force.list_force(connection, grids, size=ALL)
            people = await force.count_at(connection, grids)
            codes = [member.staff_code for member in members]
            trainings = await force.count_trainings(connection, codes, begin=begin, end=end)
            trained = await field.list_trained(connection, codes, begin=begin, end=end)
        manned = [
            GridForce(grid=drawn.areas[code], people=people.get(code, 0), vacancies=vacant[code]) for code in grids
        ]
        manned.sort(key=lambda row: (-row.vacancies, row.people, row.grid.code))
        return ForceFigures(
            kinds=Counter(member.kind for member in members),
            trainings=trainings,
            untrained=sum(row.count == 0 for row in trained),
            grids=tuple(manned),
        )
