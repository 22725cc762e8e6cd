"""Decides how far people keep away, and how loud a building site may be at which hour."""

from datetime import datetime
from typing import Final

from plugins.sdk import Case

GAS: Final = "gas_leak"
FALLING: Final = "falling_object"
SITE: Final = "construction_nuisance"

GAS_RADIUS_M: Final = 50
#: A fifth of the lower explosive limit: from here on nobody stays.
LEL_DANGEROUS_PERCENT: Final = 20
FLOOR_HEIGHT_M: Final = 3
#: What falls, lands within half its height; never cordon less than this.
CORDON_M_MIN: Final = 5
NIGHT_BEGINS_HOUR: Final = 22
NIGHT_ENDS_HOUR: Final = 6
NOISE_DAY_DB: Final = 70
NOISE_NIGHT_DB: Final = 55


def gas_danger(case: Case) -> str:
    """Key of what to do first: "evacuate", "measure" or "shut_off"."""
    concentration = case.amount("concentration_lel")
    if concentration is not None and concentration >= LEL_DANGEROUS_PERCENT:
        return "evacuate"
    if not case.says_yes("evacuated") and case.answer("site") != "main":
        return "evacuate"
    return "shut_off" if concentration is not None else "measure"


def cordon_m(case: Case) -> int:
    """How far from the wall nobody walks: half the height, and never too little."""
    floor = max(int(case.amount("floor") or 0), 0)
    return max(floor * FLOOR_HEIGHT_M // 2, CORDON_M_MIN)


def is_night(local: datetime) -> bool:
    """Whether people sleep at this hour."""
    return local.hour >= NIGHT_BEGINS_HOUR or local.hour < NIGHT_ENDS_HOUR


def is_night_work(case: Case, local: datetime) -> bool:
    """Whether a site disturbs by night."""
    return case.task_type == SITE and case.answer("problem") in {"noise", "no_permit"} and is_night(local)


def noise_excess_db(case: Case, local: datetime) -> float:
    """By how much a site is louder than it may be; 0 when it is not, or when nobody measured."""
    measured = case.amount("decibel")
    if case.task_type != SITE or measured is None:
        return 0.0
    return max(measured - (NOISE_NIGHT_DB if is_night(local) else NOISE_DAY_DB), 0.0)
