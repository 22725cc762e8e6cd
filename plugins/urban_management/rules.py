"""Decides when a check proves something, what is stopped at once, and who comes along."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from plugins.sdk import Case

STALLS: Final = "road_occupying_business"
BUILDING: Final = "illegal_building"

NIGHT_BEGINS_HOUR: Final = 18
NIGHT_ENDS_HOUR: Final = 6
CHECK_MARGIN: Final = timedelta(hours=1)

#: Loops from which on a joint round is worth its cost: sub-district and above.
JOINT_ROUND_LOOP: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Between which moments a check proves something."""

    begins_at: datetime
    ends_at: datetime


def is_night(local: datetime) -> bool:
    """Whether a moment on the city's clocks lies in the hours of night stalls."""
    return local.hour >= NIGHT_BEGINS_HOUR or local.hour < NIGHT_ENDS_HOUR


def same_period_check(case: Case, *, reported: datetime, disposed: datetime) -> Window | None:
    """The next time like that of the report, for stalls that are there by night only; both moments are local."""
    if case.task_type != STALLS or not is_night(reported):
        return None
    middle = datetime.combine(disposed.date(), reported.timetz())
    if middle + CHECK_MARGIN <= disposed:
        middle += timedelta(days=1)
    return Window(begins_at=max(middle - CHECK_MARGIN, disposed), ends_at=middle + CHECK_MARGIN)


def must_stop_work(case: Case) -> bool:
    """Whether somebody is building right now."""
    underway = case.filing_condition == "in_progress" or case.form_answers.get("stage") == "in_progress"
    return case.task_type == BUILDING and underway


def needs_joint_round(case: Case) -> bool:
    """Whether stalls outlasted the community's own means."""
    return case.task_type == STALLS and case.loop_level >= JOINT_ROUND_LOOP
