"""What the centre's steps do: take in, look, open, correct, send out."""

from dataclasses import replace

from services.incidents.domain import loops
from services.incidents.domain.dealings import Finding
from services.incidents.domain.effects.clock import recounted, resumed, started
from services.incidents.domain.guards import corrects_task_type
from services.incidents.domain.parts import Part, PartKind, PartState, next_sequence
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.step import Draft, Effect, Occasion


def correct_task_type(draft: Draft, occasion: Occasion) -> Draft:
    """The case is of another kind: it lives by that one's newest version and goes where that one goes.

    The department and whoever is on duty for it come with the step, as the router found them.
    """
    if not corrects_task_type(draft.case, occasion.step):
        return draft
    task_type, step = occasion.task_type, occasion.step
    case = replace(
        draft.case,
        task_type=task_type.code,
        task_type_version=task_type.version,
        emergency=task_type.emergency,
        filing_condition="",
        department_code=step.department_code or task_type.department_code,
    )
    corrected = draft.to(case, Effect.TASK_TYPE_CORRECTED)
    moved = step.loop_level not in {0, case.loop_level}
    if case.leg.answered or not (moved or step.receiver not in {"", case.leg.receiver}):
        return corrected
    answered = loops.answer(corrected, reply=loops.CORRECTED, at=occasion.at)
    return loops.open_next(
        answered,
        loop_level=step.loop_level or case.loop_level,
        receiver=step.receiver or case.leg.receiver,
        at=occasion.at,
        rulebook=occasion.rulebook,
        limits=occasion.procedure.loop_limits,
        cause=loops.CORRECTED,
    )


def fix_limit(draft: Draft, occasion: Occasion) -> Draft:
    """The filing condition fixes the time and what must be true in the end."""
    condition = occasion.task_type.condition(occasion.step.filing_condition)
    dealings, rulebook = draft.case.dealings, occasion.rulebook
    whole = occasion.procedure.whole_limit
    case = replace(
        draft.case,
        filing_condition=condition.code,
        closing_condition=condition.closing_condition,
        closing_condition_en=condition.closing_condition_en,
        limit=rulebook.limit_for(condition.limit, dealings.priority),
        registered_at=occasion.at,
        dealings=replace(
            dealings,
            basis=condition.limit,
            whole_due_at=rulebook.calendar.deadline(draft.case.reported_at, whole) if whole else None,
        ),
    )
    return draft.to(case, Effect.LIMIT_FIXED)


def fix_limit_anew(draft: Draft, occasion: Occasion) -> Draft:
    """A case that was opened already gets the time of its new kind, counted from when time began to run."""
    if draft.case.registered_at is None:
        return draft
    fixed = fix_limit(draft, occasion)
    case = replace(fixed.case, registered_at=draft.case.registered_at)
    return recounted(fixed.to(case), occasion)


def set_priority(draft: Draft, occasion: Occasion) -> Draft:
    """How pressing it is decides how much of its limit it gets."""
    priority = occasion.step.priority or draft.case.dealings.priority
    dealings = replace(draft.case.dealings, priority=priority)
    limit = occasion.rulebook.limit_for(dealings.basis, priority) if dealings.basis else draft.case.limit
    changed = draft.to(replace(draft.case, dealings=dealings, limit=limit), Effect.PRIORITY_CHANGED)
    return recounted(changed, occasion)


def hold_desk_time(draft: Draft, occasion: Occasion) -> Draft:
    """The desk's own time stands still while somebody looks at the place."""
    before = draft.case.dealings
    left = occasion.desk_due_at - occasion.at if occasion.desk_due_at else None
    return draft.to(replace(draft.case, dealings=replace(before, desk_left=left)))


def resume_desk_time(draft: Draft, occasion: Occasion) -> Draft:
    """The desk goes on with what it had left."""
    left = draft.case.dealings.desk_left
    if left is None:
        return draft
    due = occasion.at + left
    dealings = replace(draft.case.dealings, desk_left=None)
    return draft.to(replace(draft.case, stage_due_at=due if due > occasion.at else None, dealings=dealings))


def found(finding: Finding) -> "Finder":
    """The effect that writes down what was found."""
    return Finder(finding)


class Finder:
    """Writes down what somebody found who was sent to look, and lets them go."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding

    def __call__(self, draft: Draft, _occasion: Occasion) -> Draft:
        dealings = replace(draft.case.dealings, finding=self._finding)
        return draft.to(replace(draft.case, checker="", dealings=dealings))


def send_to_department(draft: Draft, occasion: Occasion) -> Draft:
    """The disposal time runs from here: anew for a new department, on with what is left for the same one."""
    before = draft.case
    department = occasion.step.department_code or before.department_code
    case = replace(before, department_code=department, handler="", dispatched_at=occasion.at)
    if not before.dealings.answerable:
        case = replace(case, dealings=replace(case.dealings, answerable=department))
    sent = _give_ordered_steps(draft.to(case), occasion)
    if before.countdown is None:
        return started(sent, occasion, Effect.COUNTDOWN_STARTED)
    if department == before.department_code:
        return resumed(sent, occasion)
    return started(sent, occasion, Effect.COUNTDOWN_RESTARTED, Effect.DEPARTMENT_CHANGED)


def pass_on(draft: Draft, occasion: Occasion) -> Draft:
    """Another department gets the case and the whole time; the one that had it answers until that one signs."""
    before = draft.case
    case = replace(
        before,
        department_code=occasion.step.department_code,
        handler="",
        dispatched_at=occasion.at,
        dealings=replace(
            before.dealings, transfer_count=before.dealings.transfer_count + 1, petition=None, own_state=""
        ),
    )
    return started(draft.to(case), occasion, Effect.COUNTDOWN_RESTARTED, Effect.DEPARTMENT_CHANGED)


def await_signature(draft: Draft, occasion: Occasion) -> Draft:
    """The department must sign within its time."""
    due = occasion.rulebook.due(Stage.DEPARTMENT_SIGN, occasion.at)
    return draft.to(replace(draft.case, sign_due_at=due, sign_missed_count=0, signed_at=None))


def forget_department(draft: Draft, _occasion: Occasion) -> Draft:
    """Back at the acceptor it is no department's any more, and its opening counts no longer."""
    case = replace(draft.case, registered_at=None, handler="", dealings=replace(draft.case.dealings, finding=None))
    return draft.to(case)


def name_checker(draft: Draft, occasion: Occasion) -> Draft:
    """Who is to look."""
    return draft.to(replace(draft.case, checker=occasion.step.assignee))


def _give_ordered_steps(draft: Draft, occasion: Occasion) -> Draft:
    """The first time a case goes out, each department of its procedure gets its step; the first begins."""
    steps = occasion.procedure.ordered_steps
    if not steps or any(part.kind is PartKind.STEP for part in draft.case.parts):
        return draft
    number = next_sequence(draft.case.parts)
    parts = tuple(
        Part(
            sequence=number + place,
            kind=PartKind.STEP,
            receiver=step.department_code,
            place=place + 1,
            limit=step.limit,
            given_by=occasion.actor.id,
            given_at=occasion.at,
            due_at=occasion.rulebook.calendar.deadline(occasion.at, step.limit) if place == 0 else None,
            state=PartState.OPEN if place == 0 else PartState.WAITING,
        )
        for place, step in enumerate(steps)
    )
    return draft.to(replace(draft.case, parts=draft.case.parts + parts), Effect.PARTS_GIVEN)
