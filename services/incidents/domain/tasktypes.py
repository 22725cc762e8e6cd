"""Describes the kinds of matter the city does something about: who solves them, in what time, on what proof."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.incidents.domain.errors import FilingConditionUnknown, TaskTypeNotAdmitted
from services.incidents.domain.limits import Limit

RATING_MAX: Final = 5
DUPLICATE_DISTANCE_M: Final = 50


class Admission(StrEnum):
    """Where a task type stands with the centre that admits it (事项准入)."""

    PENDING = "pending"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class CheckMode(StrEnum):
    """How the result is checked."""

    FIELD = "field"
    PHOTO = "photo"
    RECORD = "record"
    CALLBACK = "callback"
    RECHECK = "recheck"
    RATING = "rating"


class EvidenceKind(StrEnum):
    """What a piece of evidence shows."""

    SCENE = "scene"
    BEFORE = "before"
    AFTER = "after"
    CHECK = "check"
    SNAPSHOT = "snapshot"
    ATTACHMENT = "attachment"
    SIGNATURE = "signature"


#: These show the place as it was found.
FOUND_KINDS: Final = frozenset({EvidenceKind.SCENE, EvidenceKind.BEFORE, EvidenceKind.SNAPSHOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingCondition:
    """One way in which a matter qualifies as a case (立案条件), with its own time and end."""

    code: str
    title: str
    title_en: str = ""
    limit: Limit
    closing_condition: str = ""
    closing_condition_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRules:
    """How many pieces of evidence a report, a solution and a check must carry."""

    report_count: int = 0
    after_count: int = 0
    check_count: int = 0

    def needed(self, kind: EvidenceKind) -> int:
        """How many of a kind."""
        if kind in FOUND_KINDS:
            return self.report_count
        counts = {EvidenceKind.AFTER: self.after_count, EvidenceKind.CHECK: self.check_count}
        return counts.get(kind, 0)


def evidence_rules(*, min_photos: int, check_mode: CheckMode) -> EvidenceRules:
    """What follows from a task type's own words: what is checked by eye must be shown, on site by both sides."""
    on_site = check_mode in {CheckMode.FIELD, CheckMode.RECHECK}
    by_eye = on_site or check_mode is CheckMode.PHOTO
    return EvidenceRules(
        report_count=min_photos,
        after_count=1 if by_eye else 0,
        check_count=1 if on_site else 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRule:
    """Who earns when a case is rated: "reporter", "solver" or, when empty, nobody."""

    beneficiary: str = ""
    base_points: int = 0

    def points_for(self, rating: int) -> int:
        """The whole sum at the best rating, else its share, rounded down."""
        return self.base_points * rating // RATING_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """An answer to the form that points to a department."""

    field: str
    value: str
    department_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNotice:
    """What a kind of matter tells somebody at a step, in its own words."""

    at: str
    to: str
    text: str
    text_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """A kind of matter (任务类型) in one version; a case lives by the version it began with."""

    code: str
    version: int
    title: str
    title_en: str = ""
    department_code: str
    co_department_codes: tuple[str, ...] = ()
    category_code: str = ""
    filing_conditions: tuple[FilingCondition, ...]
    evidence: EvidenceRules = EvidenceRules()
    check_mode: CheckMode = CheckMode.PHOTO
    form_schema: str = ""
    admission: Admission = Admission.ADMITTED
    emergency: bool = False
    keywords: tuple[str, ...] = ()
    points: PointsRule = PointsRule()
    duplicate_distance_m: int = DUPLICATE_DISTANCE_M
    hints: tuple[Hint, ...] = ()
    notices: tuple[OwnNotice, ...] = ()

    @property
    def usual_condition(self) -> FilingCondition:
        """The first one, by which a report's time is foretold."""
        return self.filing_conditions[0]

    def condition(self, code: str) -> FilingCondition:
        """The filing condition with this code; fails with FILING_CONDITION_UNKNOWN."""
        for condition in self.filing_conditions:
            if condition.code == code:
                return condition
        known = ", ".join(condition.code for condition in self.filing_conditions)
        raise FilingConditionUnknown(task_type=self.code, condition=code or "-", known=known)

    def require_admitted(self) -> None:
        """Fails with TASK_TYPE_NOT_ADMITTED unless cases may be made of it."""
        if self.admission is not Admission.ADMITTED:
            raise TaskTypeNotAdmitted(task_type=self.code, admission=self.admission)
