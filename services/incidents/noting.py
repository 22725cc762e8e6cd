"""Takes a step on a case beside something else that is done to it: a line of history, a merger, a move."""

from datetime import datetime

from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Case
from services.incidents.domain.step import Step
from services.incidents.domain.workflow import apply
from services.incidents.events import Teller
from services.incidents.store.reading import Stored
from services.incidents.store.writing import Change


def noted(stored: Stored, case: Case, step: Step, *, actor: Actor, at: datetime, city: City) -> Change:
    """The case as it is now with the step taken, ready to be saved over what was read; fails as the step does."""
    rulebook = city.rulebook
    outcome = apply(
        case,
        step,
        actor=actor,
        at=at,
        task_type=city.view.task_type(case.task_type, case.task_type_version),
        rulebook=rulebook,
        procedure=city.procedure_of(case),
    )
    teller = Teller(city.view, rulebook.signal_rules, at=outcome.entry.at)
    return Change(
        case=outcome.case,
        revision=stored.revision,
        entries=(outcome.entry,),
        legs=outcome.legs,
        set_timers=outcome.timers.set,
        cancelled=outcome.timers.cancel,
        events=teller.stepped(outcome, from_signal=stored.case.signal, evidence=stored.evidence),
    )
