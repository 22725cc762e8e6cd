"""Rates, scores and places, from what was counted.

A rate without a denominator is not zero and not one but nothing, and is left out of every score.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.platform.errors import Invalid

SPAN_MAX: Final = timedelta(days=400)


class SpanInvalid(Invalid):
    """The span must begin before it ends and last no longer than {days} days."""

    reason = "SPAN_INVALID"


class Dimension(StrEnum):
    """By what the whole is cut into parts."""

    NONE = "none"
    AREA = "area"
    DEPARTMENT = "department"
    TASK_TYPE = "task_type"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a moment on until another."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end or self.end - self.start > SPAN_MAX:
            raise SpanInvalid(days=SPAN_MAX.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted (CJ/T 292 names in the contract)."""

    reported: int = 0
    registered: int = 0
    refused: int = 0
    need_close: int = 0
    closed: int = 0
    in_time: int = 0
    reworked: int = 0
    rated: int = 0
    satisfied: int = 0
    green: int = 0
    yellow: int = 0
    red: int = 0

    @property
    def close_rate(self) -> float | None:
        """Share of what was to be closed that was."""
        return _rate(self.closed, self.need_close)

    @property
    def in_time_rate(self) -> float | None:
        """Share of what was to be closed that was done in time."""
        return _rate(self.in_time, self.need_close)

    @property
    def rework_rate(self) -> float | None:
        """Share of what was closed that had failed a check."""
        return _rate(self.reworked, self.closed)

    @property
    def satisfaction_rate(self) -> float | None:
        """Share of the ratings that were good."""
        return _rate(self.satisfied, self.rated)

    @property
    def red_share(self) -> float | None:
        """Share of red lights among open cases."""
        return _rate(self.red, self.green + self.yellow + self.red)

    @property
    def shares(self) -> dict[str, float]:
        """What the score is made of, 0 to 1 each; what cannot be told is missing."""
        told = {
            "in_time": self.in_time_rate,
            "close": self.close_rate,
            "no_rework": _rest(self.rework_rate),
            "satisfaction": self.satisfaction_rate,
            "no_red": _rest(self.red_share),
        }
        return {name: value for name, value in told.items() if value is not None}

    @property
    def score(self) -> float | None:
        """0 to 100; None when nothing can be told."""
        shares = self.shares
        weights = sum(WEIGHTS[name] for name in shares)
        return 100 * sum(WEIGHTS[name] * value for name, value in shares.items()) / weights if weights else None


WEIGHTS: Final[Mapping[str, int]] = {"in_time": 40, "close": 20, "no_rework": 15, "satisfaction": 15, "no_red": 10}
COUNTED: Final = tuple(field.name for field in fields(Counts))


def ranks(scores: Mapping[str, float | None]) -> dict[str, int]:
    """Places by score, best first; ties share one and the places after stay free; 0 for what has no score."""
    ordered = sorted((score for score in scores.values() if score is not None), reverse=True)
    return {code: 0 if score is None else ordered.index(score) + 1 for code, score in scores.items()}


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share
