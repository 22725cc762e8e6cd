"""Fills residents' orders: which volunteers fit, how the team is made up, and a visit for whom it went badly."""

from plugins.sdk import Case, City, Report, Words, hookimpl
from plugins.social_work import rules

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Say which volunteers fit the order, and what it adds up to."""
    order = rules.order_of(case)
    if order is None:
        city.note(case, words("advice.ask"))
        return
    post = words(f"post.{order.post}")
    hours = f"{rules.service_hours(order).normalize():f}"
    city.note(case, words("advice.order", post=post, people=order.people, hours=hours))


@hookimpl
def case_signed(case: Case, city: City) -> None:
    """A one-to-one service needs one or two who come again, not many who come once."""
    order = rules.order_of(case)
    if order is not None and rules.too_many_for_one(order):
        city.note(case, words("advice.pair", people=rules.PAIRED_PEOPLE_MAX))


@hookimpl
def case_rated(case: Case, city: City) -> None:
    """Whoever was left unhappy is visited."""
    if not rules.needs_visit(case):
        return
    city.report(
        Report(
            task_type=rules.ORDER,
            description=words("visit", number=case.number, rating=case.rating),
            point=case.point,
            place=case.place,
        )
    )
