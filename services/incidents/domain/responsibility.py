"""Says who is responsible for which place and which thing: areas, departments, owners, posts and who stands on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Final, Protocol

from services.incidents.domain.actors import Role
from services.incidents.domain.rulebook import DISPATCH_DESK


class AreaLevel(IntEnum):
    """How deep an area lies."""

    CITY = 1
    DISTRICT = 2
    SUBDISTRICT = 3
    COMMUNITY = 4
    GRID = 5
    MICRO_GRID = 6


EXCLUSIVE: Final = "exclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area of the city."""

    code: str
    level: AreaLevel
    kind: str = ""
    name: str = ""
    name_en: str = ""
    #: What an emergency lets in here, and in all inside, though it is suspended elsewhere; and what it keeps out.
    opened_task_types: frozenset[str] = frozenset()
    paused_task_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """An authority that solves cases (处置部门)."""

    code: str
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerUnit:
    """A firm or body that owns facilities and must repair them (产权单位)."""

    code: str
    department_code: str
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOnDuty:
    """A post at a moment: who stands on it, or nobody."""

    post_code: str
    role: str
    area_code: str
    staff_code: str = ""
    by_shift: bool = False


class DutyView(Protocol):
    """Whatever knows who stands where."""

    def posts(self, area_code: str, role: str, at: datetime) -> Iterable[PostOnDuty]:
        """The posts of a role at exactly this area, filled and vacant, in a settled order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibilities:
    """Who is responsible for what, besides what the task types say.

    `by_category` maps beginnings of category codes to departments, `by_exclusive_grid` places with a body of
    their own; the desk takes what no rule claims.
    """

    departments: Mapping[str, Department]
    owner_units: Mapping[str, OwnerUnit] = field(default_factory=dict)
    by_category: Mapping[str, str] = field(default_factory=dict)
    by_exclusive_grid: Mapping[str, str] = field(default_factory=dict)
    desk: str = DISPATCH_DESK


#: Which roles are asked at which level, from the grid upwards; the first loop holds grid and community.
DUTY_ROLES: Final[Mapping[AreaLevel, tuple[str, ...]]] = {
    AreaLevel.GRID: (Role.GRID_WORKER, Role.GRID_LEADER),
    AreaLevel.COMMUNITY: (Role.COMMUNITY_ADMIN,),
    AreaLevel.SUBDISTRICT: (Role.SUBDISTRICT_ADMIN,),
}
LOOP_LEVELS: Final[Mapping[int, tuple[AreaLevel, ...]]] = {
    1: (AreaLevel.GRID, AreaLevel.COMMUNITY),
    2: (AreaLevel.SUBDISTRICT,),
}
