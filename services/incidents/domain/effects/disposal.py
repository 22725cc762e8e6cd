"""What the steps of the department do: sign, return, give to a handler, submit, report back, do again."""

from dataclasses import replace

from services.incidents.domain import loops
from services.incidents.domain.case import Case
from services.incidents.domain.dealings import Debt, Owed
from services.incidents.domain.effects.clock import paused, resumed
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.step import Draft, Effect, Occasion


def record_signature(draft: Draft, occasion: Occasion) -> Draft:
    """The department answers for the case from now on."""
    dealings = replace(draft.case.dealings, answerable=draft.case.department_code)
    return draft.to(replace(draft.case, signed_at=occasion.at, sign_due_at=None, dealings=dealings))


def take_back(draft: Draft, occasion: Occasion) -> Draft:
    """The department's time stands still and nobody is assigned any more."""
    before = draft.case
    dealings = replace(before.dealings, petition=None, own_state="")
    case = replace(
        before,
        return_count=before.return_count + 1,
        sign_due_at=None,
        signed_at=None,
        handler="",
        dealings=dealings,
    )
    return paused(draft.to(case), occasion)


def name_handler(draft: Draft, occasion: Occasion) -> Draft:
    """The department's own person for it."""
    return draft.to(replace(draft.case, handler=occasion.step.assignee))


def let_handler_go(draft: Draft, _occasion: Occasion) -> Draft:
    """The handler gives it back to the department."""
    dealings = replace(draft.case.dealings, petition=None, own_state="")
    return draft.to(replace(draft.case, handler="", dealings=dealings))


def move_on(draft: Draft, occasion: Occasion) -> Draft:
    """The case is in another of its task type's own states."""
    move = occasion.procedure.move(occasion.step.move)
    target = move.target if move else draft.case.dealings.own_state
    return draft.to(replace(draft.case, dealings=replace(draft.case.dealings, own_state=target)))


def record_solver(draft: Draft, occasion: Occasion) -> Draft:
    """Who says that it is done."""
    before = draft.case
    solvers = tuple(dict.fromkeys((*before.dealings.solvers, occasion.actor.id)))
    dealings = replace(before.dealings, solvers=solvers, petition=None)
    return draft.to(replace(before, solver=occasion.actor.id, disposed_at=occasion.at, dealings=dealings))


def undo_solution(draft: Draft, _occasion: Occasion) -> Draft:
    """It is not done after all."""
    return draft.to(replace(draft.case, disposed_at=None))


def answer_leg(draft: Draft, occasion: Occasion) -> Draft:
    """The loop that holds the case answers with the words of the step."""
    return loops.answer(draft, reply=occasion.step.opinion, at=occasion.at)


def answer_leg_on_the_spot(draft: Draft, occasion: Occasion) -> Draft:
    """The ground has answered by putting it right."""
    return loops.answer(draft, reply=occasion.step.opinion or loops.PUT_RIGHT, at=occasion.at)


def count_unable(draft: Draft, _occasion: Occasion) -> Draft:
    """Whoever was sent could not see; somebody is sent again."""
    dealings = replace(draft.case.dealings, unable_count=draft.case.dealings.unable_count + 1)
    return draft.to(replace(draft.case, checker="", dealings=dealings))


def send_again(draft: Draft, occasion: Occasion) -> Draft:
    """The same department does it again, in the time that was left; the loop begins a new leg."""
    before = draft.case
    case = replace(
        before,
        rework_count=before.rework_count + 1,
        dispatched_at=occasion.at,
        handler="",
        checker="",
        disposed_at=None,
        dealings=replace(before.dealings, own_state="", explained=False),
    )
    again = resumed(draft.to(case), occasion)
    if not before.leg.answered:
        return again
    return loops.open_next(
        again,
        loop_level=before.loop_level,
        receiver=occasion.step.receiver or before.leg.receiver,
        at=occasion.at,
        rulebook=occasion.rulebook,
        limits=occasion.procedure.loop_limits,
        cause=loops.REWORK,
    )


def note_problem_order(draft: Draft, occasion: Occasion) -> Draft:
    """What fails or is passed on too often is supervised from above."""
    case, most = draft.case, occasion.rulebook.windows.problem_count
    passed_on = case.return_count + case.dealings.transfer_count
    if case.dealings.problem_order or max(case.rework_count, passed_on) < most:
        return draft
    marked = replace(case, dealings=replace(case.dealings, problem_order=True))
    return owe_reply(draft.to(marked, Effect.PROBLEM_ORDER), occasion, asked_by="system")


def owe_reply(draft: Draft, occasion: Occasion, *, asked_by: str) -> Draft:
    """The department must answer to whoever supervises; one answer does for all who asked before."""
    case = draft.case
    if case.dealings.debt(Debt.SUPERVISION):
        return draft
    due = occasion.rulebook.due(Stage.REPLY, occasion.at)
    owed = Owed(kind=Debt.SUPERVISION, since=occasion.at, due_at=due, asked_by=asked_by)
    return draft.to(
        replace(case, dealings=replace(case.dealings, owed=(*case.dealings.owed, owed))), Effect.ANSWER_OWED
    )


def raise_loop(draft: Draft, occasion: Occasion) -> Draft:
    """The loop that let its time go by has answered by that; the one above begins."""
    raised = loops.open_next(
        answer_leg(draft, occasion),
        loop_level=draft.case.loop_level + 1,
        receiver=occasion.step.receiver or occasion.rulebook.dispatch_desk,
        at=occasion.at,
        rulebook=occasion.rulebook,
        limits=occasion.procedure.loop_limits,
        cause=occasion.step.cause or loops.CHOICE,
    )
    return raised.to(raised.case, Effect.LOOP_RAISED)


def lower_loop(draft: Draft, occasion: Occasion) -> Draft:
    """The upper loop gives it back to the one below, with its reason as the answer."""
    lowered = loops.open_next(
        answer_leg(draft, occasion),
        loop_level=draft.case.loop_level - 1,
        receiver=occasion.step.receiver or occasion.rulebook.dispatch_desk,
        at=occasion.at,
        rulebook=occasion.rulebook,
        limits=occasion.procedure.loop_limits,
        cause=loops.PUSHED_DOWN,
    )
    return lowered.to(lowered.case, Effect.LOOP_LOWERED)


def let_loop_rest(draft: Draft, _occasion: Occasion) -> Draft:
    """While a case rests, no loop lets its time go by."""
    return draft.to(replace(draft.case, loop_due_at=None))


def let_loop_go_on(draft: Draft, occasion: Occasion) -> Draft:
    """The loop has its whole time again; one that had answered already begins anew."""
    case = draft.case
    if case.leg.answered:
        return loops.open_next(
            draft,
            loop_level=case.loop_level,
            receiver=occasion.step.receiver or case.leg.receiver,
            at=occasion.at,
            rulebook=occasion.rulebook,
            limits=occasion.procedure.loop_limits,
            cause=loops.REWORK,
        )
    if case.loop_due_at is not None:
        return draft
    due = loops.loop_due(case.loop_level, occasion.at, occasion.rulebook, occasion.procedure.loop_limits)
    return draft.to(replace(case, loop_due_at=due))


def solved_on_the_spot(draft: Draft, occasion: Occasion) -> Draft:
    """Whoever found it has put it right; counted apart from what departments solve."""
    case: Case = draft.case
    return draft.to(replace(case, solver=occasion.actor.id, disposed_at=occasion.at))


def not_solved_on_the_spot(draft: Draft, _occasion: Occasion) -> Draft:
    """The desk does not accept that it was put right; it goes the usual way."""
    return draft.to(replace(draft.case, solver="", disposed_at=None))
