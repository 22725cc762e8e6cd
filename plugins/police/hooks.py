"""Advises on clues and visits: what is urgent, whom to visit with what care, and when to come again."""

from plugins.police import rules
from plugins.sdk import Case, City, Loan, Refused, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """A clue that cannot wait goes to the patrol; every kind of clue has its first step."""
    if case.task_type != rules.CLUE:
        return
    if rules.is_urgent(case):
        city.note(case, words("advice.urgent"))
    step = rules.first_step(case)
    if step:
        city.note(case, words(f"first_step.{step}"))


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """Tell the visitors whom they will meet, by masked names only; who they are is for the visit, not for the file."""
    if case.task_type != rules.VISIT:
        return
    loan = Loan(
        dataset="focus_persons",
        fields=rules.LENT_FIELDS,
        purpose=rules.PURPOSE,
        case=case,
        area_code=case.grid_code,
        tags=rules.FOCUS,
    )
    try:
        people = rules.people_of(city.lend(loan))
    except Refused as refused:
        city.note(case, words("visit.no_loan", reason=refused.reason))
        return
    if people:
        city.note(case, words("visit.people", count=len(people), names=rules.shown(people)))


@hookimpl
def case_disposed(case: Case, city: City) -> None:
    """Whoever was not there is visited again at another hour; the third time the station chief is told."""
    if case.task_type != rules.VISIT:
        return
    key = rules.absence_key(case)
    if not rules.was_absent(case):
        city.memory.forget(key)
        return
    absences = rules.with_absence(city.memory.get(key), case)
    city.memory.put(key, absences)
    count = rules.count_of(absences)
    city.note(case, words("visit.chief" if count >= rules.ABSENCES_MAX else "visit.again", count=count))


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """A rental with many tenants who are not registered is filed as crowded."""
    if rules.is_crowded(case):
        city.note(case, words("rental.crowded", limit=rules.TENANTS_MANY))
