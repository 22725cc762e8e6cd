"""Does what a step changes besides the state: people named, times written, the countdown started or stopped."""

from dataclasses import replace

from services.incidents.domain import countdown, loops
from services.incidents.domain.case import Case
from services.incidents.domain.guards import corrects_task_type
from services.incidents.domain.light import is_overdue, light_of
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.step import Draft, Effect, Occasion


def correct_task_type(draft: Draft, occasion: Occasion) -> Draft:
    """The case is of another kind: it lives by that one's newest version and goes to that one's department."""
    if not corrects_task_type(draft.case, occasion.step):
        return draft
    task_type = occasion.task_type
    case = replace(
        draft.case,
        task_type=task_type.code,
        task_type_version=task_type.version,
        emergency=task_type.emergency,
        filing_condition="",
        department_code=occasion.step.department_code or task_type.department_code,
    )
    return draft.to(case, Effect.TASK_TYPE_CORRECTED)


def fix_limit(draft: Draft, occasion: Occasion) -> Draft:
    """The filing condition fixes the time and what must be true in the end."""
    condition = occasion.task_type.condition(occasion.step.filing_condition)
    case = replace(
        draft.case,
        filing_condition=condition.code,
        closing_condition=condition.closing_condition,
        closing_condition_en=condition.closing_condition_en,
        limit=condition.limit,
        registered_at=occasion.at,
    )
    return draft.to(case, Effect.LIMIT_FIXED)


def send_to_department(draft: Draft, occasion: Occasion) -> Draft:
    """The disposal time runs from here: anew for a new department, on with what is left for the same one."""
    before = draft.case
    department = occasion.step.department_code or before.department_code
    case = replace(before, department_code=department, handler="", dispatched_at=occasion.at)
    if before.countdown is None:
        return _started(draft, case, occasion, Effect.COUNTDOWN_STARTED)
    if department == before.department_code:
        return _resumed(draft, case, occasion)
    return _started(draft, case, occasion, Effect.COUNTDOWN_RESTARTED, Effect.DEPARTMENT_CHANGED)


def await_signature(draft: Draft, occasion: Occasion) -> Draft:
    """The department must sign within its time."""
    limit = occasion.rulebook.stage_limits[Stage.DEPARTMENT_SIGN]
    due = occasion.rulebook.calendar.deadline(occasion.at, limit)
    return draft.to(replace(draft.case, sign_due_at=due, sign_missed_count=0, signed_at=None))


def record_signature(draft: Draft, occasion: Occasion) -> Draft:
    """The department answers for the case from now on."""
    return draft.to(replace(draft.case, signed_at=occasion.at, sign_due_at=None))


def take_back(draft: Draft, occasion: Occasion) -> Draft:
    """The department's time stands still and nobody is assigned any more."""
    before = draft.case
    case = replace(before, return_count=before.return_count + 1, sign_due_at=None, signed_at=None, handler="")
    if case.countdown is None:
        return draft.to(case)
    paused = countdown.pause(case.countdown, occasion.at, occasion.rulebook.calendar)
    return draft.to(replace(case, countdown=paused), Effect.COUNTDOWN_PAUSED)


def name_handler(draft: Draft, occasion: Occasion) -> Draft:
    """The department's own person for it."""
    return draft.to(replace(draft.case, handler=occasion.step.assignee))


def record_solver(draft: Draft, occasion: Occasion) -> Draft:
    """Who says that it is done."""
    return draft.to(replace(draft.case, solver=occasion.actor.id, disposed_at=occasion.at))


def stop_countdown(draft: Draft, occasion: Occasion) -> Draft:
    """The department's time ends, desk time included."""
    case = draft.case
    if case.countdown is None or case.countdown.stopped_at is not None:
        return draft
    stopped = countdown.stop(case.countdown, occasion.at, occasion.rulebook.calendar)
    return draft.to(replace(case, countdown=stopped, sign_due_at=None), Effect.COUNTDOWN_STOPPED)


def answer_leg(draft: Draft, occasion: Occasion) -> Draft:
    """The loop that holds the case answers with the words of the step."""
    return loops.answer(draft, reply=occasion.step.opinion, at=occasion.at)


def name_checker(draft: Draft, occasion: Occasion) -> Draft:
    """Who is to look."""
    return draft.to(replace(draft.case, checker=occasion.step.assignee))


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
    )
    return loops.open_next(
        _resumed(draft, case, occasion),
        loop_level=before.loop_level,
        receiver=occasion.step.receiver or before.leg.receiver,
        at=occasion.at,
        rulebook=occasion.rulebook,
    )


def raise_loop(draft: Draft, occasion: Occasion) -> Draft:
    """The loop that let its time go by has answered by that; the one above begins."""
    raised = loops.open_next(
        answer_leg(draft, occasion),
        loop_level=draft.case.loop_level + 1,
        receiver=occasion.step.receiver or occasion.rulebook.dispatch_desk,
        at=occasion.at,
        rulebook=occasion.rulebook,
    )
    return raised.to(raised.case, Effect.LOOP_RAISED)


def end_case(draft: Draft, occasion: Occasion) -> Draft:
    """Nothing is due any more."""
    case = replace(draft.case, closed_at=occasion.at, stage_due_at=None, sign_due_at=None, loop_due_at=None)
    return draft.to(case, Effect.CASE_ENDED)


def record_rating(draft: Draft, occasion: Occasion) -> Draft:
    """The reporter's judgement."""
    step = occasion.step
    case = replace(draft.case, rating=step.rating, rating_comment=step.opinion, rated_at=occasion.at)
    return draft.to(case, Effect.CASE_RATED)


def tell_reporter(draft: Draft, _occasion: Occasion) -> Draft:
    """The reporter is told of this stage."""
    return draft.to(draft.case, Effect.REPORTER_TOLD)


def refresh_light(draft: Draft, occasion: Occasion) -> Draft:
    """After every step: the light and the overdue mark as they are at this moment."""
    light = light_of(draft.case, occasion.at, occasion.rulebook.signal_rules)
    overdue = is_overdue(draft.case, occasion.at)
    changed: list[Effect] = []
    if light != draft.case.signal:
        changed.append(Effect.SIGNAL_CHANGED)
    if overdue and not draft.case.overdue:
        changed.append(Effect.DEADLINE_PASSED)
    return draft.to(replace(draft.case, signal=light, overdue=overdue), *changed)


def _started(draft: Draft, case: Case, occasion: Occasion, *effects: Effect) -> Draft:
    limit = case.limit or occasion.task_type.usual_condition.limit
    rulebook = occasion.rulebook
    begun = countdown.start(occasion.at, limit, rulebook.calendar, rulebook.signal_rules)
    return draft.to(replace(case, limit=limit, countdown=begun), *effects)


def _resumed(draft: Draft, case: Case, occasion: Occasion) -> Draft:
    if case.countdown is None or case.countdown.running:
        return draft.to(case)
    rulebook = occasion.rulebook
    resumed = countdown.resume(case.countdown, occasion.at, rulebook.calendar, rulebook.signal_rules)
    return draft.to(replace(case, countdown=resumed), Effect.COUNTDOWN_RESUMED)
