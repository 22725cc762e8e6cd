"""Decides which reports are of one place, and at which hours it happens."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from plugins.sdk import Case, distance_m

CROWD_VEHICLES: Final = 5
HOURS: Final = 24


def near(case: Case, others: Iterable[Case], *, within_m: float) -> list[Case]:
    """The reports of one place, the case itself among them and each counted once."""
    found = {other.id: other for other in [case, *others] if distance_m(case.point, other.point) <= within_m}
    return list(found.values())


def usual_hours(moments: Sequence[datetime]) -> tuple[int, int]:
    """The shortest run of hours on the clock, also over midnight, that holds all moments: (from, until)."""
    hours = sorted({moment.hour for moment in moments})
    gaps = [((later - hour) % HOURS or HOURS, later) for hour, later in zip(hours, [*hours[1:], hours[0]], strict=True)]
    _, begins = max(gaps)
    return begins, (max(hours, key=lambda hour: (hour - begins) % HOURS) + 1) % HOURS


def is_crowd(case: Case) -> bool:
    """Whether one officer is not enough."""
    return (case.amount("vehicle_count") or 0) >= CROWD_VEHICLES
