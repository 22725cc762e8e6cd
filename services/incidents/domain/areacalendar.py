"""Describes when an area works, in one version: its office slots, its days off and worked weekends, its final years."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.incidents.domain.calendar import OFFICE_SLOTS, WEEKEND, Slot, WorkCalendar
from services.incidents.domain.errors import CalendarInvalid
from services.incidents.domain.holiday_table import ChinaHolidays, DayOverride

#: The year by which a calendar that cannot be used is found out.
_PROBE_YEAR = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCalendar:
    """What one area has settled; everything it leaves out is as the national notices say."""

    zone: ZoneInfo
    slots: tuple[Slot, ...] = OFFICE_SLOTS
    weekend: frozenset[int] = WEEKEND
    days: tuple[DayOverride, ...] = ()
    final_years: frozenset[int] = frozenset()

    def work_calendar(self) -> WorkCalendar:
        """The calendar to count by; fails with CALENDAR_INVALID when nothing can be counted by it."""
        if len({day.day for day in self.days}) != len(self.days):
            raise CalendarInvalid(problem="a day is named twice")
        table = ChinaHolidays(overrides=self.days, official_years=self.final_years)
        return WorkCalendar(zone=self.zone, table=table, slots=self.slots, weekend=self.weekend)

    def checked(self) -> "AreaCalendar":
        """The same, if every year it speaks of can be counted by it; fails with CALENDAR_INVALID."""
        calendar = self.work_calendar()
        for year in {_PROBE_YEAR, *self.final_years, *(day.day.year for day in self.days)}:
            calendar.special_days(year)
        return self
