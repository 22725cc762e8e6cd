"""Decides what is deadly, and what a lane is."""

from typing import Final

from plugins.sdk import Case

LANE_MINUTES: Final = 15
DEADLY: Final = frozenset({"exit", "ebike_charging", "residence"})


def is_fire_lane(case: Case) -> bool:
    """Whether fire engines could not pass."""
    lane = case.answer("hazard") == "fire_lane" or case.filing_condition == "fire_lane"
    return lane and not case.says_yes("on_spot_fixed")


def is_deadly(case: Case) -> bool:
    """Whether people would not get out."""
    return case.answer("hazard") in DEADLY and not case.says_yes("on_spot_fixed")
