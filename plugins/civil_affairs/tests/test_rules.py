"""What a family declares is compared fairly, and nothing is concluded from nothing."""

import pytest

from plugins.civil_affairs import rules
from plugins.sdk.testing import a_case


@pytest.mark.parametrize(
    ("declared", "registered", "found"),
    [
        (1500, None, "unknown"),
        (1500, "***", "unknown"),
        (None, "800", "unknown"),
        (1500, "800", "fits"),
        (900, "900", "fits"),
        (800, "880", "fits"),
        (800, "881", "differs"),
        (1500, "901", "above"),
        (0, "0", "fits"),
        (0, "1", "differs"),
    ],
)
def test_a_comparison_finds(declared: int | None, registered: str | None, found: str) -> None:
    case = a_case(task_type=rules.SUBSISTENCE, form_answers={"household_income": declared})
    rows = [{rules.INCOME: registered}] if registered is not None else []
    assert rules.findings(case, rows, line_yuan=900) == found


def test_publicity_is_seven_days_unless_somebody_said_more() -> None:
    assert rules.publicity_days(a_case()) == 7
    assert rules.publicity_days(a_case(form_answers={"publicity_days": 15})) == 15
