"""Hours of an order are counted in half hours and never run past a day's limit."""

from decimal import Decimal
from pathlib import Path

import pytest

from plugins.sdk.manifest import read
from plugins.sdk.testing import a_case
from plugins.social_work import rules


@pytest.mark.parametrize(("asked", "counted"), [(0.5, "0.5"), (0.9, "0.5"), (1.5, "1.5"), (8, "8"), (30, "8")])
def test_hours_count_by_the_half_and_stop_at_eight(asked: float, counted: str) -> None:
    case = a_case(form_answers={"post_category": "love_care", "hours": asked, "people": 3})
    order = rules.order_of(case)
    assert order is not None
    assert order.hours == Decimal(counted)
    assert rules.service_hours(order) == Decimal(counted) * 3


def test_the_posts_are_those_of_the_form() -> None:
    [task_type] = read(Path(__file__).resolve().parents[1]).task_types
    [post] = [field for field in task_type.fields if field.name == "post_category"]
    assert {option.value for option in post.options} == rules.POSTS
