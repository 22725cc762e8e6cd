"""Says how long something may take: a number and a way to count it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Final

from services.incidents.domain.errors import LimitInvalid

WORK_HOURS_PER_WORK_DAY: Final = 8


class LimitUnit(StrEnum):
    """How a span of time is counted."""

    MINUTE = "minute"
    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"

    @property
    def in_office_hours(self) -> bool:
        """Counted inside office slots only; the others run day and night."""
        return self in _IN_OFFICE_HOURS


_IN_OFFICE_HOURS: Final = frozenset({LimitUnit.WORK_HOUR, LimitUnit.WORK_DAY})
_SECONDS: Final = {
    LimitUnit.MINUTE: 60,
    LimitUnit.URGENT_HOUR: 3_600,
    LimitUnit.WORK_HOUR: 3_600,
    LimitUnit.WORK_DAY: WORK_HOURS_PER_WORK_DAY * 3_600,
    LimitUnit.NATURAL_DAY: 86_400,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A span of time (时限), for example four work hours."""

    value: Decimal
    unit: LimitUnit

    def __post_init__(self) -> None:
        if not self.value > 0:
            raise LimitInvalid(value=self.value, unit=self.unit)

    @classmethod
    def of(cls, value: Decimal | float | str, unit: LimitUnit | str) -> "Limit":
        """A limit from the number as people write it; 0.1 stays exactly 0.1."""
        return cls(Decimal(str(value)), LimitUnit(unit))

    @property
    def span(self) -> timedelta:
        """How much counted time it allows, in whole seconds, a part of a second given in full."""
        seconds = (self.value * _SECONDS[self.unit]).to_integral_value(ROUND_CEILING)
        return timedelta(seconds=int(seconds))
