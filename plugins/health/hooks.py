"""Compares who is registered with who was screened, and tells whoever was missed once in a round (漏检比对)."""

import json

from plugins.health import rules
from plugins.sdk import Case, City, Message, Report, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say what is secured first, by what is wrong."""
    if case.task_type == rules.PROBLEM and case.answer("problem") in rules.FIRST_STEPS:
        city.note(case, words(f"first.{case.answer('problem')}"))


@hookimpl
def message_received(message: Message, city: City) -> None:
    """The screening system sends a round: who is registered, who was screened, who need not be."""
    round_ = rules.round_of(message)
    if round_ is None:
        return
    city.memory.put(f"{rules.ROUND}{round_.code}", round_.dumped())
    _tell_missed(round_, city)


@hookimpl
def day_began(city: City) -> None:
    """Go on telling, some each day, until nobody is left; what came in late has vanished from the list."""
    for key in city.memory.keys(rules.ROUND):
        _tell_missed(rules.Round.loaded(city.memory.get(key)), city)


def _tell_missed(round_: rules.Round, city: City) -> None:
    key = f"{rules.TOLD}{round_.code}"
    told = set(json.loads(city.memory.get(key) or "[]"))
    for person in rules.next_to_tell(round_, told, most=int(city.settings["most_a_day"])):
        city.report(
            Report(
                task_type=rules.MISSED,
                description=words("missed", round=round_.code, ref=person.ref),
                point=person.point,
                filing_condition="missed",
                form_answers={"person_ref": person.ref, "notify_channel": "sms"},
            )
        )
        told.add(person.ref)
    city.memory.put(key, json.dumps(sorted(told)))


@hookimpl
def case_signed(case: Case, city: City) -> None:
    """Whoever goes there hears whether the person came meanwhile."""
    if case.task_type != rules.MISSED:
        return
    ref = case.answer("person_ref")
    rounds = [rules.Round.loaded(city.memory.get(key)) for key in city.memory.keys(rules.ROUND)]
    if ref and any(ref in round_.done or ref in round_.exempt for round_ in rounds):
        city.note(case, words("meanwhile"))


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """A place that was put right is looked at without notice."""
    if case.task_type == rules.PROBLEM:
        city.note(case, words("without_notice"))
