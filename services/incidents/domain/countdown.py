"""Runs the time a department has for a case: it starts, stands still when a case is sent back, goes on, and stops."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.limits import Limit
from services.incidents.domain.signal import Moments, Signal, SignalRules, signal, signal_moments, thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """The disposal time of a case. Exactly one of running, paused, stopped.

    `remaining` is known while it does not run, and negative once the deadline is past.
    """

    limit: Limit
    started_at: datetime
    moments: Moments
    provisional: bool = False
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    remaining: timedelta | None = None

    @property
    def running(self) -> bool:
        """Time goes by."""
        return self.paused_at is None and self.stopped_at is None

    def light(self, now: datetime) -> Signal:
        """The light now; a paused one keeps its colour, a stopped one is judged by when it stopped."""
        return signal(self.paused_at or now, self.moments, self.stopped_at)

    def late(self, now: datetime) -> bool:
        """Whether the deadline is past, or was when time stopped."""
        return (self.stopped_at or self.paused_at or now) > self.moments.deadline_at


def start(at: datetime, limit: Limit, calendar: WorkCalendar, rules: SignalRules) -> Countdown:
    """Begin with the whole limit."""
    moments = signal_moments(at, limit, calendar, rules)
    provisional = bool(calendar.provisional_years(at, moments.deadline_at, limit.unit))
    return Countdown(limit=limit, started_at=at, moments=moments, provisional=provisional)


def pause(countdown: Countdown, at: datetime, calendar: WorkCalendar) -> Countdown:
    """Let it stand still; pausing twice changes nothing."""
    if not countdown.running:
        return countdown
    return replace(countdown, paused_at=at, remaining=_remaining(countdown, at, calendar))


def stop(countdown: Countdown, at: datetime, calendar: WorkCalendar) -> Countdown:
    """End it. One that stood still counts as ended when it began to stand still."""
    if countdown.stopped_at is not None:
        return countdown
    if countdown.paused_at is not None:
        return replace(countdown, stopped_at=countdown.paused_at, paused_at=None)
    return replace(countdown, stopped_at=at, remaining=_remaining(countdown, at, calendar))


def resume(countdown: Countdown, at: datetime, calendar: WorkCalendar, rules: SignalRules) -> Countdown:
    """Go on with what remained. A moment that had come before stays where it was."""
    if countdown.remaining is None:
        return countdown
    limit = countdown.limit
    used, due = limit.span - countdown.remaining, thresholds(limit, rules)

    def moved(threshold: timedelta, before: datetime) -> datetime:
        return before if used >= threshold else calendar.after(at, threshold - used, limit.unit)

    moments = Moments(
        yellow_at=moved(due.yellow, countdown.moments.yellow_at),
        deadline_at=moved(due.deadline, countdown.moments.deadline_at),
        red_at=moved(due.red, countdown.moments.red_at),
    )
    provisional = bool(calendar.provisional_years(at, moments.deadline_at, limit.unit))
    return Countdown(limit=limit, started_at=countdown.started_at, moments=moments, provisional=provisional)


def _remaining(countdown: Countdown, at: datetime, calendar: WorkCalendar) -> timedelta:
    return calendar.elapsed(at, countdown.moments.deadline_at, countdown.limit.unit)
