"""The rules of directives: whom one reaches at each level, and who answers for an area."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from services.incidents.domain.actors import HeldRole, Role
from services.incidents.domain.responsibility import Area, AreaLevel
from services.platform.errors import Conflict, Forbidden, NotFound

#: Whose posts receive at each level.
RECEIVERS: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {
        AreaLevel.CITY: (Role.DUTY_CHIEF, Role.ACCEPTOR),
        AreaLevel.DISTRICT: (Role.DUTY_CHIEF, Role.ACCEPTOR),
        AreaLevel.SUBDISTRICT: (Role.SUBDISTRICT_ADMIN,),
        AreaLevel.COMMUNITY: (Role.COMMUNITY_ADMIN,),
        AreaLevel.GRID: (Role.GRID_LEADER, Role.GRID_WORKER),
    }
)


class DirectiveUnknown(NotFound):
    """There is no directive {directive_id} within your reach."""

    reason = "DIRECTIVE_UNKNOWN"


class DirectiveReachesNobody(Conflict):
    """There is no area from {area_code} down to level {until_level}."""

    reason = "DIRECTIVE_REACHES_NOBODY"


class DirectiveNotYours(Forbidden):
    """The directive is not addressed to a post you hold."""

    reason = "DIRECTIVE_NOT_YOURS"


class DirectiveWithdrawn(Conflict):
    """The directive was withdrawn."""

    reason = "DIRECTIVE_WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """An order."""

    id: str
    title: str
    body: str
    area_code: str
    area_path: str
    until_level: int
    due_at: datetime | None
    issued_at: datetime
    issued_by: str
    withdrawn_at: datetime | None = None
    own_count: int = 0
    own_unread_count: int = 0
    own_open_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Receipts of one level."""

    level: int
    area_count: int
    read_count: int
    done_count: int

    @property
    def read_ratio(self) -> float:
        """The share that has read it."""
        return self.read_count / self.area_count


def reached(areas: Iterable[Area], until_level: int) -> tuple[Area, ...]:
    """The areas a directive reaches, all levels at once: nobody below waits for somebody above."""
    return tuple(area for area in areas if area.level in RECEIVERS and area.level <= until_level)


def areas_held(grants: Iterable[HeldRole]) -> list[str]:
    """The areas for which somebody with these grants answers: by a post at that very area, not by one above."""
    held: dict[str, None] = {}
    for grant in grants:
        path = grant.area_path.split(".")
        if grant.area_path and grant.role in RECEIVERS.get(len(path), ()):
            held[path[-1]] = None
    return list(held)
