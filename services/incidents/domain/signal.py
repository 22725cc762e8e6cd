"""Decides the light of a case: green while there is time, yellow when little is left or it is late, red when stuck.

The three moments are computed once, on the case's own calendar, and the light is read off by comparing:

- before `yellow_at` it is green;
- from `yellow_at`, the moment when exactly the last fifth of the limit begins, it is yellow;
- at `deadline_at` itself the case is still in time; any later it is late, and the light stays yellow;
- `red_at` is the first whole second at which more than one further limit has gone by. One further limit to the
  second is still yellow: 10 work hours from Monday 08:00 are yellow until Wednesday 14:00:01.

The fifth and the one further limit are parameters.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final

from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.limits import Limit

_SECOND: Final = timedelta(seconds=1)


class Signal(StrEnum):
    """The light of a case (红黄绿灯)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRules:
    """Where the light changes: shares of the limit, and how many missed sign limits make it red."""

    yellow_left_ratio: Decimal = Decimal("0.2")
    red_over_ratio: Decimal = Decimal(1)
    red_sign_misses: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """The instants at which the light of a running case changes, and its deadline between them."""

    yellow_at: datetime
    deadline_at: datetime
    red_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The counted time after which each moment comes."""

    yellow: timedelta
    deadline: timedelta
    red: timedelta


DEFAULT_RULES: Final = SignalRules()


def thresholds(limit: Limit, rules: SignalRules = DEFAULT_RULES) -> Thresholds:
    """How much of a limit may be used before each change, in whole seconds."""
    seconds = limit.span // _SECOND
    yellow = (seconds * (1 - rules.yellow_left_ratio)).to_integral_value(ROUND_CEILING)
    red = (seconds * (1 + rules.red_over_ratio)).to_integral_value(ROUND_FLOOR) + 1
    return Thresholds(yellow=int(yellow) * _SECOND, deadline=seconds * _SECOND, red=int(red) * _SECOND)


def signal_moments(
    start: datetime, limit: Limit, calendar: WorkCalendar, rules: SignalRules = DEFAULT_RULES
) -> Moments:
    """The moments of a limit that begins at `start`."""
    used = thresholds(limit, rules)
    return Moments(
        yellow_at=calendar.after(start, used.yellow, limit.unit),
        deadline_at=calendar.after(start, used.deadline, limit.unit),
        red_at=calendar.after(start, used.red, limit.unit),
    )


def signal(now: datetime, moments: Moments, closed_at: datetime | None = None) -> Signal:
    """The light now. A case closed in time is green for good; one closed late keeps the light it closed with."""
    if closed_at is not None:
        now = closed_at
        if closed_at <= moments.deadline_at:
            return Signal.GREEN
    if now >= moments.red_at:
        return Signal.RED
    return Signal.YELLOW if now >= moments.yellow_at else Signal.GREEN
