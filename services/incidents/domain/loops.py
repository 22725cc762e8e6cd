"""Raises a case from loop to loop (闭环): grid and community, sub-district, district; each loop must answer."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.incidents.domain.case import Leg
from services.incidents.domain.rulebook import LOOP_TOP, Rulebook
from services.incidents.domain.step import Draft, Effect

#: What a loop is taken to have answered when it let its time go by.
LIMIT_REACHED: Final = "LOOP_LIMIT_REACHED"


def first_leg(*, loop_level: int, receiver: str, at: datetime) -> Leg:
    """The leg with which a case begins."""
    return Leg(sequence=1, loop_level=loop_level, receiver=receiver, received_at=at)


def loop_due(loop_level: int, at: datetime, rulebook: Rulebook) -> datetime | None:
    """When a loop's time is up; None in the top loop, where the task type's own limit rules."""
    if loop_level >= LOOP_TOP:
        return None
    return rulebook.calendar.deadline(at, rulebook.loop_limits[loop_level])


def answer(draft: Draft, *, reply: str, at: datetime) -> Draft:
    """Let the open leg end with a reply; one that is answered stays as it is."""
    if draft.case.leg.answered:
        return draft
    return draft.to_leg(replace(draft.case.leg, replied_at=at, reply=reply), None, Effect.LEG_ANSWERED)


def open_next(draft: Draft, *, loop_level: int, receiver: str, at: datetime, rulebook: Rulebook) -> Draft:
    """Begin the next leg, after the one before was answered."""
    sequence = draft.case.leg.sequence + 1
    leg = Leg(sequence=sequence, loop_level=loop_level, receiver=receiver, received_at=at)
    return draft.to_leg(leg, loop_due(loop_level, at, rulebook), Effect.LEG_OPENED)
