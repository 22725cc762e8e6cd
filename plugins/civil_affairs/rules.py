"""Decides what a request lacks, whether declared and registered figures agree, and whose consent is needed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from plugins.sdk import Case

SUBSISTENCE: Final = "subsistence_assist"
VISIT: Final = "elderly_visit"

#: Household size and what other registers know of its income and property; nothing else is asked for.
LENT_FIELDS: Final = ("household_size", "registered_income_yuan", "vehicle_count")
PURPOSE: Final = "低保申请家庭经济状况核对"
PUBLICITY_DAYS_MIN: Final = 7
#: Registered income may differ from declared income by this much before somebody must ask why.
TOLERANCE: Final = 0.1


def lacks(case: Case) -> Iterator[str]:
    """What is missing before a request can be opened."""
    if case.task_type != SUBSISTENCE:
        return
    if not case.answer("applicant_ref"):
        yield "applicant"
    if case.amount("household_income") is None:
        yield "income"
    if publicity_days(case) < PUBLICITY_DAYS_MIN:
        yield "publicity"


def publicity_days(case: Case) -> int:
    """For how many days the result is put up; the least that is allowed when nobody said."""
    days = case.amount("publicity_days")
    return PUBLICITY_DAYS_MIN if days is None else int(days)


def findings(case: Case, rows: Sequence[Mapping[str, str]], *, line_yuan: int) -> str:
    """What the comparison found: "unknown", "property", "differs", "above" or "fits"."""
    declared = case.amount("household_income")
    if not rows or declared is None:
        return "unknown"
    row = rows[0]
    size, registered = _number(row, "household_size"), _number(row, "registered_income_yuan")
    if _number(row, "vehicle_count"):
        return "property"
    if registered is not None and abs(registered - declared) > TOLERANCE * max(registered, declared, 1):
        return "differs"
    if size and declared / size > line_yuan:
        return "above"
    return "fits"


def acts_for_somebody(case: Case) -> bool:
    """Whether something is done on somebody's behalf (代办), for which they must have agreed in writing."""
    return case.says_yes("agency_service")


def needs_help(case: Case) -> bool:
    """Whether the visitor found somebody who needs help now."""
    return case.answer("health_state") == "need_help"


def _number(row: Mapping[str, str], key: str) -> float | None:
    try:
        return float(row.get(key, ""))
    except ValueError:
        return None
