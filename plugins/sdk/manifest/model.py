"""Holds what a manifest says: who the department is, and which task types it brings."""

from dataclasses import dataclass

from plugins.sdk.case import Limit


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
