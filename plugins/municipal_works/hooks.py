"""Advises on covers and roads: fence first, who owns it, who else to ask, and when to look again."""

from plugins.municipal_works import rules
from plugins.sdk import Case, City, Report, Signal, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say who owns the cover and, where somebody may fall in, what comes first."""
    if case.task_type != rules.MANHOLE:
        return
    owner = words(f"owner.{rules.owner_of(case).key}")
    if not rules.is_dangerous(case):
        city.note(case, words("advice.owner", owner=owner))
        return
    key = "advice.open_hole_fenced" if rules.is_fenced(case) else "advice.open_hole"
    city.note(case, words(key, owner=owner))


@hookimpl
def case_returned(case: Case, city: City) -> None:
    """A cover that is not ours belongs to somebody: say to whom, so that the dispatcher need not search."""
    owner = rules.owner_of(case)
    if case.task_type != rules.MANHOLE or owner.department_code in {"", case.department_code}:
        return
    name = words(f"owner.{owner.key}")
    city.note(case, words("advice.other_owner", owner=name, department=owner.department_code))


@hookimpl
def case_overdue(case: Case, before: Signal, city: City) -> None:
    """An emergency that is far too late is led on the spot."""
    if before is not Signal.RED and rules.needs_site_command(case):
        city.note(case, words("advice.site_command"))


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """Where the road fell in, look again."""
    if not rules.needs_second_look(case):
        return
    city.report(
        Report(
            task_type=rules.ROAD,
            description=words("second_look", number=case.number),
            point=case.point,
            place=case.place,
            filing_condition="surface",
        )
    )
