"""Does what a timer asks for when its moment has come: change the light, mark what was missed, raise a loop, go on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from services.incidents.domain import loops
from services.incidents.domain.actors import SYSTEM
from services.incidents.domain.case import Case, Event
from services.incidents.domain.effects.clock import owe_explanation
from services.incidents.domain.light import light_of
from services.incidents.domain.parts import changed, next_due
from services.incidents.domain.procedure import USUAL, Procedure
from services.incidents.domain.rulebook import LOOP_TOP, Rulebook, Stage
from services.incidents.domain.signal import Signal
from services.incidents.domain.step import Effect, Outcome, Step
from services.incidents.domain.table import ROWS
from services.incidents.domain.tasktypes import TaskType
from services.incidents.domain.timers import LOOP_RUNGS, Rung, Timer, TimerPlan, plan, timers_of
from services.incidents.domain.urging import EVENTS, fired, next_rung
from services.incidents.domain.workflow import apply

_SEVERITY: Final = {Signal.GREEN: 0, Signal.YELLOW: 1, Signal.RED: 2}

#: What time itself writes into the history when it takes a step.
SUSPENSION_OVER: Final = "SUSPENSION_OVER"
ANSWER_MISSED: Final = "ANSWER_MISSED"
CALENDAR_CHANGED: Final = "CALENDAR_CHANGED"

#: These rungs take a step of the table; the others only mark the case.
_STEPS: Final[Mapping[Rung, Step]] = MappingProxyType(
    {
        **{
            rung: Step(event=Event.ESCALATE, opinion=loops.LIMIT_REACHED, cause=loops.TIME)
            for rung in LOOP_RUNGS.values()
        },
        Rung.RESUME: Step(event=Event.RESUME, opinion=SUSPENSION_OVER),
        Rung.RECOUNT: Step(event=Event.RECOUNT, opinion=CALENDAR_CHANGED),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """What a timer did.

    The version of the case rises only with a step, which `outcome` then holds: a light that changes by itself
    makes nobody's decision out of date.
    """

    case: Case
    rung: Rung
    due_at: datetime
    from_signal: Signal
    effects: tuple[Effect, ...]
    timers: TimerPlan
    outcome: Outcome | None = None


def fire(
    case: Case,
    rung: Rung,
    *,
    at: datetime,
    task_type: TaskType,
    rulebook: Rulebook,
    procedure: Procedure = USUAL,
    receiver: str = "",
) -> Firing | None:
    """Fire one rung; None when the case no longer has it or its moment has moved.

    However late the worker comes, each rung is judged by its own moment, so that yellow and red are both told,
    and a light that is worse already is never made better. `receiver` takes the case over in the next loop.
    """
    timer = _timer(case, rung, at)
    if timer is None or timer.due_at > at:
        return None
    begun, step = (fired(case), _pressed(case, procedure)) if rung is Rung.URGE else (case, _STEPS.get(rung))
    if rung is Rung.URGE and step is None:
        return None
    marked: Firing | None = None
    if step is None:
        marked = _mark(case, timer, rulebook.at_place(case.area_path))
        if rung is not Rung.ANSWER or case.dealings.interview:
            return marked
        # Whoever let the time for an answer go by is listed for an interview, and that is a line in the history.
        step = Step(event=Event.LIST_FOR_INTERVIEW, opinion=ANSWER_MISSED)
    outcome = apply(
        marked.case if marked else begun,
        replace(step, receiver=receiver),
        actor=SYSTEM,
        at=at,
        task_type=task_type,
        rulebook=rulebook,
        procedure=procedure,
    )
    outcome = replace(
        outcome,
        timers=plan(case, outcome.case, timer.due_at),
        effects=(*(marked.effects if marked else ()), *outcome.effects),
    )
    return Firing(
        case=outcome.case,
        rung=rung,
        due_at=timer.due_at,
        from_signal=case.signal,
        effects=outcome.effects,
        timers=outcome.timers,
        outcome=outcome,
    )


def _pressed(case: Case, procedure: Procedure) -> Step | None:
    """What the next rung of the ladder does; a case that cannot rise any more is supervised instead."""
    rung = next_rung(case, procedure.ladder)
    if rung is None:
        return None
    event = EVENTS[rung.action]
    if event is Event.ESCALATE and (case.loop_level >= LOOP_TOP or (case.state, event) not in ROWS):
        event = Event.SUPERVISE
    return Step(event=event, opinion=rung.words, opinion_en=rung.words_en, cause=loops.TIME)


def _timer(case: Case, rung: Rung, at: datetime) -> Timer | None:
    if rung is Rung.RECOUNT:
        return Timer(rung, at) if case.countdown is not None and not case.state.ended else None
    return next((timer for timer in timers_of(case) if timer.rung is rung), None)


def _mark(case: Case, timer: Timer, rulebook: Rulebook) -> Firing:
    marked, effects = _MARKS[timer.rung](case, timer.due_at, rulebook)
    light = light_of(marked, timer.due_at, rulebook.signal_rules)
    if _SEVERITY[light] > _SEVERITY[case.signal]:
        marked = replace(marked, signal=light)
        effects += (Effect.SIGNAL_CHANGED,)
        owing = owe_explanation(marked, timer.due_at, rulebook)
        if owing is not marked:
            marked, effects = owing, (*effects, Effect.ANSWER_OWED)
    return Firing(
        case=marked,
        rung=timer.rung,
        due_at=timer.due_at,
        from_signal=case.signal,
        effects=effects,
        timers=plan(case, marked, timer.due_at),
    )


Marked = tuple[Case, tuple[Effect, ...]]


def _light_only(case: Case, _due_at: datetime, _rulebook: Rulebook) -> Marked:
    return case, ()


def _stage_missed(case: Case, _due_at: datetime, _rulebook: Rulebook) -> Marked:
    return replace(case, stage_due_at=None), (Effect.STAGE_MISSED,)


def _deadline_passed(case: Case, _due_at: datetime, _rulebook: Rulebook) -> Marked:
    return replace(case, overdue=True), () if case.overdue else (Effect.DEADLINE_PASSED,)


def _sign_missed(case: Case, due_at: datetime, rulebook: Rulebook) -> Marked:
    missed = case.sign_missed_count + 1
    again = missed < rulebook.signal_rules.red_sign_misses
    next_due_at = rulebook.due(Stage.DEPARTMENT_SIGN, due_at) if again else None
    return replace(case, sign_missed_count=missed, sign_due_at=next_due_at), (Effect.SIGN_MISSED,)


def _answer_missed(case: Case, due_at: datetime, _rulebook: Rulebook) -> Marked:
    owed = tuple(replace(debt, missed=True) if debt.due_at <= due_at else debt for debt in case.dealings.owed)
    return replace(case, dealings=replace(case.dealings, owed=owed)), (Effect.ANSWER_MISSED,)


def _part_missed(case: Case, _due_at: datetime, _rulebook: Rulebook) -> Marked:
    part = next_due(case.parts)
    parts = changed(case.parts, replace(part, missed=True)) if part else case.parts
    return replace(case, parts=parts), (Effect.PART_MISSED,)


def _unclaimed(case: Case, _due_at: datetime, _rulebook: Rulebook) -> Marked:
    return replace(case, dealings=replace(case.dealings, claim_due_at=None)), (Effect.UNCLAIMED,)


def _whole_missed(case: Case, _due_at: datetime, _rulebook: Rulebook) -> Marked:
    return replace(case, dealings=replace(case.dealings, whole_due_at=None)), (Effect.WHOLE_MISSED,)


_MARKS: Final[Mapping[Rung, Callable[[Case, datetime, Rulebook], Marked]]] = MappingProxyType(
    {
        Rung.STAGE: _stage_missed,
        Rung.SIGN: _sign_missed,
        Rung.YELLOW: _light_only,
        Rung.DEADLINE: _deadline_passed,
        Rung.RED: _light_only,
        Rung.ANSWER: _answer_missed,
        Rung.PART: _part_missed,
        Rung.CLAIM: _unclaimed,
        Rung.WHOLE: _whole_missed,
    }
)
