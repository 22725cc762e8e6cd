"""Presses for a case by itself: the rungs a task type declares, each fired once, whoever holds the case or nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import Case, Event
from services.incidents.domain.limits import Limit

LADDER_MAX: Final = 12
#: Two rungs of one moment stay two timers.
_APART: Final = timedelta(microseconds=1)


class UrgeBase(StrEnum):
    """From which moment a rung is counted."""

    REPORTED = "reported"
    YELLOW = "yellow"
    DEADLINE = "deadline"
    RED = "red"


class UrgeAction(StrEnum):
    """What a rung does."""

    URGE = "urge"
    SUPERVISE = "supervise"
    ESCALATE = "escalate"


EVENTS: Final[Mapping[UrgeAction, Event]] = MappingProxyType(
    {
        UrgeAction.URGE: Event.URGE,
        UrgeAction.SUPERVISE: Event.SUPERVISE,
        UrgeAction.ESCALATE: Event.ESCALATE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgeRung:
    """One rung: `after` the base, or at it; with the words it leaves in the history."""

    code: str
    base: UrgeBase
    after: Limit | None = None
    action: UrgeAction = UrgeAction.URGE
    words: str
    words_en: str = ""


def with_next_rung(case: Case, ladder: tuple[UrgeRung, ...], calendar: WorkCalendar) -> Case:
    """The case with the rung that comes next; a rung that has fired does not come again.

    What is counted from the light stands still with it: while the disposal time rests, only rungs from the report go
    on. The order of firing follows time, and for one moment the order in which the rungs were declared.
    """
    dealings = case.dealings
    if not ladder and not dealings.urge_next:
        return case
    moments = [] if case.state.ended else _moments(case, ladder, calendar)
    due_at, code = min(moments, default=(None, ""))
    if (dealings.urge_due_at, dealings.urge_next) == (due_at, code):
        return case
    return replace(case, dealings=replace(dealings, urge_due_at=due_at, urge_next=code))


def fired(case: Case) -> Case:
    """The case after its next rung has fired."""
    dealings = case.dealings
    done = (*dealings.urged, dealings.urge_next)
    return replace(case, dealings=replace(dealings, urged=done, urge_next="", urge_due_at=None))


def next_rung(case: Case, ladder: tuple[UrgeRung, ...]) -> UrgeRung | None:
    """The rung that comes next; None when the ladder no longer has it."""
    return next((rung for rung in ladder if rung.code == case.dealings.urge_next), None)


def _moments(case: Case, ladder: tuple[UrgeRung, ...], calendar: WorkCalendar) -> list[tuple[datetime, str]]:
    bases = {UrgeBase.REPORTED: case.reported_at}
    if case.countdown is not None and case.countdown.running:
        moments = case.countdown.moments
        bases |= {
            UrgeBase.YELLOW: moments.yellow_at,
            UrgeBase.DEADLINE: moments.deadline_at,
            UrgeBase.RED: moments.red_at,
        }
    return [
        (
            (calendar.deadline(bases[rung.base], rung.after) if rung.after else bases[rung.base]) + place * _APART,
            rung.code,
        )
        for place, rung in enumerate(ladder)
        if rung.base in bases and rung.code not in case.dealings.urged
    ]
