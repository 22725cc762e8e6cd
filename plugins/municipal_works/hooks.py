"""Advises on covers, lamps and roads: fence first, who owns it, who else to ask, and when to look again."""

from plugins.municipal_works import rules
from plugins.sdk import Away, Case, City, Refused, Report, Signal, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say who owns the cover or lamp, by the registry's entry, and where somebody may fall in, what comes first."""
    if case.task_type not in rules.OWNED:
        return
    owner = words(f"owner.{_owner(case, city).key}")
    if not rules.is_dangerous(case):
        city.note(case, words("advice.owner", owner=owner))
        return
    key = "advice.open_hole_fenced" if rules.is_fenced(case) else "advice.open_hole"
    city.note(case, words(key, owner=owner))


@hookimpl
def case_returned(case: Case, city: City) -> None:
    """What is not ours belongs to somebody: say to whom, so that the dispatcher need not search."""
    if case.task_type not in rules.OWNED:
        return
    owner = _owner(case, city)
    if owner.department_code in {"", case.department_code}:
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


def _owner(case: Case, city: City) -> rules.Owner:
    """Its owner by the registry; by its kind where the registry is away or not open to us: a hole does not wait."""
    try:
        return rules.owner_of(case, city.components(case, rules.NEAR_M))
    except (Away, Refused):
        return rules.owner_of(case)
