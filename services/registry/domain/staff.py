"""Describes departments and posts, says who stands on a post, and what a grid's team lacks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.platform.errors import Invalid
from services.registry.domain.errors import DepartmentUnknown

_PATTERN: Final = re.compile(r"^(\d+)\+(\d+)(\+N)?$", re.IGNORECASE)
SHIFT_LENGTH_MAX: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """An authority that solves cases."""

    code: str
    name: str
    name_en: str = ""
    plugin: str = ""
    #: Given by the store; takes no part in telling whether a department differs.
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerUnit:
    """A firm or body that owns facilities."""

    code: str
    name: str
    name_en: str = ""
    department_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A span of time in which somebody stands in on a post."""

    staff_code: str
    starts_at: datetime
    ends_at: datetime

    def require_sensible(self, *, now: datetime) -> None:
        """Fails with INVALID_REQUEST when it ends before it begins, is over already, or lasts a season."""
        if self.ends_at <= self.starts_at:
            raise Invalid(problem="a shift must end after it begins")
        if self.ends_at <= now:
            raise Invalid(problem="the shift is over already")
        if self.ends_at - self.starts_at > SHIFT_LENGTH_MAX:
            raise Invalid(problem=f"a shift lasts at most {SHIFT_LENGTH_MAX.days} days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A role at an area, perhaps for a department, as it is filled in a form."""

    code: str
    role: str
    area_code: str
    department_code: str = ""
    #: Standing holder; empty means vacant.
    staff_code: str = ""
    title: str = ""
    title_en: str = ""
    duty_phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPost:
    """A post in the books, with its place in the tree and those who stand in now and later."""

    post: Post
    area_path: str
    shifts: tuple[Shift, ...]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """A post and who stands on it at a moment."""

    stored: StoredPost
    staff_code: str
    by_shift: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGrant:
    """What follows from one post held."""

    role: str
    area_path: str
    department_code: str
    post_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamTemplate:
    """The posts that a kind of grid needs, for example 1+5+N: one who leads, five around, and whoever joins in."""

    kind: str
    pattern: str
    roles: tuple[str, ...]

    @property
    def roles_around(self) -> tuple[str, ...]:
        """Those the pattern's second number counts; all roles when they are not as many as both numbers together."""
        numbers = _PATTERN.match(self.pattern.replace(" ", ""))
        core = int(numbers[1]) if numbers else 0
        if numbers and core + int(numbers[2]) == len(self.roles):
            return self.roles[core:]
        return self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamCheck:
    """A team held against its template."""

    pattern: str
    required_roles: tuple[str, ...]
    vacant_roles: tuple[str, ...]
    filled_count: int
    required_count: int


def on_duty(stored: StoredPost, *, at: datetime) -> OnDuty:
    """Who stands on a post at a moment; a shift goes before the standing holder."""
    for shift in stored.shifts:
        if shift.starts_at <= at < shift.ends_at:
            return OnDuty(stored=stored, staff_code=shift.staff_code, by_shift=True)
    return OnDuty(stored=stored, staff_code=stored.post.staff_code, by_shift=False)


def check_team(template: TeamTemplate | None, filled: Mapping[str, bool]) -> TeamCheck:
    """What a team lacks; `filled` says of each role at the grid whether anybody holds a post of it.

    Counted are the roles around the one who leads, as people say "4 of 5"; a leader who is missing is named too.
    """
    if template is None:
        return TeamCheck(pattern="", required_roles=(), vacant_roles=(), filled_count=0, required_count=0)
    vacant = tuple(role for role in template.roles if not filled.get(role, False))
    counted = template.roles_around
    return TeamCheck(
        pattern=template.pattern,
        required_roles=template.roles,
        vacant_roles=vacant,
        filled_count=sum(role not in vacant for role in counted),
        required_count=len(counted),
    )


def require_departments(wanted: Iterable[str], departments: Iterable[str]) -> None:
    """Fails with DEPARTMENT_UNKNOWN for the first that does not exist; an empty code asks for none."""
    known = {"", *departments}
    for code in wanted:
        if code not in known:
            raise DepartmentUnknown(code=code)


def require_once(codes: Sequence[str]) -> None:
    """Fails with INVALID_REQUEST when a list names a code twice."""
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise Invalid(problem=f"{code} is named twice")
        seen.add(code)
