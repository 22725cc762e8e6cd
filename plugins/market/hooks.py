"""Seals first, goes together with whom it concerns, and remembers who was found out before."""

from datetime import timedelta

from plugins.market import rules
from plugins.sdk import Case, City, Report, Search, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say what is sealed first, and whether the shop was found out before."""
    if rules.must_seal(case):
        city.note(case, words(f"seal.{case.answer('problem')}"))
    shop = rules.shop_of(case)
    if not shop:
        return
    since = case.reported_at - timedelta(days=int(city.settings["look_back_days"]))
    before = rules.earlier(case, city.cases(Search(task_type=case.task_type, since=since, text=shop)))
    if before:
        city.note(case, words("again", shop=shop, count=len(before), number=before[0].number))


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """Spoilt food has hours, not days."""
    if rules.is_food(case):
        city.note(case, words("file.food"))


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """Say whom to bring along for a joint inspection (联合检查)."""
    partners = rules.partners(case)
    if partners:
        city.note(case, words("joint", partners="、".join(partners)))


@hookimpl
def case_rated(case: Case, city: City) -> None:
    """Whoever bought it and is not content: somebody goes there once more."""
    if rules.needs_second_round(case):
        city.report(
            Report(
                task_type=rules.VIOLATION,
                description=words("second_round", number=case.number, shop=rules.shop_of(case) or case.place),
                point=case.point,
                place=case.place,
                filing_condition="violation",
            )
        )
