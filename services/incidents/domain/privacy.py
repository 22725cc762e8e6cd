"""Decides who is told who brought a case: those who must call back, and nobody else when it was a private person."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from services.incidents.domain.actors import Actor, Role, acting_role
from services.incidents.domain.case import Case, Event, HistoryEntry, Source

#: These report in the course of duty.
OFFICIAL_SOURCES: Final = frozenset({Source.GRID_WORKER, Source.VIDEO, Source.TRANSFER})
#: These call the reporter back.
CALLERS_BACK: Final[frozenset[str]] = frozenset({Role.ACCEPTOR, Role.DUTY_CHIEF})
#: These come from outside of the city's offices.
FRONT_ROLES: Final = frozenset({"resident", "volunteer"})
#: With these a case says what became of it; what a department reports back is told when the centre has closed.
ANSWERS: Final = frozenset(
    {Event.REJECT, Event.REFUSE_FILING, Event.FEEDBACK, Event.CLOSE, Event.FORCE_CLOSE, Event.CANCEL}
)
#: What private people are shown of a history.
FRONT_EVENTS: Final = ANSWERS | {
    *(Event.REPORT, Event.ACCEPT, Event.REGISTER, Event.DISPATCH, Event.SIGN, Event.TAKE),
    *(Event.REOPEN, Event.RATE, Event.SELF_DISPOSE),
}
SERVICE_ROLE: Final = "service"


def knows_reporter(case: Case, actor: Actor) -> bool:
    """Whether somebody may be told who brought the case."""
    return (
        case.source in OFFICIAL_SOURCES
        or actor.id == case.reporter
        or any(grant.role == SERVICE_ROLE for grant in actor.grants)
        or acting_role(actor, case, CALLERS_BACK) is not None
    )


def stands_in_front(actor: Actor) -> bool:
    """Whether somebody comes to the city as a private person, who is told results and not how they came about."""
    return all(grant.role in FRONT_ROLES for grant in actor.grants)


def front_lines(case: Case, entries: Iterable[HistoryEntry], actor: Actor) -> tuple[HistoryEntry, ...]:
    """One thread: what was reported, that it is worked on, and the answer once the case has ended (前台答复)."""
    told = ANSWERS if case.state.ended else frozenset[Event]()
    return tuple(
        entry if entry.actor == actor.id or entry.event in told else replace(entry, opinion="", opinion_en="")
        for entry in entries
        if entry.event in FRONT_EVENTS or entry.actor == actor.id
    )


def without_reporter(case: Case) -> Case:
    """The case as others see it."""
    return replace(case, reporter="")


def line_without_reporter(entry: HistoryEntry, reporter: str) -> HistoryEntry:
    """A line of history as others see it."""
    actor = "" if entry.actor == reporter else entry.actor
    receiver = "" if entry.receiver == reporter else entry.receiver
    return replace(entry, actor=actor, receiver=receiver)
