"""The rules of grid stations: which lawyer is asked, when a council may decide, who may be voted for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.incidents.domain.responsibility import Area, DutyView
from services.platform.errors import AlreadyExists, Conflict, Invalid, NotFound, Stale

DUTY_LAWYER: Final = "duty_lawyer"
PARTIES_MIN: Final = 2
ITEM_KINDS: Final = ("small", "urgent", "hard")


class QuestionUnknown(NotFound):
    """There is no question {question_id} for you."""

    reason = "QUESTION_UNKNOWN"


class QuestionAnswered(Conflict):
    """Question {question_id} was answered already."""

    reason = "QUESTION_ANSWERED"


class QuestionStale(Stale):
    """Somebody was quicker with this question; it is at version {version} now."""

    reason = "QUESTION_STALE"


class ItemUnknown(NotFound):
    """There is no council item {item_id} within your reach."""

    reason = "COUNCIL_ITEM_UNKNOWN"


class ItemDecided(Conflict):
    """Council item {item_id} was decided already."""

    reason = "COUNCIL_ITEM_DECIDED"


class ItemStale(Stale):
    """Somebody was quicker with this council item; it is at version {version} now."""

    reason = "COUNCIL_ITEM_STALE"


class PartiesMissing(Conflict):
    """A council decides with {needed} parties at least; {seated} sit."""

    reason = "PARTIES_MISSING"


class SelectionUnknown(NotFound):
    """There is no selection {selection_id} within your reach."""

    reason = "SELECTION_UNKNOWN"


class SelectionClosed(Conflict):
    """The selection closed at {closed_at}."""

    reason = "SELECTION_CLOSED"


class SelectionInvalid(Invalid):
    """A selection must close later than it opens."""

    reason = "SELECTION_INVALID"


class CandidateUnknown(Invalid):
    """{candidate} does not stand in this selection."""

    reason = "CANDIDATE_UNKNOWN"


class HouseholdUnknown(Invalid):
    """No household {household_code} is registered in this area."""

    reason = "HOUSEHOLD_UNKNOWN"


class HouseholdVoted(AlreadyExists):
    """Household {household_code} has voted already."""

    reason = "HOUSEHOLD_VOTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lawyer:
    """The post a question goes to, and who stands on it."""

    receiver: str
    staff_code: str


def lawyer_for(chain: Iterable[Area], duty: DutyView, at: datetime, *, desk: str) -> Lawyer:
    """The lawyer on duty at the grid's station or the nearest above; the desk where none stands."""
    for area in reversed(tuple(chain)):
        for post in duty.posts(area.code, DUTY_LAWYER, at):
            if post.staff_code:
                return Lawyer(receiver=post.post_code, staff_code=post.staff_code)
    return Lawyer(receiver=desk, staff_code="")


def require_parties(parties: Iterable[str]) -> None:
    """Fails with PARTIES_MISSING unless at least two different parties sit."""
    seated = len(set(parties))
    if seated < PARTIES_MIN:
        raise PartiesMissing(needed=PARTIES_MIN, seated=seated)
