"""What steps do to the disposal time: start it, let it stand, go on, count again, stop; and the light that follows."""

from dataclasses import replace
from datetime import datetime

from services.incidents.domain import countdown
from services.incidents.domain.case import Case
from services.incidents.domain.dealings import Debt, Owed
from services.incidents.domain.light import is_overdue, light_of
from services.incidents.domain.rulebook import Rulebook, Stage
from services.incidents.domain.signal import Signal
from services.incidents.domain.step import Draft, Effect, Occasion


def started(draft: Draft, occasion: Occasion, *effects: Effect) -> Draft:
    """The whole time begins; a case that was never opened has the usual one."""
    case, rulebook = draft.case, occasion.rulebook
    basis = case.dealings.basis or case.limit or occasion.task_type.usual_condition.limit
    limit = rulebook.limit_for(basis, case.dealings.priority)
    begun = countdown.start(occasion.at, limit, rulebook.calendar, rulebook.signal_rules)
    dealings = replace(case.dealings, basis=basis, extension_count=0)
    return draft.to(replace(case, limit=limit, countdown=begun, dealings=dealings), *effects)


def resumed(draft: Draft, occasion: Occasion) -> Draft:
    """It goes on with what was left; where it never ran, it begins."""
    case, rulebook = draft.case, occasion.rulebook
    if case.countdown is None:
        return started(draft, occasion, Effect.COUNTDOWN_STARTED)
    if case.countdown.running:
        return draft
    going = countdown.resume(case.countdown, occasion.at, rulebook.calendar, rulebook.signal_rules)
    return draft.to(replace(case, countdown=going), Effect.COUNTDOWN_RESUMED)


def paused(draft: Draft, occasion: Occasion) -> Draft:
    """It stands still."""
    case = draft.case
    if case.countdown is None or not case.countdown.running:
        return draft
    still = countdown.pause(case.countdown, occasion.at, occasion.rulebook.calendar)
    return draft.to(replace(case, countdown=still), Effect.COUNTDOWN_PAUSED)


def recounted(draft: Draft, occasion: Occasion) -> Draft:
    """The same stretches are counted by the limit and the calendar as they are now; extensions stay granted."""
    case, rulebook = draft.case, occasion.rulebook
    if case.countdown is None or case.limit is None:
        return draft
    limit = replace(case.limit, value=case.limit.value * (1 + case.dealings.extension_count))
    again = countdown.recount(case.countdown, limit, rulebook.calendar, rulebook.signal_rules)
    if again == case.countdown:
        return draft
    return draft.to(replace(case, countdown=again), Effect.COUNTDOWN_RECOUNTED)


def stop_countdown(draft: Draft, occasion: Occasion) -> Draft:
    """The department's time ends, desk time included."""
    case = draft.case
    if case.countdown is None or case.countdown.stopped_at is not None:
        return draft
    stopped = countdown.stop(case.countdown, occasion.at, occasion.rulebook.calendar)
    return draft.to(replace(case, countdown=stopped, sign_due_at=None), Effect.COUNTDOWN_STOPPED)


def refresh_light(draft: Draft, occasion: Occasion) -> Draft:
    """After every step: the light and the overdue mark as they are at this moment, and what red makes owed."""
    light = light_of(draft.case, occasion.at, occasion.rulebook.signal_rules)
    overdue = is_overdue(draft.case, occasion.at)
    changed: list[Effect] = []
    if light != draft.case.signal:
        changed.append(Effect.SIGNAL_CHANGED)
    if overdue and not draft.case.overdue:
        changed.append(Effect.DEADLINE_PASSED)
    case = replace(draft.case, signal=light, overdue=overdue)
    owing = owe_explanation(case, occasion.at, occasion.rulebook)
    if owing is not case:
        changed.append(Effect.ANSWER_OWED)
    return draft.to(owing, *changed)


def owe_explanation(case: Case, at: datetime, rulebook: Rulebook) -> Case:
    """Whoever lets a case turn red must say why, once for each time it is worked on."""
    dealings = case.dealings
    asked = dealings.explained or dealings.debt(Debt.EXPLANATION)
    if case.state.ended or case.signal is not Signal.RED or asked:
        return case
    owed = Owed(kind=Debt.EXPLANATION, since=at, due_at=rulebook.due(Stage.EXPLAIN, at), asked_by="system")
    return replace(case, dealings=replace(dealings, owed=(*dealings.owed, owed)))
