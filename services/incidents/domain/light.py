"""Reads off the light of a whole case: that of its time, or red when nobody signs for it."""

from datetime import datetime

from services.incidents.domain.case import Case, State
from services.incidents.domain.signal import Signal, SignalRules


def light_of(case: Case, now: datetime, rules: SignalRules) -> Signal:
    """The light now; green before the disposal time begins, red while unsigned past the sign limit too often."""
    if case.state is State.DISPATCHED and case.sign_missed_count >= rules.red_sign_misses:
        return Signal.RED
    return case.countdown.light(now) if case.countdown else Signal.GREEN


def is_overdue(case: Case, now: datetime) -> bool:
    """Whether the deadline is past, or was when time stopped."""
    return case.countdown is not None and case.countdown.late(now)
