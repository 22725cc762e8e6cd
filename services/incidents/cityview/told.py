"""Turns what registry tells into the values the rules of a case work with."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gridward.registry.v1 import areas_pb2, staff_pb2, tasks_pb2

from services.incidents.domain.limits import Limit, LimitUnit
from services.incidents.domain.responsibility import Area, AreaLevel, Department, OwnerUnit, PostOnDuty
from services.incidents.domain.tasktypes import (
    DUPLICATE_DISTANCE_M,
    Admission,
    CheckMode,
    EvidenceRules,
    FilingCondition,
    Hint,
    OwnNotice,
    PointsRule,
    TaskType,
    evidence_rules,
)

_UNITS = {
    tasks_pb2.LIMIT_UNIT_MINUTE: LimitUnit.MINUTE,
    tasks_pb2.LIMIT_UNIT_URGENT_HOUR: LimitUnit.URGENT_HOUR,
    tasks_pb2.LIMIT_UNIT_WORK_HOUR: LimitUnit.WORK_HOUR,
    tasks_pb2.LIMIT_UNIT_WORK_DAY: LimitUnit.WORK_DAY,
    tasks_pb2.LIMIT_UNIT_NATURAL_DAY: LimitUnit.NATURAL_DAY,
}
_ADMISSIONS = {
    tasks_pb2.ADMISSION_STATE_PENDING: Admission.PENDING,
    tasks_pb2.ADMISSION_STATE_ADMITTED: Admission.ADMITTED,
    tasks_pb2.ADMISSION_STATE_SUSPENDED: Admission.SUSPENDED,
    tasks_pb2.ADMISSION_STATE_RETIRED: Admission.RETIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A span of time in which somebody stands in on a post."""

    staff_code: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post with everybody who stands on it, now and to come; its shifts in order, never two at once."""

    code: str
    role: str
    area_code: str
    department_code: str = ""
    staff_code: str
    shifts: tuple[Shift, ...]
    _standing: PostOnDuty = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for with every report, and nearly always the answer: made once.
        object.__setattr__(self, "_standing", self._held_by(self.staff_code, by_shift=False))

    def at(self, moment: datetime) -> PostOnDuty:
        """Who stands on it at a moment; a shift goes before the standing holder."""
        begun = bisect_right(self.shifts, moment, key=_start_of)
        if begun and moment < self.shifts[begun - 1].ends_at:
            return self._held_by(self.shifts[begun - 1].staff_code, by_shift=True)
        return self._standing

    def _held_by(self, staff_code: str, *, by_shift: bool) -> PostOnDuty:
        return PostOnDuty(
            post_code=self.code, role=self.role, area_code=self.area_code, staff_code=staff_code, by_shift=by_shift
        )


def area_of(message: areas_pb2.Area) -> Area:
    """An area as the router knows it."""
    return Area(
        code=message.code,
        level=AreaLevel(message.level),
        kind=message.kind,
        name=message.name,
        name_en=message.name_en,
        opened_task_types=frozenset(message.mode.opened_task_types),
        paused_task_types=frozenset(message.mode.paused_task_types),
    )


def department_of(message: staff_pb2.Department) -> Department:
    """A department as the router knows it."""
    return Department(code=message.code, name=message.name, name_en=message.name_en)


def owner_unit_of(message: staff_pb2.OwnerUnit) -> OwnerUnit:
    """An owner unit as the router knows it."""
    return OwnerUnit(
        code=message.code, department_code=message.department_code, name=message.name, name_en=message.name_en
    )


def post_of(message: staff_pb2.Post) -> Post:
    """A post."""
    shifts = (
        Shift(
            staff_code=shift.staff_code,
            starts_at=shift.starts_at.ToDatetime(UTC),
            ends_at=shift.ends_at.ToDatetime(UTC),
        )
        for shift in message.shifts
    )
    return Post(
        code=message.code,
        role=message.role,
        area_code=message.area_code,
        department_code=message.department_code,
        staff_code=message.staff_code,
        shifts=tuple(sorted(shifts, key=_start_of)),
    )


def _start_of(shift: Shift) -> datetime:
    return shift.starts_at


def task_type_of(message: tasks_pb2.TaskType) -> TaskType:
    """A task type in one version."""
    check_mode = CheckMode(message.check_mode)
    return TaskType(
        code=message.code,
        version=message.version,
        title=message.title,
        title_en=message.title_en,
        department_code=message.department_code,
        co_department_codes=tuple(message.co_department_codes),
        category_code=message.category_code,
        filing_conditions=tuple(_condition_of(condition) for condition in message.filing_conditions),
        evidence=_evidence_of(message, check_mode),
        check_mode=check_mode,
        form_schema=message.form_schema,
        admission=_ADMISSIONS.get(message.admission, Admission.PENDING),
        emergency=message.emergency,
        keywords=tuple(message.keywords),
        points=PointsRule(beneficiary=message.points.beneficiary, base_points=message.points.base_points),
        duplicate_distance_m=message.duplicate_distance_m or DUPLICATE_DISTANCE_M,
        hints=tuple(
            Hint(field=hint.field, value=hint.value, department_code=hint.department_code)
            for hint in message.traits.hints
        ),
        notices=tuple(
            OwnNotice(at=notice.at, to=notice.to, text=notice.text, text_en=notice.text_en)
            for notice in message.traits.notices
        ),
    )


def _evidence_of(message: tasks_pb2.TaskType, check_mode: CheckMode) -> EvidenceRules:
    """What follows from the way of checking, unless the department asks for other numbers."""
    usual, traits = evidence_rules(min_photos=message.min_photos, check_mode=check_mode), message.traits
    return EvidenceRules(
        report_count=usual.report_count,
        after_count=traits.photos_at_disposal if traits.HasField("photos_at_disposal") else usual.after_count,
        check_count=traits.photos_at_check if traits.HasField("photos_at_check") else usual.check_count,
    )


def _condition_of(message: tasks_pb2.FilingCondition) -> FilingCondition:
    return FilingCondition(
        code=message.code,
        title=message.title,
        title_en=message.title_en,
        limit=Limit.of(message.limit.value, _UNITS[message.limit.unit]),
        closing_condition=message.closing_condition,
        closing_condition_en=message.closing_condition_en,
    )
