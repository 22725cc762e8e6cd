"""Counts time the way the city promises it: office hours, working days, or day and night.

Working time is kept as one running sum per year: every office slot of the year with the time worked before it.
A deadline is then one look-up in that sum, however many days lie between. The end of a slot is still inside the
slot: four hours from 08:00 end at 12:00, and one second more is 14:00:01.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from services.incidents.domain.errors import CalendarInvalid
from services.incidents.domain.holiday_table import HolidayTable, YearDays
from services.incidents.domain.limits import Limit, LimitUnit

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
WEEKEND: Final = frozenset({6, 7})

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of office time within a day, in seconds after midnight."""

    start_s: int
    end_s: int

    @classmethod
    def of(cls, start: str, end: str) -> "Slot":
        """A slot from clock times such as 08:00 and 12:00; 24:00 is the end of the day."""
        return cls(_seconds_of(start), _seconds_of(end))


OFFICE_SLOTS: Final = (Slot(8 * HOUR_S, 12 * HOUR_S), Slot(14 * HOUR_S, 18 * HOUR_S))


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time that was counted."""

    start: datetime
    end: datetime

    @property
    def counted(self) -> timedelta:
        """How much it adds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class _Year:
    """The office slots of one year in order, in microseconds since 1970; `worked` sums up to each slot's end."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    worked: tuple[int, ...]
    total: int
    days: YearDays

    def position(self, moment: int) -> int:
        """The time worked in this year up to a moment."""
        slot = bisect_right(self.starts, moment) - 1
        if slot < 0:
            return 0
        return self.worked[slot] - max(0, self.ends[slot] - moment)

    def moment(self, position: int) -> int:
        """The first moment at which so much has been worked."""
        slot = bisect_left(self.worked, position)
        return self.ends[slot] - (self.worked[slot] - position)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """When the city works: its zone, office slots, weekend (ISO weekday numbers) and special days."""

    zone: ZoneInfo
    table: HolidayTable
    slots: tuple[Slot, ...] = OFFICE_SLOTS
    weekend: frozenset[int] = WEEKEND
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        bounds = [second for slot in self.slots for second in (slot.start_s, slot.end_s)]
        ordered = all(earlier < later for earlier, later in zip(bounds[::2], bounds[1::2], strict=True))
        if not bounds or not ordered or bounds != sorted(bounds) or bounds[0] < 0 or bounds[-1] > DAY_S:
            raise CalendarInvalid(problem="slots must lie within a day, in order, none empty")
        if not set(range(1, 8)) > self.weekend:
            raise CalendarInvalid(problem="at least one weekday must be worked")

    def deadline(self, start: datetime, limit: Limit) -> datetime:
        """The moment at which a limit that began at `start` is used up."""
        return self.after(start, limit.span, limit.unit)

    def after(self, start: datetime, span: timedelta, unit: LimitUnit) -> datetime:
        """The first moment at which `span` of counted time has gone by since `start`."""
        if not unit.in_office_hours:
            return start.astimezone(UTC) + span
        if span <= timedelta(0):
            return start.astimezone(UTC)
        moment = _microseconds(start)
        year = start.astimezone(self.zone).year
        position = self._year(year).position(moment) + span // _MICROSECOND
        while position > self._year(year).total:
            position -= self._year(year).total
            year += 1
        return _moment(self._year(year).moment(position))

    def elapsed(self, start: datetime, end: datetime, unit: LimitUnit) -> timedelta:
        """How much counted time lies between two moments; negative when `end` comes first."""
        if not unit.in_office_hours:
            return end - start
        if end < start:
            return -self.elapsed(end, start, unit)
        first, last = start.astimezone(self.zone).year, end.astimezone(self.zone).year
        between = sum(self._year(year).total for year in range(first, last))
        before = self._year(first).position(_microseconds(start))
        return timedelta(microseconds=between + self._year(last).position(_microseconds(end)) - before)

    def remaining(self, start: datetime, limit: Limit, now: datetime) -> timedelta:
        """What is left of a limit that began at `start`; negative when it is overrun."""
        return limit.span - self.elapsed(start, now, limit.unit)

    def is_working_day(self, day: date) -> bool:
        """Whether the offices are open that day."""
        return self._worked(day, self._year(day.year).days)

    def special_days(self, year: int) -> YearDays:
        """The days off and worked weekends of a year, and whether they are official."""
        return self._year(year).days

    def provisional_years(self, start: datetime, end: datetime, unit: LimitUnit) -> tuple[int, ...]:
        """The years between two moments whose holidays nobody has announced yet; none matter day and night."""
        if not unit.in_office_hours:
            return ()
        first, last = start.astimezone(self.zone).year, end.astimezone(self.zone).year
        return tuple(year for year in range(first, last + 1) if not self._year(year).days.official)

    def intervals(self, start: datetime, end: datetime, unit: LimitUnit) -> Iterator[Interval]:
        """Every stretch of counted time between two moments, in order."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if not unit.in_office_hours:
            if start < end:
                yield Interval(start, end)
            return
        first, last = _microseconds(start), _microseconds(end)
        for number in range(start.astimezone(self.zone).year, end.astimezone(self.zone).year + 1):
            year = self._year(number)
            for slot in range(bisect_right(year.ends, first), bisect_left(year.starts, last)):
                yield Interval(_moment(max(first, year.starts[slot])), _moment(min(last, year.ends[slot])))

    def _year(self, number: int) -> _Year:
        found = self._years.get(number)
        if found is None:
            found = self._years[number] = self._counted_year(number)
        return found

    def _counted_year(self, number: int) -> _Year:
        days = self.table.year(number)
        starts: list[int] = []
        ends: list[int] = []
        day = date(number, 1, 1)
        while day.year == number:
            if self._worked(day, days):
                starts.extend(self._wall(day, slot.start_s) for slot in self.slots)
                ends.extend(self._wall(day, slot.end_s) for slot in self.slots)
            day += timedelta(days=1)
        worked = tuple(accumulate(end - start for start, end in zip(starts, ends, strict=True)))
        if not worked:
            raise CalendarInvalid(problem=f"no day of {number} is worked")
        return _Year(starts=tuple(starts), ends=tuple(ends), worked=worked, total=worked[-1], days=days)

    def _worked(self, day: date, days: YearDays) -> bool:
        return day in days.makeup_days or (day.isoweekday() not in self.weekend and day not in days.days_off)

    def _wall(self, day: date, second: int) -> int:
        """The moment at which the clock on the wall shows so many seconds after midnight."""
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone is added after the sum
        return _microseconds((midnight + timedelta(seconds=second)).replace(tzinfo=self.zone))


def _seconds_of(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * HOUR_S + int(minutes) * 60


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
