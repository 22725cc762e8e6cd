"""Months as people write them, such as 2026-10, on the clocks of the city."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def period_of(moment: datetime, zone: ZoneInfo) -> str:
    """The month a moment lies in."""
    return moment.astimezone(zone).strftime("%Y-%m")


def span_of(period: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first moment of a month to the first of the next."""
    year, month = (int(part) for part in period.split("-"))
    start = datetime(year, month, 1, tzinfo=zone)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def month_of(period: str) -> int:
    """The number of the month, 1 to 12."""
    return int(period.split("-")[1])
