"""Refuses what a step's place in the table does not tell: wrong people, missing proof, a second rating.

A condition looks at the case and at who acts when; where it fails, the step is not even offered. A guard looks at
what was said with the step, too.
"""

from services.incidents.domain import proofs
from services.incidents.domain.actors import parts_of
from services.incidents.domain.case import Case
from services.incidents.domain.dealings import Debt, Finding
from services.incidents.domain.errors import (
    CheckerIsSolver,
    ChildrenOpen,
    DepartmentUnknown,
    DepartmentWouldChange,
    FoundAbsent,
    LoopBottomReached,
    LoopTopReached,
    MoveNotPossible,
    NothingOwed,
    OwnStateOpen,
    PartsOpen,
    PartUnknown,
    RatedAlready,
    ReceiverTwice,
    ReopenTooLate,
    SameDepartment,
    TakenAlready,
    VerifyFirst,
)
from services.incidents.domain.parts import Part, PartKind, PartState
from services.incidents.domain.procedure import Proof
from services.incidents.domain.rulebook import LOOP_TOP
from services.incidents.domain.step import Occasion, Setting, Step
from services.incidents.domain.tasktypes import RATING_MAX
from services.platform.errors import FieldInvalid


def not_rated_yet(case: Case, _setting: Setting) -> None:
    """A case is rated once."""
    if case.rating:
        raise RatedAlready(rating=case.rating)


def below_the_top_loop(case: Case, _setting: Setting) -> None:
    """There is a loop above."""
    if case.loop_level >= LOOP_TOP:
        raise LoopTopReached(level=case.loop_level)


def above_the_first_loop(case: Case, _setting: Setting) -> None:
    """There is a loop below."""
    if case.loop_level <= 1:
        raise LoopBottomReached(level=case.loop_level)


def is_open_for_reopening(case: Case, setting: Setting) -> None:
    """The reporter may open it again for some days."""
    window = setting.rulebook.windows.reopen
    if case.closed_at is None or setting.at > case.closed_at + window:
        raise ReopenTooLate(closed_at=case.closed_at.isoformat() if case.closed_at else "-", days=window.days)


def children_have_ended(case: Case, _setting: Setting) -> None:
    """A case ends after everything it waits for; it never takes its children along."""
    if case.open_children:
        raise ChildrenOpen(children=", ".join(case.open_children))


def was_found_or_needs_no_look(case: Case, setting: Setting) -> None:
    """What some people report is looked at first, and what is not there is not opened."""
    if case.dealings.finding is Finding.ABSENT:
        raise FoundAbsent
    if case.source in setting.procedure.verify_first and case.dealings.finding is not Finding.EXISTS:
        raise VerifyFirst(source=case.source)


def a_reply_is_owed(case: Case, _setting: Setting) -> None:
    """Somebody supervises the case and waits for an answer."""
    if case.dealings.debt(Debt.SUPERVISION) is None:
        raise NothingOwed


def an_explanation_is_owed(case: Case, _setting: Setting) -> None:
    """The light is red and nobody has said why."""
    if case.dealings.debt(Debt.EXPLANATION) is None:
        raise NothingOwed


def an_answer_was_missed(case: Case, _setting: Setting) -> None:
    """An answer was not given in time, and nobody was listed for it yet."""
    if case.dealings.interview or not any(owed.missed for owed in case.dealings.owed):
        raise NothingOwed


def parts_are_finished(case: Case, _setting: Setting) -> None:
    """Whoever is in charge reports back after those who assist."""
    waiting = [part.receiver for part in case.parts if part.blocks]
    if waiting:
        raise PartsOpen(receivers=", ".join(waiting))


def may_be_submitted(case: Case, setting: Setting) -> None:
    """The task type's own states have been gone through."""
    if not setting.procedure.may_submit(case.dealings.own_state):
        raise OwnStateOpen(own_state=case.dealings.own_state or "-")


def a_move_is_possible(case: Case, setting: Setting) -> None:
    """The task type has states of its own, and one of them can be reached from here."""
    if not setting.procedure.moves_from(case.dealings.own_state):
        raise MoveNotPossible(own_state=case.dealings.own_state or "-", move="-")


def move_leads_on(case: Case, occasion: Occasion) -> None:
    """The move named begins where the case is."""
    move = occasion.procedure.move(occasion.step.move)
    if move is None or move.source != case.dealings.own_state:
        raise MoveNotPossible(own_state=case.dealings.own_state or "-", move=occasion.step.move or "-")


def nobody_took_it(case: Case, setting: Setting) -> None:
    """The first to sign owns what was reported directly; the others are told who that is."""
    if case.owner or case.signed_at:
        raise TakenAlready(owner=case.owner or case.department_code)
    if not open_parts(case, setting, PartKind.DIRECT, PartState.OPEN):
        raise PartUnknown


def has_part_to_sign(case: Case, setting: Setting) -> None:
    """There is something that this person has not acknowledged."""
    if not any(open_parts(case, setting, kind, PartState.OPEN) for kind in PartKind if kind is not PartKind.DIRECT):
        raise PartUnknown


def has_part_to_arrive_for(case: Case, setting: Setting) -> None:
    """Somebody was called to the place and has not arrived."""
    if not [part for part in open_parts(case, setting, PartKind.SUMMONS) if part.arrived_at is None]:
        raise PartUnknown


def has_part_to_finish(case: Case, setting: Setting) -> None:
    """There is a part of this person's that is acknowledged and not finished."""
    if not any(open_parts(case, setting, kind, PartState.SIGNED) for kind in PartKind if kind is not PartKind.DIRECT):
        raise PartUnknown


def has_part_to_decline(case: Case, setting: Setting) -> None:
    """There is a part that this person has neither signed nor finished."""
    if not any(open_parts(case, setting, kind, PartState.OPEN) for kind in PartKind):
        raise PartUnknown


def open_parts(case: Case, setting: Setting, kind: PartKind, state: PartState | None = None) -> tuple[Part, ...]:
    """The unfinished parts of a kind that somebody may act for."""
    return tuple(
        part
        for part in parts_of(setting.actor, case)
        if part.kind is kind and part.unfinished and (state is None or part.state is state)
    )


def addressees_are_new(case: Case, occasion: Occasion) -> None:
    """Everybody gets one part at a time."""
    named = [addressee.receiver for addressee in occasion.step.addressees]
    taken = {part.receiver for part in case.parts if part.unfinished}
    for place, receiver in enumerate(named):
        if receiver in taken or receiver in named[:place]:
            raise ReceiverTwice(receiver=receiver)


def addressees_are_departments(_case: Case, occasion: Occasion) -> None:
    """Departments are called by their code."""
    for addressee in occasion.step.addressees:
        if addressee.receiver not in occasion.rulebook.department_codes:
            raise DepartmentUnknown(department=addressee.receiver)


def addressees_do_not_include_the_one_in_charge(case: Case, occasion: Occasion) -> None:
    """The department in charge does not assist itself."""
    if any(addressee.receiver == case.department_code for addressee in occasion.step.addressees):
        raise SameDepartment(department=case.department_code)


def checker_is_not_solver(case: Case, occasion: Occasion) -> None:
    """Whoever solved it, or was sent to, cannot be named to check it."""
    if occasion.step.assignee in people_who_worked(case):
        raise CheckerIsSolver(checker=occasion.step.assignee)


def judge_is_not_solver(case: Case, setting: Setting) -> None:
    """Whoever solved it cannot judge it, however they came to be named."""
    if setting.actor.id in people_who_worked(case):
        raise CheckerIsSolver(checker=setting.actor.id)


def closer_is_not_solver(case: Case, setting: Setting) -> None:
    """What somebody solved on the spot is looked at by somebody else before it is closed."""
    if setting.actor.id == case.solver:
        raise CheckerIsSolver(checker=setting.actor.id)


def people_who_worked(case: Case) -> frozenset[str]:
    """Everybody who ever solved the case or a part of it."""
    partners = {name for part in case.parts for name in (part.signed_by, part.done_by)}
    return frozenset({case.solver, case.handler, *case.dealings.solvers, *partners}) - {""}


def department_is_known(case: Case, occasion: Occasion) -> None:
    """A case goes to a department that exists."""
    department = occasion.step.department_code or case.department_code
    if department not in occasion.rulebook.department_codes:
        raise DepartmentUnknown(department=department or "-")


def has_a_department(case: Case, setting: Setting) -> None:
    """A department had the case before."""
    if case.department_code not in setting.rulebook.department_codes:
        raise DepartmentUnknown(department=case.department_code or "-")


def department_is_another(case: Case, occasion: Occasion) -> None:
    """A transfer names another department."""
    if not occasion.step.department_code:
        raise FieldInvalid(field="department_code", problem="must be given")
    if occasion.step.department_code == case.department_code:
        raise SameDepartment(department=case.department_code)


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


def correction_is_one(case: Case, occasion: Occasion) -> None:
    """The kind named is another one."""
    if not corrects_task_type(case, occasion.step):
        raise FieldInvalid(field="task_type", problem="must be another one")


def correction_leaves_the_department(case: Case, occasion: Occasion) -> None:
    """While a department works on it, a case is not corrected away from it."""
    department = occasion.step.department_code or occasion.task_type.department_code
    if department != case.department_code:
        raise DepartmentWouldChange(department=department)


def corrects_task_type(case: Case, step: Step) -> bool:
    """Whether the step says that the case is of another kind."""
    return step.task_type not in {"", case.task_type}


def nobody_holds_it(case: Case, _setting: Setting) -> None:
    """What somebody has taken or signed for is not offered to others."""
    if case.owner or case.signed_at:
        raise TakenAlready(owner=case.owner or case.department_code)


def stands_at_the_place(case: Case, occasion: Occasion) -> None:
    """Whoever was called arrives where the case is."""
    proofs.require(case, occasion.step, Proof(within_m=occasion.rulebook.windows.arrive_within_m))
