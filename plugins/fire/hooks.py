"""Frees fire lanes within minutes and raises what is not freed."""

from plugins.fire import rules
from plugins.sdk import Case, City, Moved, Signal, Step, StepKind, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say what cannot wait until tomorrow."""
    if rules.is_fire_lane(case):
        city.note(case, words("lane.now", minutes=rules.LANE_MINUTES))
    elif rules.is_deadly(case):
        city.note(case, words(f"deadly.{case.answer('hazard')}"))


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """A blocked lane has a limit of minutes; filed as an ordinary hazard it would have hours."""
    if rules.is_fire_lane(case) and case.filing_condition != "fire_lane":
        city.note(case, words("lane.file"))


@hookimpl
def case_overdue(case: Case, before: Signal, city: City) -> None:
    """A lane that is still blocked goes to the next loop at once, if it may."""
    if not rules.is_fire_lane(case) or before is case.signal:
        return
    if not city.get_case(case.id).allows(StepKind.ESCALATE):
        city.note(case, words("lane.tow"))
        return
    said = words("lane.raised")
    try:
        city.advance(case, Step(kind=StepKind.ESCALATE, opinion=said.zh, opinion_en=said.en))
    except Moved:
        # Somebody is at it this very moment.
        return


@hookimpl
def case_disposed(case: Case, city: City) -> None:
    """What was put right on the spot must stay so: ask for a mark on the ground, a lock, a sign."""
    city.note(case, words("stay.lane" if rules.is_fire_lane(case) else "stay.other"))
