"""Advises on wages, work and insurance: secure the proof, see a crowd coming, bring in who can pay."""

from plugins.labour import rules
from plugins.sdk import Case, City, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say what to bring, by what it is about."""
    kind = case.answer("matter")
    if kind in rules.MATTERS:
        city.note(case, words(f"bring.{kind}"))


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """Wages of many are filed as a group matter, with the shorter limit."""
    people = rules.people(case)
    if rules.is_group(case, from_people=int(city.settings["group_people"])):
        city.note(case, words("group.file", people=people))


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """Large sums on a building site are settled with whoever holds the site's wage account."""
    if rules.needs_wage_account(case):
        city.note(case, words("group.account", share=rules.share_yuan(case)))


@hookimpl
def case_rated(case: Case, city: City) -> None:
    """Whoever is still not paid says so with the stars: call back before they go elsewhere."""
    if 0 < case.rating <= rules.RATING_POOR:
        city.note(case, words("call_back", rating=case.rating))
