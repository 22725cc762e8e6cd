"""Shows who can be reached by office, which posts nobody holds, and who learnt how much."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import covers, grids_in_reach
from services.registry.domain.areas import Area, AreaLevel
from services.registry.domain.errors import AreaUnknown, BeyondReach
from services.registry.store import field, force
from services.registry.store.field import TeamPost, Trained

READ: Final = "registry.staff.read"
TRAIN: Final = "registry.training.write"
LISTED_MAX: Final = 2000
#: More than a city has.
FORCE_MAX: Final = 1_000_000
#: A number that follows a person home is no duty line, whoever wrote it there.
MOBILE: Final = re.compile(r"^(\+?86)?1[3-9]\d{9}$")
#: Levels below the district show on a notice board, with those of the centre.
BOARD_ROLES: Final = frozenset(
    {
        "grid_leader", "grid_worker", "grid_guide", "grid_supervisor", "grid_info_officer", "grid_security_officer",
        "grid_urban_officer", "grid_cleaner", "grid_firefighter", "community_admin", "subdistrict_admin", "mediator",
        "volunteer_coordinator", "acceptor",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A post as a board shows it: the office and its line, never who holds it."""

    role: str
    title: str
    title_en: str
    duty_phone: str
    area_code: str
    vacant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The notice board of a grid."""

    grid: Area
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """A post nobody holds; without a code one that the team lacks altogether."""

    area_code: str
    role: str
    post_code: str


class TeamActions:
    """What can be asked of teams."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def get_board(self, grid_code: str) -> Board:
        """Who answers for a grid, by office; fails with AREA_UNKNOWN."""
        drawn = await self._office.atlas.current()
        grid = drawn.areas.get(grid_code)
        if grid is None or grid.level is not AreaLevel.GRID:
            raise AreaUnknown(code=grid_code)
        async with self._office.database.connection() as connection:
            posts = await field.list_team_posts(connection, areas=grid.path.split("."), now=self._office.clock.now())
        return Board(grid=grid, contacts=tuple(_contact(post) for post in posts if post.role in BOARD_ROLES))

    async def list_vacancies(self, *, area_code: str, caller: Caller) -> tuple[list[Vacancy], int]:
        """Posts nobody holds in an area, roles that teams lack, and how many posts there are; fails with AREA_UNKNOWN."""
        drawn = await self._office.atlas.current()
        seen = self._areas(drawn.areas.values(), area_code, caller)
        posts, vacancies = await self._vacancies(seen)
        return vacancies[:LISTED_MAX], len(posts)

    async def vacancies_in(self, areas: Sequence[Area]) -> list[Vacancy]:
        """Posts nobody holds at exactly these areas, and roles that the teams of grids among them lack."""
        return (await self._vacancies(areas))[1]

    async def _vacancies(self, areas: Sequence[Area]) -> tuple[list[TeamPost], list[Vacancy]]:
        async with self._office.database.connection() as connection:
            posts = await field.list_team_posts(
                connection, areas=[area.code for area in areas], now=self._office.clock.now()
            )
            templates = await field.read_templates(connection)
        vacancies = [
            Vacancy(area_code=post.area_code, role=post.role, post_code=post.code) for post in posts if post.vacant
        ]
        present: dict[str, set[str]] = defaultdict(set)
        for post in posts:
            present[post.area_code].add(post.role)
        usual = templates.get(self._office.settings.team_kind_default, ())
        for grid in areas:
            if grid.level is not AreaLevel.GRID:
                continue
            lacking = [role for role in templates.get(grid.kind, usual) if role not in present[grid.code]]
            vacancies += [Vacancy(area_code=grid.code, role=role, post_code="") for role in lacking]
        vacancies.sort(key=lambda vacancy: (vacancy.area_code, vacancy.role, vacancy.post_code))
        return posts, vacancies

    async def record_training(
        self, title: str, *, day: date, minutes: int, staff_codes: Sequence[str], caller: Caller, asked: Asked[int]
    ) -> bytes:
        """Keep a training; fails with BEYOND_REACH for who neither holds a post nor was sent into the caller's area."""
        held = {post.staff_code for post in await self._posts("", TRAIN, caller)} | await self._sent(caller)
        strangers = [code for code in staff_codes if code not in held]
        if strangers:
            raise BeyondReach(subject=strangers[0])

        async def record(transaction: Transaction) -> int:
            await field.insert_training(
                transaction,
                uuid7(),
                title=title,
                day=day,
                minutes=minutes,
                staff_codes=staff_codes,
                by=caller.subject,
                now=self._office.clock.now(),
            )
            return len(staff_codes)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: record(transaction))

    async def list_training(self, *, area_code: str, year: int, warned_only: bool, caller: Caller) -> list[Trained]:
        """How much each holder of a post in an area learnt in a year; fails with AREA_UNKNOWN."""
        zone = self._office.settings.duty_rules.zone
        wanted = year or self._office.clock.now().astimezone(zone).year
        people = sorted({post.staff_code for post in await self._posts(area_code, READ, caller) if post.staff_code})
        async with self._office.database.connection() as connection:
            trained = await field.list_trained(connection, people, begin=date(wanted, 1, 1), end=date(wanted + 1, 1, 1))
        return [row for row in trained if not (warned_only and row.count)][:LISTED_MAX]

    async def _sent(self, caller: Caller) -> set[str]:
        grids = grids_in_reach(await self._office.atlas.current(), caller.scope(TRAIN))
        async with self._office.database.connection() as connection:
            return {member.staff_code for member in await force.list_force(connection, grids, size=FORCE_MAX)}

    async def _posts(self, area_code: str, permission: str, caller: Caller) -> list[TeamPost]:
        drawn = await self._office.atlas.current()
        areas = self._areas(drawn.areas.values(), area_code, caller, permission=permission)
        async with self._office.database.connection() as connection:
            return await field.list_team_posts(
                connection, areas=[area.code for area in areas], now=self._office.clock.now()
            )

    def _areas(self, known: Iterable[Area], area_code: str, caller: Caller, *, permission: str = READ) -> list[Area]:
        """Areas within one named and within the caller's reach; fails with AREA_UNKNOWN."""
        areas = list(known)
        root = next((area.path for area in areas if area.code == area_code), None) if area_code else ""
        if root is None:
            raise AreaUnknown(code=area_code)
        paths = caller.scope(permission).area_paths
        return [area for area in areas if covers(root, area.path) and any(covers(path, area.path) for path in paths)]


def _contact(post: TeamPost) -> Contact:
    number = re.sub(r"[ -]", "", post.duty_phone)
    return Contact(
        role=post.role,
        title=post.title,
        title_en=post.title_en,
        duty_phone="" if MOBILE.match(number) else post.duty_phone,
        area_code=post.area_code,
        vacant=post.vacant,
    )
