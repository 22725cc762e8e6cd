"""Holds what a manifest says: who the department is, what it may do, and which task types and items it brings."""

from dataclasses import dataclass

from plugins.sdk.case import Limit
from plugins.sdk.city import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingCondition:
    """One way in which a matter qualifies as a case (立案条件), with its own limit and closing condition."""

    code: str
    title: str
    title_en: str
    limit: Limit
    closing_condition: str
    closing_condition_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a form field, with its words."""

    value: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One question of a task type's form."""

    name: str
    label: str
    label_en: str
    type: str
    required: bool = False
    masked: bool = False
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRule:
    """Who earns how many points at a rating of five: "reporter", "solver" or nobody."""

    beneficiary: str = ""
    base_points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Photos:
    """How many pictures a solution and a check must carry; None means as the way of checking asks."""

    disposal: int | None = None
    check: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A hint for the dispatcher: this answer to this question means that department."""

    field: str
    value: str
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of disposal that only this kind of matter has, and where it may go from there."""

    code: str
    title: str
    title_en: str
    next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What somebody is told at a step, in both languages."""

    at: str
    to: str
    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """A kind of matter that the department handles (事项/任务类型)."""

    code: str
    title: str
    title_en: str
    category: str
    co_departments: tuple[str, ...]
    filing_conditions: tuple[FilingCondition, ...]
    fields: tuple[FormField, ...]
    min_photos: int
    check_mode: str
    emergency: bool
    keywords: tuple[str, ...]
    points: PointsRule
    duplicate_distance_m: int
    photos: Photos = Photos()
    hints: tuple[Hint, ...] = ()
    stages: tuple[Stage, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """Something the operator may set, with what holds until then; without a default it must be set."""

    name: str
    label: str
    label_en: str
    type: str
    default: Setting | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretField:
    """Something only the operator and the plugin may know, such as a key."""

    name: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionLine:
    """A line of inspection (条线), such as fire safety."""

    code: str
    title: str
    title_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionItem:
    """One thing that an inspector of any line looks at (检查项), and which case comes of it when it is wrong."""

    code: str
    line: str
    title: str
    title_en: str
    severity: str
    frequency: str
    target: str
    task_type: str
    rectify_department: str
    photo_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything the city must know of a plugin before it runs any of it."""

    name: str
    title: str
    title_en: str
    version: str
    sdk: str
    department: str
    owner: str
    quality: str
    task_types: tuple[TaskType, ...]
    permissions: tuple[str, ...] = ()
    settings: tuple[SettingField, ...] = ()
    secrets: tuple[SecretField, ...] = ()
    inspection_lines: tuple[InspectionLine, ...] = ()
    inspection_items: tuple[InspectionItem, ...] = ()

    def task_type(self, code: str) -> TaskType | None:
        """One of the task types by its code."""
        return next((task_type for task_type in self.task_types if task_type.code == code), None)
