"""Finds the places where fining alone does not help, and whom to call first."""

from datetime import timedelta

from plugins.sdk import Case, City, Search, Words, hookimpl
from plugins.traffic import rules

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """A place where it happens again and again needs more than another fine."""
    days, within_m = int(city.settings["repeat_days"]), int(city.settings["repeat_m"])
    search = Search(
        task_type=case.task_type,
        since=case.reported_at - timedelta(days=days),
        area_code=case.grid_code,
        near=case.point,
        near_m=within_m,
        most=200,
    )
    near = rules.near(case, city.cases(search), within_m=within_m)
    if len(near) < int(city.settings["repeat_count"]):
        return
    window = rules.usual_hours([city.local(other.reported_at) for other in near])
    city.note(case, words("repeat", count=len(near), days=days, begins=window[0], ends=window[1]))


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """Many vehicles need a tow truck and two officers; one needs a call to its owner first."""
    city.note(case, words("crowd" if rules.is_crowd(case) else "call_owner"))


@hookimpl
def case_escalated(case: Case, city: City) -> None:
    """Words and fines did not help: change the street."""
    city.note(case, words("change_street"))
