"""Shows how a deadline came about: every stretch that was counted, and every day that was not an ordinary one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.incidents.domain.calendar import Interval, WorkCalendar
from services.incidents.domain.countdown import Countdown
from services.incidents.domain.limits import Limit


class DayKind(StrEnum):
    """Why a day is worth a remark."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"


@dataclass(frozen=True, slots=True)
class DayNote:
    """A day that was skipped, or a weekend that was worked."""

    day: date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAccount:
    """A deadline with everything that led to it."""

    start: datetime
    limit: Limit
    deadline: datetime
    intervals: tuple[Interval, ...]
    notes: tuple[DayNote, ...]
    provisional_years: tuple[int, ...]

    @property
    def provisional(self) -> bool:
        """A year was counted whose holidays nobody has announced yet."""
        return bool(self.provisional_years)


def explain(calendar: WorkCalendar, start: datetime, limit: Limit) -> TimeAccount:
    """Count a limit from `start` and keep the account; the intervals sum up to the limit."""
    deadline = calendar.deadline(start, limit)
    notes = _notes(calendar, start, deadline) if limit.unit.in_office_hours else ()
    return TimeAccount(
        start=start,
        limit=limit,
        deadline=deadline,
        intervals=tuple(calendar.intervals(start, deadline, limit.unit)),
        notes=tuple(notes),
        provisional_years=calendar.provisional_years(start, deadline, limit.unit),
    )


def account_of(countdown: Countdown, calendar: WorkCalendar) -> TimeAccount:
    """How the deadline of a case came about: what was counted in each stretch, and in the last one what is to come."""
    limit, stretches = countdown.limit, countdown.stretches
    deadline = countdown.moments.deadline_at
    intervals: list[Interval] = []
    left = limit.span
    for place, run in enumerate(stretches):
        last = place == len(stretches) - 1
        end = calendar.after(run.start, left, limit.unit) if last else run.end or run.start
        for interval in calendar.intervals(run.start, end, limit.unit):
            if left <= timedelta(0):
                break
            counted = min(interval.counted, left)
            intervals.append(Interval(interval.start, interval.start + counted))
            left -= counted
    notes = _notes(calendar, countdown.started_at, deadline) if limit.unit.in_office_hours else ()
    return TimeAccount(
        start=countdown.started_at,
        limit=limit,
        deadline=deadline,
        intervals=tuple(intervals),
        notes=tuple(notes),
        provisional_years=calendar.provisional_years(countdown.started_at, deadline, limit.unit),
    )


def _notes(calendar: WorkCalendar, start: datetime, deadline: datetime) -> Iterator[DayNote]:
    day, last = start.astimezone(calendar.zone).date(), deadline.astimezone(calendar.zone).date()
    while day <= last:
        special = calendar.special_days(day.year)
        if day in special.makeup_days:
            yield DayNote(day, DayKind.MAKEUP, "")
        elif day in special.days_off:
            yield DayNote(day, DayKind.HOLIDAY, special.days_off[day])
        elif not calendar.is_working_day(day):
            yield DayNote(day, DayKind.WEEKEND, "")
        day += timedelta(days=1)
