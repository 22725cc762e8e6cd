"""Decides how an order is filled: who fits, how many, what it is worth, and who is visited again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from plugins.sdk import Case, FormAnswer, Source

ORDER: Final = "volunteer_service_order"
POSTS: Final = frozenset(
    {
        "resident_autonomy",
        "education_training",
        "elder_child_care",
        "environment_improvement",
        "love_care",
        "convenience_service",
        "targeted_warmth",
    }
)
#: One-to-one service: one or two volunteers for one person, so that trust can grow.
PAIRED_POST: Final = "targeted_warmth"
PAIRED_PEOPLE_MAX: Final = 2
HOURS_PER_DAY_MAX: Final = Decimal(8)
HOURS_STEP: Final = Decimal("0.5")
RATING_POOR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a resident asks for."""

    post: str
    hours: Decimal
    people: int


def order_of(case: Case) -> Order | None:
    """The order as far as the form tells it; None when the form was left for later."""
    post = str(case.form_answers.get("post_category", ""))
    hours, people = _number(case.form_answers, "hours"), _number(case.form_answers, "people")
    if post not in POSTS or hours is None or people is None:
        return None
    whole_steps = (hours / HOURS_STEP).to_integral_value(ROUND_FLOOR)
    return Order(post=post, hours=min(whole_steps * HOURS_STEP, HOURS_PER_DAY_MAX), people=int(people))


def too_many_for_one(order: Order) -> bool:
    """Whether a one-to-one service would bring a crowd."""
    return order.post == PAIRED_POST and order.people > PAIRED_PEOPLE_MAX


def service_hours(order: Order) -> Decimal:
    """Volunteer hours in all."""
    return order.hours * order.people


def needs_visit(case: Case) -> bool:
    """Whether somebody was left unhappy; a visit that is rated poorly itself is for people to talk about."""
    return case.task_type == ORDER and 0 < case.rating <= RATING_POOR and case.source is not Source.SYSTEM


def _number(answers: Mapping[str, FormAnswer], key: str) -> Decimal | None:
    value = answers.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(str(value))
