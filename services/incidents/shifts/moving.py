"""Puts what is in one person's hands into another's; each case says so in its history."""

from collections.abc import Iterable
from datetime import datetime

from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Event
from services.incidents.domain.errors import StepForbidden
from services.incidents.domain.step import Step
from services.incidents.noting import noted
from services.incidents.shifts.domain import taken_over
from services.incidents.store.reading import Stored
from services.incidents.store.writing import Change


def changes_of(
    stored: Iterable[Stored], *, giver: str, taker: Actor, words: tuple[str, str], at: datetime, city: City
) -> list[Change]:
    """What becomes of those the taker may have; the rest stays as it is."""
    found = (_changed(one, giver=giver, taker=taker, words=words, at=at, city=city) for one in stored)
    return [change for change in found if change is not None]


def _changed(
    stored: Stored, *, giver: str, taker: Actor, words: tuple[str, str], at: datetime, city: City
) -> Change | None:
    case = taken_over(stored.case, giver=giver, taker=taker)
    if case is None:
        return None
    opinion, opinion_en = words
    step = Step(event=Event.NOTE, opinion=opinion, opinion_en=opinion_en)
    try:
        return noted(stored, case, step, actor=taker, at=at, city=city)
    except StepForbidden:
        return None
