"""Decides who owns a cover, what is dangerous, and what is looked at a second time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plugins.sdk import Case, Signal, Source

MANHOLE: Final = "manhole_cover_missing"
ROAD: Final = "road_damage"

#: While an open hole is a danger to life, a broken rim is a nuisance.
DANGEROUS_CONDITIONS: Final = frozenset({"missing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who must put a cover back: the key of its name in the locale files, and the department that oversees it."""

    key: str
    department_code: str


UNKNOWN_OWNER: Final = Owner(key="subdistrict", department_code="")

#: The kind of a cover, as the form knows it, and who owns it.
OWNERS: Final[Mapping[str, Owner]] = {
    "water": Owner(key="water_supply", department_code="D11"),
    "sewage": Owner(key="drainage", department_code="D11"),
    "storm": Owner(key="drainage", department_code="D11"),
    "gas": Owner(key="gas", department_code="D05"),
    "heat": Owner(key="heating", department_code="D05"),
    "power": Owner(key="power", department_code="D09"),
    "telecom": Owner(key="telecom", department_code="D09"),
    "lamp": Owner(key="lamp", department_code="D09"),
}


def owner_of(case: Case) -> Owner:
    """Who owns the cover; the sub-district office looks after covers that nobody knows."""
    return OWNERS.get(str(case.form_answers.get("cover_kind", "unknown")), UNKNOWN_OWNER)


def is_dangerous(case: Case) -> bool:
    """Whether somebody may fall in. A report that names no condition counts as dangerous until it is looked at."""
    return case.task_type == MANHOLE and (not case.filing_condition or case.filing_condition in DANGEROUS_CONDITIONS)


def is_fenced(case: Case) -> bool:
    """Whether the reporter said that the hole is fenced off."""
    return case.form_answers.get("fenced") is True


def needs_site_command(case: Case) -> bool:
    """Whether the leader on duty goes to the place: an emergency whose whole limit has run out twice."""
    return case.emergency and case.signal is Signal.RED


def needs_second_look(case: Case) -> bool:
    """A filled collapse sinks again if the ground below was washed out; what came of a second look needs no third."""
    return case.task_type == ROAD and case.filing_condition == "collapsed" and case.source is not Source.SYSTEM
