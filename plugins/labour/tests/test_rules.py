"""Money is counted to the cent, and people are never none."""

from decimal import Decimal

import pytest

from plugins.labour import rules
from plugins.sdk.testing import a_case


@pytest.mark.parametrize(
    ("amount", "people", "share"), [(100, 3, "33.33"), (200, 3, "66.67"), (0.05, 2, "0.03"), (None, 4, "0.00")]
)
def test_shares_are_exact_to_the_cent(amount: float | None, people: int, share: str) -> None:
    case = a_case(form_answers={"amount_yuan": amount, "worker_count": people})
    assert rules.share_yuan(case) == Decimal(share)


def test_somebody_is_always_concerned() -> None:
    assert rules.people(a_case()) == 1


def test_only_wages_make_a_group() -> None:
    case = a_case(form_answers={"matter": "social_insurance", "worker_count": 50, "amount_yuan": 1e6})
    assert not rules.is_group(case, from_people=10)
    assert not rules.needs_wage_account(case)
