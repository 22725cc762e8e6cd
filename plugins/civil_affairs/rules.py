"""Decides what a request lacks, whether declared and registered figures agree, and whose consent is needed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from plugins.sdk import Case

SUBSISTENCE: Final = "subsistence_assist"
VISIT: Final = "elderly_visit"

#: What the employment register knows of the applicant, by its codes in the catalogue; nothing else is asked for.
INCOME: Final = "D04-P3-monthly_income"
LENT_FIELDS: Final = (INCOME,)
PURPOSE: Final = "低保申请家庭经济状况核对"
PUBLICITY_DAYS_MIN: Final = 7
#: Registered income may exceed declared income by this much before somebody must ask why.
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
    """What the comparison found: "unknown", "differs", "above" or "fits".

    A family may well have more than the applicant earns, but not less. What comes masked is not known.
    """
    declared = case.amount("household_income")
    registered = _number(rows[0], INCOME) if rows else None
    if declared is None or registered is None:
        return "unknown"
    if registered > declared * (1 + TOLERANCE):
        return "differs"
    return "above" if registered > line_yuan else "fits"


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
