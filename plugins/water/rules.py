"""Decides how bad water on the road is, and what is dangerous in the flood season."""

from math import ceil
from typing import Final

from plugins.sdk import Case

PONDING: Final = "road_ponding"
FACILITY: Final = "water_facility_damage"

#: National filing condition: more than 100 m² and more than 15 cm (道路积水).
DEEP_CM: Final = 15.0
WIDE_M2: Final = 100.0
#: From here on no car and nobody on foot passes.
IMPASSABLE_CM: Final = 27.0
PUMP_M3_PER_HOUR: Final = 200.0
HOURS_TO_CLEAR: Final = 2.0
FLOOD_MONTHS: Final = frozenset({6, 7, 8, 9})
FLOOD_FACILITIES: Final = frozenset({"embankment", "pump"})


def level(case: Case) -> str:
    """How bad it is: "deep", "wide" or "shallow"."""
    depth_cm, area_m2 = case.amount("depth_cm") or 0.0, case.amount("area_m2") or 0.0
    if depth_cm >= IMPASSABLE_CM:
        return "deep"
    return "wide" if depth_cm > DEEP_CM and area_m2 > WIDE_M2 else "shallow"


def pumps_needed(case: Case) -> int:
    """Pumps that clear it within two hours; at least one."""
    volume_m3 = (case.amount("area_m2") or 0.0) * (case.amount("depth_cm") or 0.0) / 100
    return max(ceil(volume_m3 / (PUMP_M3_PER_HOUR * HOURS_TO_CLEAR)), 1)


def is_flood_danger(case: Case) -> bool:
    """Whether a damage may let the river in."""
    return (
        case.task_type == FACILITY
        and case.answer("facility") in FLOOD_FACILITIES
        and case.reported_at.month in FLOOD_MONTHS
    )
