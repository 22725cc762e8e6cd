"""Raises a case from loop to loop (闭环): grid and community, sub-district, district; each loop must answer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from services.incidents.domain.case import Leg
from services.incidents.domain.limits import Limit
from services.incidents.domain.rulebook import LOOP_TOP, Rulebook
from services.incidents.domain.step import Draft, Effect

NO_LIMITS: Final[Mapping[int, Limit]] = MappingProxyType({})

#: Why a leg began.
TIME: Final = "time"
BEYOND_AUTHORITY: Final = "beyond_authority"
CHOICE: Final = "choice"
PUSHED_DOWN: Final = "pushed_down"
REWORK: Final = "rework"
CORRECTED: Final = "corrected"
CAUSES: Final = frozenset({BEYOND_AUTHORITY, CHOICE})

#: What a loop is taken to have answered when it let its time go by.
LIMIT_REACHED: Final = "LOOP_LIMIT_REACHED"
#: What the ground is taken to have answered when it put a thing right without a word.
PUT_RIGHT: Final = "PUT_RIGHT"


def first_leg(*, loop_level: int, receiver: str, at: datetime) -> Leg:
    """The leg with which a case begins."""
    return Leg(sequence=1, loop_level=loop_level, receiver=receiver, received_at=at)


def loop_due(
    loop_level: int, at: datetime, rulebook: Rulebook, limits: Mapping[int, Limit] = NO_LIMITS
) -> datetime | None:
    """When a loop's time is up, by the task type's ladder or the city's; None in the top loop, where the limit rules."""
    if loop_level >= LOOP_TOP:
        return None
    return rulebook.calendar.deadline(at, limits.get(loop_level) or rulebook.loop_limits[loop_level])


def answer(draft: Draft, *, reply: str, at: datetime) -> Draft:
    """Let the open leg end with a reply; one that is answered stays as it is."""
    if draft.case.leg.answered:
        return draft
    return draft.to_leg(replace(draft.case.leg, replied_at=at, reply=reply), None, Effect.LEG_ANSWERED)


def open_next(
    draft: Draft,
    *,
    loop_level: int,
    receiver: str,
    at: datetime,
    rulebook: Rulebook,
    limits: Mapping[int, Limit] = NO_LIMITS,
    cause: str = "",
) -> Draft:
    """Begin the next leg, after the one before was answered."""
    sequence = draft.case.leg.sequence + 1
    leg = Leg(sequence=sequence, loop_level=loop_level, receiver=receiver, received_at=at, cause=cause)
    return draft.to_leg(leg, loop_due(loop_level, at, rulebook, limits), Effect.LEG_OPENED)
