"""What a week is, what is counted of it, and which of its lines are worth a look first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DAYS: Final = 7
TASK_TYPES_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """From a Monday to the Sunday after it."""

    monday: date

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=DAYS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted of a week; see WeekCounts of weekly.proto."""

    reported: int = 0
    found_by_grid: int = 0
    on_site: int = 0
    in_group: int = 0
    to_centre: int = 0
    closed: int = 0
    closed_in_time: int = 0
    found_by_inspectors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One area or one task type, this week and the week before."""

    code: str
    now: Counts = Counts()
    before: Counts = Counts()

    @property
    def growth(self) -> int:
        """By how many reports it is more than the week before."""
        return self.now.reported - self.before.reported


def week_of(day: date) -> Week:
    """The week in which a day lies."""
    return Week(monday=day - timedelta(days=day.weekday()))


def busiest_first(lines: Iterable[Line]) -> list[Line]:
    """Areas: those with most reports first."""
    return sorted(lines, key=lambda line: (-line.now.reported, -line.before.reported, line.code))


def growing_first(lines: Iterable[Line]) -> list[Line]:
    """Task types: those that grew most first, among equals those with most reports; at most twenty."""
    return sorted(lines, key=lambda line: (-line.growth, -line.now.reported, line.code))[:TASK_TYPES_MAX]
