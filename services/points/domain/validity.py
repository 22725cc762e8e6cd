"""Knows how long points last, and what day it is in the city."""

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from typing import Final

#: The city's own time; day borders, daily caps and nights are counted in it.
CITY_TIME: Final = timezone(timedelta(hours=8))
VALIDITY_MONTHS: Final = 24


def today_in_city(now: datetime) -> date:
    """The day it is in the city."""
    return now.astimezone(CITY_TIME).date()


def expires_after(day: date, months: int = VALIDITY_MONTHS) -> date:
    """The last day of the month so many months later."""
    month_number = day.year * 12 + day.month - 1 + months
    year, month = divmod(month_number, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])
