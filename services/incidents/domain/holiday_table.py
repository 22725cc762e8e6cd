"""Knows which days are off and which weekends are worked, and for which years that is official."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import holidays


@dataclass(frozen=True, slots=True, kw_only=True)
class YearDays:
    """What one year holds besides ordinary weeks."""

    days_off: Mapping[date, str]
    makeup_days: frozenset[date]
    official: bool


class HolidayTable(Protocol):
    """Whatever can say that about any year."""

    def year(self, year: int) -> YearDays:
        """The days of one year; the same answer every time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOverride:
    """What the city itself says about a day, against every other source."""

    day: date
    worked: bool
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHolidays:
    """Days written down by the city; years without a listed notice are provisional."""

    days_off: Mapping[date, str] = field(default_factory=dict)
    makeup_days: frozenset[date] = frozenset()
    official_years: frozenset[int] = frozenset()

    def year(self, year: int) -> YearDays:
        return YearDays(
            days_off={day: name for day, name in self.days_off.items() if day.year == year},
            makeup_days=frozenset(day for day in self.makeup_days if day.year == year),
            official=year in self.official_years,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChinaHolidays:
    """The State Council's yearly notices as the `holidays` library holds them, corrected by the city's own table.

    A year counts as official when the library holds its notice, or when the city names it. The mark of a notice
    is a worked weekend: every notice since 2001 has some, and the library's own forecast never has.
    """

    overrides: tuple[DayOverride, ...] = ()
    official_years: frozenset[int] = frozenset()

    def year(self, year: int) -> YearDays:
        table = holidays.country_holidays("CN", years=(year, year + 1), language="zh_CN")
        # The next year's notice may move a working day into this December.
        worked = {day for day in table.weekend_workdays if day.year == year}
        days_off = {day: name for day, name in table.items() if day.year == year}
        official = bool(worked) or year in self.official_years
        for override in self.overrides:
            if override.day.year == year:
                days_off.pop(override.day, None)
                worked.discard(override.day)
                if override.worked:
                    worked.add(override.day)
                else:
                    days_off[override.day] = override.name
        return YearDays(days_off=days_off, makeup_days=frozenset(worked), official=official)
