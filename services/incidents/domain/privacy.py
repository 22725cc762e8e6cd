"""Decides who is told who brought a case: those who must call back, and nobody else when it was a private person."""

from dataclasses import replace
from typing import Final

from services.incidents.domain.actors import Actor, Role, acting_role
from services.incidents.domain.case import Case, HistoryEntry, Source

#: These report in the course of duty.
OFFICIAL_SOURCES: Final = frozenset({Source.GRID_WORKER, Source.VIDEO, Source.TRANSFER})
#: These call the reporter back.
CALLERS_BACK: Final[frozenset[str]] = frozenset({Role.ACCEPTOR, Role.DUTY_CHIEF})
SERVICE_ROLE: Final = "service"


def knows_reporter(case: Case, actor: Actor) -> bool:
    """Whether somebody may be told who brought the case."""
    return (
        case.source in OFFICIAL_SOURCES
        or actor.id == case.reporter
        or any(grant.role == SERVICE_ROLE for grant in actor.grants)
        or acting_role(actor, case, CALLERS_BACK) is not None
    )


def without_reporter(case: Case) -> Case:
    """The case as others see it."""
    return replace(case, reporter="")


def line_without_reporter(entry: HistoryEntry, reporter: str) -> HistoryEntry:
    """A line of history as others see it."""
    actor = "" if entry.actor == reporter else entry.actor
    receiver = "" if entry.receiver == reporter else entry.receiver
    return replace(entry, actor=actor, receiver=receiver)
