"""Says what keeps people safe first: no spark near gas, nobody below what may fall, quiet at night."""

from plugins.housing import rules
from plugins.sdk import Case, City, Signal, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """The first minutes count for gas and for what may fall."""
    if case.task_type == rules.GAS:
        city.note(case, words(f"gas.{rules.gas_danger(case)}", radius=rules.GAS_RADIUS_M))
    elif case.task_type == rules.FALLING and not case.says_yes("cordoned"):
        city.note(case, words("falling.cordon", radius=rules.cordon_m(case)))


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """Say whether a site may be as loud as it is at this hour."""
    excess = rules.noise_excess_db(case, city.local(case.reported_at))
    if excess > 0:
        city.note(case, words("site.too_loud", excess=f"{excess:g}"))


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """Work at night needs a permit; without one it stops at once."""
    if rules.is_night_work(case, city.local(case.reported_at)):
        city.note(case, words("site.night"))


@hookimpl
def case_overdue(case: Case, before: Signal, city: City) -> None:
    """Gas that still leaks when its time is up needs more hands."""
    if case.task_type == rules.GAS and before is Signal.GREEN:
        city.note(case, words("gas.late"))
