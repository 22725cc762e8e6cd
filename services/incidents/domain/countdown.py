"""Runs the time a department has for a case: it starts, stands still, goes on, is lengthened, counted anew, and stops.

Everything follows from the limit and from the stretches in which time went by. A calendar or a limit that changes
later is therefore simply counted again over the same stretches.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.limits import Limit
from services.incidents.domain.signal import Moments, Signal, SignalRules, signal, thresholds

_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch in which time went by; the last one is open while it does."""

    start: datetime
    end: datetime | None = None


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
    runs: tuple[Run, ...] = ()

    @property
    def running(self) -> bool:
        """Time goes by."""
        return self.paused_at is None and self.stopped_at is None

    @property
    def stretches(self) -> tuple[Run, ...]:
        """The stretches counted so far; a countdown written before they were kept has one."""
        return self.runs or (Run(self.started_at, self.stopped_at or self.paused_at),)

    def light(self, now: datetime) -> Signal:
        """The light now; a paused one keeps its colour, a stopped one is judged by when it stopped."""
        return signal(self.paused_at or now, self.moments, self.stopped_at)

    def late(self, now: datetime) -> bool:
        """Whether the deadline is past, or was when time stopped."""
        return (self.stopped_at or self.paused_at or now) > self.moments.deadline_at

    def left(self, now: datetime, calendar: WorkCalendar) -> timedelta:
        """What is left, counted as the limit is counted; negative once it is overrun."""
        return self.limit.span - used(self.stretches, now, self.limit, calendar)


def start(at: datetime, limit: Limit, calendar: WorkCalendar, rules: SignalRules) -> Countdown:
    """Begin with the whole limit."""
    return _counted(limit, (Run(at),), calendar, rules)


def pause(countdown: Countdown, at: datetime, calendar: WorkCalendar) -> Countdown:
    """Let it stand still; pausing twice changes nothing."""
    if not countdown.running:
        return countdown
    remaining = countdown.left(at, calendar)
    return replace(countdown, paused_at=at, remaining=remaining, runs=_closed(countdown.stretches, at))


def stop(countdown: Countdown, at: datetime, calendar: WorkCalendar) -> Countdown:
    """End it. One that stood still counts as ended when it began to stand still."""
    if countdown.stopped_at is not None:
        return countdown
    if countdown.paused_at is not None:
        return replace(countdown, stopped_at=countdown.paused_at, paused_at=None)
    paused = pause(countdown, at, calendar)
    return replace(paused, stopped_at=at, paused_at=None)


def resume(countdown: Countdown, at: datetime, calendar: WorkCalendar, rules: SignalRules) -> Countdown:
    """Go on with what remained. A moment that had come before stays where it was."""
    if countdown.running:
        return countdown
    runs = _closed(countdown.stretches, countdown.stopped_at or countdown.paused_at or at)
    return _counted(countdown.limit, (*runs, Run(at)), calendar, rules)


def recount(countdown: Countdown, limit: Limit, calendar: WorkCalendar, rules: SignalRules) -> Countdown:
    """Count the same stretches again, by another limit or another calendar; running stays running."""
    fresh = _counted(limit, countdown.stretches, calendar, rules)
    if countdown.running:
        return fresh
    remaining = limit.span - used(fresh.runs, fresh.started_at, limit, calendar)
    return replace(fresh, paused_at=countdown.paused_at, stopped_at=countdown.stopped_at, remaining=remaining)


def used(runs: tuple[Run, ...], now: datetime, limit: Limit, calendar: WorkCalendar) -> timedelta:
    """How much went by in these stretches, the open one up to now; none of it while time stood still."""
    spans = (calendar.elapsed(run.start, run.end or now, limit.unit) for run in runs)
    return sum(spans, _NO_TIME)


def _counted(limit: Limit, runs: tuple[Run, ...], calendar: WorkCalendar, rules: SignalRules) -> Countdown:
    due = thresholds(limit, rules)
    moments = Moments(
        yellow_at=_moment(due.yellow, limit, runs, calendar),
        deadline_at=_moment(due.deadline, limit, runs, calendar),
        red_at=_moment(due.red, limit, runs, calendar),
    )
    return Countdown(
        limit=limit,
        started_at=runs[0].start,
        moments=moments,
        provisional=bool(calendar.provisional_years(runs[0].start, moments.deadline_at, limit.unit)),
        runs=runs,
    )


def _moment(threshold: timedelta, limit: Limit, runs: tuple[Run, ...], calendar: WorkCalendar) -> datetime:
    """When so much was used up; counted on from the last stretch when it was not."""
    gone = _NO_TIME
    for run in runs[:-1]:
        stretch = calendar.elapsed(run.start, run.end or run.start, limit.unit)
        if gone + stretch >= threshold:
            return calendar.after(run.start, threshold - gone, limit.unit)
        gone += stretch
    return calendar.after(runs[-1].start, threshold - gone, limit.unit)


def _closed(runs: tuple[Run, ...], at: datetime) -> tuple[Run, ...]:
    last = runs[-1]
    return runs if last.end is not None else (*runs[:-1], Run(last.start, at))
