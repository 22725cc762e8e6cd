"""Decides what becomes of a task type: who owns it, when its definition is a new version, when cases may be made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from services.platform.errors import Invalid
from services.registry.domain.errors import AdmissionNotPossible, LeaseLost, TaskTypeTaken
from services.registry.domain.forms import require_form
from services.registry.domain.staff import Department, require_departments, require_once


class Admission(IntEnum):
    """Where a task type stands."""

    PENDING = 1
    ADMITTED = 2
    SUSPENDED = 3
    RETIRED = 4


#: A retired type stays retired: what it meant to old cases must not change under a new decision.
POSSIBLE: Final[Mapping[Admission, frozenset[Admission]]] = {
    Admission.PENDING: frozenset({Admission.ADMITTED, Admission.RETIRED}),
    Admission.ADMITTED: frozenset({Admission.SUSPENDED, Admission.RETIRED}),
    Admission.SUSPENDED: frozenset({Admission.ADMITTED, Admission.RETIRED}),
    Admission.RETIRED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingCondition:
    """One way in which a matter qualifies as a case, with its own limit."""

    code: str
    title: str
    title_en: str
    limit_value: float
    #: As the contract numbers it: minute, urgent hour, work hour, work day, natural day.
    limit_unit: int
    closing_condition: str
    closing_condition_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a task type says of itself; any difference makes a new version."""

    title: str
    title_en: str
    department_code: str
    co_department_codes: tuple[str, ...]
    category_code: str
    filing_conditions: tuple[FilingCondition, ...]
    form_schema: str
    min_photos: int
    check_mode: str
    emergency: bool
    keywords: tuple[str, ...]
    beneficiary: str
    base_points: int
    duplicate_distance_m: int
    #: What it has beyond the usual, as the contract writes it in JSON; empty when nothing.
    traits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A task type as a plugin or a file brings it."""

    code: str
    definition: Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """A task type in one version, with where the type stands now."""

    code: str
    version: int
    definition: Definition
    #: Plugin that brought it; empty when an administrator did.
    plugin: str
    admission: Admission
    change_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the centre decided about a type, and why."""

    code: str
    before: Admission
    admission: Admission
    decided_by: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A program that speaks for a department."""

    name: str
    version: str
    sdk_version: str
    department_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSeen:
    """A plugin, whether it holds a live lease, and its task types."""

    plugin: Plugin
    online: bool
    seen_at: datetime
    task_types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A plugin instance's right to be called online until a moment."""

    id: str
    plugin: str
    instance_id: str
    expires_at: datetime
    #: The release the instance belongs to; empty for the first.
    release: str = ""

    def renewed(self, *, now: datetime, life: timedelta) -> "Lease":
        """The same lease for longer; fails with LEASE_LOST when it ran out."""
        if now >= self.expires_at:
            raise LeaseLost
        return replace(self, expires_at=now + life)


def require_sound(offered: Sequence[Offered], departments: Iterable[str]) -> None:
    """Fails with INVALID_REQUEST, DEPARTMENT_UNKNOWN or FORM_INVALID for the first that cannot be used."""
    known = tuple(departments)
    require_once([offer.code for offer in offered])
    for offer in offered:
        definition = offer.definition
        require_departments([definition.department_code, *definition.co_department_codes], known)
        require_once([f"filing condition {condition.code}" for condition in definition.filing_conditions])
        require_form(definition.form_schema, code=offer.code)


def require_own(plugin: Plugin, department: Department, offered: Sequence[Offered]) -> None:
    """Fails with INVALID_REQUEST when a plugin speaks for a department that is not its own."""
    if department.plugin not in {"", plugin.name}:
        raise Invalid(problem=f"department {department.code} speaks through plugin {department.plugin}")
    for offer in offered:
        if offer.definition.department_code != plugin.department_code:
            raise Invalid(
                problem=f"task type {offer.code} is of department {offer.definition.department_code},"
                f" the plugin of {plugin.department_code}"
            )


def registered(offer: Offered, known: TaskType | None, *, plugin: str) -> TaskType:
    """The type as a plugin registers it: new ones wait for admission, changed ones become a new version.

    A type that an administrator brought in for the same department goes over to the plugin and keeps its admission.
    Fails with TASK_TYPE_TAKEN.
    """
    if known is not None and known.plugin not in {"", plugin}:
        raise TaskTypeTaken(code=offer.code, owner=known.plugin)
    if known is not None and known.definition.department_code != offer.definition.department_code:
        raise TaskTypeTaken(code=offer.code, owner=known.definition.department_code)
    return _next(offer, known, plugin=plugin)


def imported(offer: Offered, known: TaskType | None) -> TaskType:
    """The type as an administrator brings it in; fails with TASK_TYPE_TAKEN when a plugin speaks for it."""
    if known is not None and known.plugin:
        raise TaskTypeTaken(code=offer.code, owner=known.plugin)
    return _next(offer, known, plugin="")


def decided(task_type: TaskType, admission: Admission) -> TaskType:
    """The type after a decision of the centre; fails with ADMISSION_NOT_POSSIBLE."""
    if admission not in POSSIBLE[task_type.admission]:
        raise AdmissionNotPossible(
            code=task_type.code, admission=task_type.admission.name.lower(), wanted=admission.name.lower()
        )
    return replace(task_type, admission=admission)


def _next(offer: Offered, known: TaskType | None, *, plugin: str) -> TaskType:
    if known is None:
        return TaskType(
            code=offer.code, version=1, definition=offer.definition, plugin=plugin, admission=Admission.PENDING
        )
    version = known.version if known.definition == offer.definition else known.version + 1
    return replace(known, version=version, definition=offer.definition, plugin=plugin)
