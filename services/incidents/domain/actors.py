"""Knows who may act for a case: by a role that covers its place and department, or by having to do with it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from services.incidents.domain.parts import Part


class Role(StrEnum):
    """The staff roles that take part in a case; the city may have more."""

    ACCEPTOR = "acceptor"
    DUTY_CHIEF = "duty_chief"
    DISPATCHER = "dispatcher"
    SUBDISTRICT_ADMIN = "subdistrict_admin"
    COMMUNITY_ADMIN = "community_admin"
    DEPARTMENT_SPECIALIST = "department_specialist"
    DEPARTMENT_LEADER = "department_leader"
    HANDLER = "handler"
    GRID_LEADER = "grid_leader"
    GRID_WORKER = "grid_worker"
    PLUGIN = "plugin"
    SYSTEM = "system"


class Relation(StrEnum):
    """What a person has to do with a case, whatever their role."""

    REPORTER = "reporter"
    ASSIGNEE = "assignee"
    CHECKER = "checker"
    #: Took it after it was reported directly.
    OWNER = "owner"
    #: Has a part in it.
    PARTNER = "partner"


#: These act for one department, so only for cases of that department.
DEPARTMENT_ROLES: Final = frozenset({Role.DEPARTMENT_SPECIALIST, Role.DEPARTMENT_LEADER, Role.HANDLER, Role.PLUGIN})

SYSTEM_ID: Final = "system"


class HeldRole(Protocol):
    """A role at an area and all below it, and for one department or, when that is empty, for any."""

    @property
    def role(self) -> str: ...
    @property
    def area_path(self) -> str: ...
    @property
    def department_code(self) -> str: ...


class Involving(Protocol):
    """What must be known of a case to say who may act for it."""

    @property
    def area_path(self) -> str: ...
    @property
    def department_code(self) -> str: ...
    @property
    def reporter(self) -> str: ...
    @property
    def handler(self) -> str: ...
    @property
    def checker(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def parts(self) -> tuple[Part, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role somebody holds."""

    role: str
    area_path: str = ""
    department_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who takes a step."""

    id: str
    grants: tuple[HeldRole, ...] = ()


SYSTEM: Final = Actor(id=SYSTEM_ID, grants=(Grant(role=Role.SYSTEM),))


def acting_role(actor: Actor, case: Involving, permitted: frozenset[str]) -> str | None:
    """In which of the permitted roles or relations the actor may act for the case; None when in none."""
    for grant in actor.grants:
        if grant.role in permitted and covers(grant, case.area_path, case.department_code):
            return grant.role
    people = {
        Relation.ASSIGNEE: case.handler,
        Relation.CHECKER: case.checker,
        Relation.REPORTER: case.reporter,
        Relation.OWNER: case.owner,
    }
    for relation, person in people.items():
        if relation in permitted and person and person == actor.id:
            return relation
    if Relation.PARTNER in permitted and parts_of(actor, case):
        return Relation.PARTNER
    return None


def parts_of(actor: Actor, case: Involving) -> tuple[Part, ...]:
    """The parts of a case that somebody may act for: their own, their post's, their department's."""
    departments = {
        grant.department_code
        for grant in actor.grants
        if grant.role in DEPARTMENT_ROLES and grant.department_code and covers_area(grant, case.area_path)
    }
    return tuple(
        part for part in case.parts if actor.id in {part.receiver, part.holder} or part.receiver in departments
    )


def covers_area(grant: HeldRole, area_path: str) -> bool:
    """Whether a grant reaches an area."""
    return not grant.area_path or f"{area_path}.".startswith(f"{grant.area_path}.")


def covers(grant: HeldRole, area_path: str, department_code: str) -> bool:
    """Whether a grant reaches an area and, for roles of a department, the department."""
    inside = covers_area(grant, area_path)
    if grant.role in DEPARTMENT_ROLES:
        return inside and grant.department_code in {"", department_code}
    return inside
