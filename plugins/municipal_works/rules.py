"""Decides who owns a cover or a lamp, what is dangerous, and what is looked at a second time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plugins.sdk import Case, Component, Signal, Source

MANHOLE: Final = "manhole_cover_missing"
ROAD: Final = "road_damage"
FACILITY: Final = "street_facility_fault"
#: What has an owner in the registry.
OWNED: Final = frozenset({MANHOLE, FACILITY})
#: A thing of the registry within so many metres is the one that was reported.
NEAR_M: Final = 15.0

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


#: Whose a facility in the street usually is.
FACILITY_OWNERS: Final[Mapping[str, Owner]] = {
    "lamp": OWNERS["lamp"],
    "cable": OWNERS["telecom"],
    "signal": Owner(key="traffic_police", department_code="D10"),
    "camera": Owner(key="police", department_code="D01"),
}

#: Units of the registry, which enters who owns what stands in the street.
UNITS: Final[Mapping[str, Owner]] = {
    "U01": OWNERS["water"],
    "U02": OWNERS["sewage"],
    "U03": OWNERS["gas"],
    "U04": OWNERS["heat"],
    "U05": OWNERS["power"],
    "U06": OWNERS["telecom"],
    "U07": Owner(key="bus", department_code="D10"),
    "U08": Owner(key="property", department_code="D05"),
}


def owner_of(case: Case, things: Sequence[Component] = ()) -> Owner:
    """Who owns what is broken: as the registry has it, else as its kind says; the sub-district for what nobody knows."""
    entered = _entered(case, things)
    if entered is not None:
        return entered
    if case.task_type == FACILITY:
        return FACILITY_OWNERS.get(case.answer("facility"), UNKNOWN_OWNER)
    return OWNERS.get(str(case.form_answers.get("cover_kind", "unknown")), UNKNOWN_OWNER)


def _entered(case: Case, things: Sequence[Component]) -> Owner | None:
    """The owner of the thing whose code the reporter gave, if it stands near; without a code, of the nearest one."""
    code = case.answer("component_code")
    named = [thing for thing in things if thing.code == code] if code else list(things[:1])
    return next((UNITS[thing.owner_unit] for thing in named if thing.owner_unit in UNITS), None)


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
