"""The way of an opinion, which no step may shorten, and how the mood of a community is reckoned."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from services.platform.errors import Conflict, Invalid, NotFound, Stale

INDEX_BEST: Final = 100
NEGATIVE_WEIGHT: Final = 3
OPEN_WEIGHT: Final = 2
DAYS_MAX: Final = 62


class OpinionUnknown(NotFound):
    """There is no opinion {opinion_id} here."""

    reason = "OPINION_UNKNOWN"


class OpinionStale(Stale):
    """Somebody else went on with the opinion; it is at version {version} now."""

    reason = "OPINION_STALE"


class OpinionStepNotLegal(Conflict):
    """An opinion that is {state} cannot be taken to {step}."""

    reason = "OPINION_STEP_NOT_LEGAL"


class OpinionNotAnswered(Conflict):
    """The opinion cannot be closed: whoever said it was given no answer."""

    reason = "OPINION_NOT_ANSWERED"


class OpinionNotRated(Conflict):
    """The opinion cannot be closed: the answer was not rated."""

    reason = "OPINION_NOT_RATED"


class WordsMissing(Invalid):
    """The step {step} needs {field}."""

    reason = "STEP_NEEDS_WORDS"


class Tone(StrEnum):
    """How it was said."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class State(StrEnum):
    """Where an opinion stands."""

    COLLECTED = "collected"
    HANDLED = "handled"
    ANSWERED = "answered"
    CLOSED = "closed"


class Step(StrEnum):
    """What is done with it."""

    HANDLE = "handle"
    ANSWER = "answer"
    RATE = "rate"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Something somebody said."""

    id: str
    version: int = 1
    state: State = State.COLLECTED
    grid_code: str
    area_path: str
    words: str
    tone: Tone
    collected_by: str
    collected_at: datetime
    handler: str = ""
    answer: str = ""
    rating: int = 0
    case_id: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step somebody takes."""

    step: Step
    words: str = ""
    rating: int = 0
    case_id: str = ""


def advanced(opinion: Opinion, taken: Taken, *, by: str, at: datetime) -> Opinion:
    """The opinion after a step: taken up, answered, rated and closed, in this order; an answer may be given again."""
    if taken.step is Step.HANDLE:
        _require(opinion, taken, State.COLLECTED, State.HANDLED)
        changed = replace(opinion, state=State.HANDLED, handler=by, case_id=taken.case_id or opinion.case_id)
    elif taken.step is Step.ANSWER:
        _require(opinion, taken, State.HANDLED, State.ANSWERED)
        if not taken.words.strip():
            raise WordsMissing(step=taken.step, field="words")
        changed = replace(opinion, state=State.ANSWERED, answer=taken.words.strip(), rating=0)
    elif taken.step is Step.RATE:
        if not opinion.answer:
            raise OpinionNotAnswered
        _require(opinion, taken, State.ANSWERED)
        if not taken.rating:
            raise WordsMissing(step=taken.step, field="rating")
        changed = replace(opinion, rating=taken.rating)
    else:
        if not opinion.answer:
            raise OpinionNotAnswered
        if not opinion.rating:
            raise OpinionNotRated
        _require(opinion, taken, State.ANSWERED)
        changed = replace(opinion, state=State.CLOSED, closed_at=at)
    return replace(changed, version=opinion.version + 1)


def _require(opinion: Opinion, taken: Taken, *states: State) -> None:
    if opinion.state not in states:
        raise OpinionStepNotLegal(state=opinion.state, step=taken.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """The mood of a community on a day."""

    area_code: str
    day: date
    collected: int
    negative: int
    open: int

    @property
    def index(self) -> int:
        """The best less three for each negative opinion of the day and two for each that was left open; never below 0."""
        return max(0, INDEX_BEST - NEGATIVE_WEIGHT * self.negative - OPEN_WEIGHT * self.open)
