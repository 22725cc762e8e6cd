"""Weighs water on the road by depth and area, and looks at embankments differently in the flood season."""

from plugins.sdk import Case, City, Words, hookimpl
from plugins.water import rules

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say how bad it is and what it takes."""
    if case.task_type == rules.PONDING:
        level = rules.level(case)
        pumps = rules.pumps_needed(case)
        city.note(case, words(f"ponding.{level}", pumps=pumps))
    elif rules.is_flood_danger(case):
        city.note(case, words("embankment"))


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """Say which filing condition fits."""
    if rules.is_flood_danger(case):
        city.note(case, words("file.flood_season"))


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """Where the water stood deep, the gullies are looked at before the next rain."""
    if case.task_type == rules.PONDING and rules.level(case) in {"deep", "wide"}:
        city.note(case, words("before_next_rain"))
