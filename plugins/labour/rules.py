"""Decides when unpaid wages concern a group, and whose account answers for them."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from plugins.sdk import Case

WAGES: Final = "wage_arrears"
MATTERS: Final = frozenset({WAGES, "employment_need", "social_insurance"})
#: From this sum on, the wage account that building sites must keep is looked at.
ACCOUNT_FROM_YUAN: Final = Decimal(100_000)
RATING_POOR: Final = 2


def people(case: Case) -> int:
    """How many people are concerned; one when nobody said."""
    return int(case.amount("worker_count") or 1)


def is_group(case: Case, *, from_people: int) -> bool:
    """Whether unpaid wages concern so many that they may come together."""
    return case.answer("matter") == WAGES and people(case) >= from_people


def needs_wage_account(case: Case) -> bool:
    """Whether the sum is worth looking at the site's wage account."""
    amount = case.amount("amount_yuan")
    return case.answer("matter") == WAGES and amount is not None and Decimal(str(amount)) >= ACCOUNT_FROM_YUAN


def share_yuan(case: Case) -> Decimal:
    """What each is owed on average, to the cent."""
    total = Decimal(str(case.amount("amount_yuan") or 0))
    return (total / people(case)).quantize(Decimal("0.01"), ROUND_HALF_UP)
