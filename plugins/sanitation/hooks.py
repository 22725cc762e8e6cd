"""Sends the right vehicle, and finds the bins that are emptied too seldom."""

from plugins.sanitation import rules
from plugins.sdk import Case, City, Search, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say which vehicle carries it, by kind and amount."""
    city.note(case, words(f"vehicle.{rules.vehicle(case)}"))


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """A bin that overflows again and again is emptied more often or made larger."""
    since = case.reported_at - rules.LOOK_BACK
    search = Search(
        task_type=case.task_type, since=since, area_code=case.grid_code, near=case.point, near_m=rules.SAME_PLACE_M
    )
    again = rules.at_same_place(case, city.cases(search))
    if len(again) >= int(city.settings["repeat_count"]):
        city.note(case, words("repeat", count=len(again), days=rules.LOOK_BACK.days))
