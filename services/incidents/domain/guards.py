"""Refuses what a step's place in the table does not tell: wrong people, missing proof, a second rating."""

from services.incidents.domain.case import Case
from services.incidents.domain.errors import (
    CheckerIsSolver,
    DepartmentUnknown,
    EvidenceRequired,
    LoopTopReached,
    RatedAlready,
)
from services.incidents.domain.rulebook import LOOP_TOP
from services.incidents.domain.step import Occasion, Step
from services.incidents.domain.tasktypes import FOUND_KINDS, RATING_MAX, EvidenceKind
from services.platform.errors import FieldInvalid


def not_rated_yet(case: Case) -> None:
    """A case is rated once."""
    if case.rating:
        raise RatedAlready(rating=case.rating)


def below_the_top_loop(case: Case) -> None:
    """There is a loop above."""
    if case.loop_level >= LOOP_TOP:
        raise LoopTopReached(level=case.loop_level)


def checker_is_not_solver(case: Case, occasion: Occasion) -> None:
    """Whoever solved it, or was sent to, cannot be named to check it."""
    if occasion.step.assignee in {case.solver, case.handler}:
        raise CheckerIsSolver(checker=occasion.step.assignee)


def judge_is_not_solver(case: Case, occasion: Occasion) -> None:
    """Whoever solved it cannot judge it, however they came to be named."""
    if occasion.actor.id in {case.solver, case.handler}:
        raise CheckerIsSolver(checker=occasion.actor.id)


def department_is_known(case: Case, occasion: Occasion) -> None:
    """A case goes to a department that exists."""
    department = occasion.step.department_code or case.department_code
    if department not in occasion.rulebook.department_codes:
        raise DepartmentUnknown(department=department or "-")


def condition_is_known(_case: Case, occasion: Occasion) -> None:
    """A case is opened on a condition of its own task type."""
    occasion.task_type.condition(occasion.step.filing_condition)


def rating_is_in_range(_case: Case, occasion: Occasion) -> None:
    """One to five."""
    if not 1 <= occasion.step.rating <= RATING_MAX:
        raise FieldInvalid(field="rating", problem=f"must be 1 to {RATING_MAX}")


def correction_is_admitted(case: Case, occasion: Occasion) -> None:
    """A corrected task type must be one of which cases may be made."""
    if corrects_task_type(case, occasion.step):
        occasion.task_type.require_admitted()


def corrects_task_type(case: Case, step: Step) -> bool:
    """Whether the step says that the case is of another kind."""
    return step.task_type not in {"", case.task_type}


def require_evidence(step: Step, kind: EvidenceKind, count: int) -> None:
    """Fails with EVIDENCE_REQUIRED unless enough of the kind is shown; snapshots show the place as found too."""
    accepted = FOUND_KINDS if kind in FOUND_KINDS else frozenset({kind})
    given = sum(1 for item in step.evidence if item.kind in accepted)
    if given < count:
        raise EvidenceRequired(event=step.event, kind=kind, count=count, given=given)
