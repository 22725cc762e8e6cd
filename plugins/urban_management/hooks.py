"""Advises on street cases: stop the work first, check at the right hour, come together."""

from datetime import datetime

from plugins.sdk import Case, City, Words, hookimpl
from plugins.urban_management import rules

words = Words(__package__)


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """What is being built is stopped before anything else."""
    if rules.must_stop_work(case):
        city.note(case, words("advice.stop_work"))


@hookimpl
def case_disposed(case: Case, city: City, at: datetime) -> None:
    """Ask for the check at the hour at which the stall was there."""
    window = rules.same_period_check(case, reported=city.local(case.reported_at), disposed=city.local(at))
    if window is not None:
        city.note(case, words("advice.same_period", begins_at=window.begins_at, ends_at=window.ends_at))


@hookimpl
def case_escalated(case: Case, city: City) -> None:
    """Say whom to bring along."""
    if rules.needs_joint_round(case):
        city.note(case, words("advice.joint_round"))
