"""Does what a timer asks for when its moment has come: change the light, mark a missed signature, raise a loop."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.incidents.domain.actors import SYSTEM
from services.incidents.domain.case import Case, Event
from services.incidents.domain.light import light_of
from services.incidents.domain.loops import LIMIT_REACHED
from services.incidents.domain.rulebook import Rulebook, Stage
from services.incidents.domain.signal import Signal
from services.incidents.domain.step import Effect, Outcome, Step
from services.incidents.domain.tasktypes import TaskType
from services.incidents.domain.timers import LOOP_RUNGS, Rung, Timer, TimerPlan, plan, timers_of
from services.incidents.domain.workflow import apply

_SEVERITY: Final = {Signal.GREEN: 0, Signal.YELLOW: 1, Signal.RED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """What a timer did.

    The version of the case rises only with a step, which `outcome` then holds: a light that changes by itself
    makes nobody's decision out of date.
    """

    case: Case
    rung: Rung
    from_signal: Signal
    effects: tuple[Effect, ...]
    timers: TimerPlan
    outcome: Outcome | None = None


def fire(
    case: Case, rung: Rung, *, at: datetime, task_type: TaskType, rulebook: Rulebook, receiver: str = ""
) -> Firing | None:
    """Fire one rung; None when the case no longer has it or its moment has moved.

    However late the worker comes, each rung is judged by its own moment, so that yellow and red are both told,
    and a light that is worse already is never made better. `receiver` takes the case over in the next loop.
    """
    timer = next((timer for timer in timers_of(case) if timer.rung is rung), None)
    if timer is None or timer.due_at > at:
        return None
    if rung in LOOP_RUNGS.values():
        step = Step(event=Event.ESCALATE, opinion=LIMIT_REACHED, receiver=receiver)
        outcome = apply(case, step, actor=SYSTEM, at=at, task_type=task_type, rulebook=rulebook)
        return Firing(
            case=outcome.case,
            rung=rung,
            from_signal=case.signal,
            effects=outcome.effects,
            timers=outcome.timers,
            outcome=outcome,
        )
    return _mark(case, timer, rulebook)


def _mark(case: Case, timer: Timer, rulebook: Rulebook) -> Firing:
    effects: list[Effect] = []
    marked = case
    if timer.rung is Rung.SIGN:
        marked = _sign_missed(case, timer.due_at, rulebook)
        effects.append(Effect.SIGN_MISSED)
    if timer.rung is Rung.STAGE:
        marked = replace(case, stage_due_at=None)
        effects.append(Effect.STAGE_MISSED)
    if timer.rung is Rung.DEADLINE and not case.overdue:
        marked = replace(case, overdue=True)
        effects.append(Effect.DEADLINE_PASSED)
    light = light_of(marked, timer.due_at, rulebook.signal_rules)
    if _SEVERITY[light] > _SEVERITY[case.signal]:
        marked = replace(marked, signal=light)
        effects.append(Effect.SIGNAL_CHANGED)
    return Firing(
        case=marked,
        rung=timer.rung,
        from_signal=case.signal,
        effects=tuple(effects),
        timers=plan(case, marked, timer.due_at),
    )


def _sign_missed(case: Case, due_at: datetime, rulebook: Rulebook) -> Case:
    missed = case.sign_missed_count + 1
    limit = rulebook.stage_limits[Stage.DEPARTMENT_SIGN]
    again = missed < rulebook.signal_rules.red_sign_misses
    next_due = rulebook.calendar.deadline(due_at, limit) if again else None
    return replace(case, sign_missed_count=missed, sign_due_at=next_due)
