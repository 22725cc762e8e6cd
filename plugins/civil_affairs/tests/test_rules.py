"""What a family declares is compared fairly, and nothing is concluded from nothing."""

import pytest

from plugins.civil_affairs import rules
from plugins.sdk.testing import a_case


@pytest.mark.parametrize(
    ("declared", "row", "found"),
    [
        (1500, {}, "unknown"),
        (None, {"household_size": "2"}, "unknown"),
        (1500, {"household_size": "2", "registered_income_yuan": "1500"}, "fits"),
        (1500, {"household_size": "2", "registered_income_yuan": "1640"}, "fits"),
        (1500, {"household_size": "2", "registered_income_yuan": "1700"}, "differs"),
        (1500, {"household_size": "1", "registered_income_yuan": "1500"}, "above"),
        (1500, {"household_size": "2", "registered_income_yuan": "1500", "vehicle_count": "1"}, "property"),
        (0, {"household_size": "3", "registered_income_yuan": "0"}, "fits"),
        (1500, {"household_size": "two"}, "fits"),
    ],
)
def test_a_comparison_finds(declared: int | None, row: dict[str, str], found: str) -> None:
    case = a_case(task_type=rules.SUBSISTENCE, form_answers={"household_income": declared})
    assert rules.findings(case, [row] if row else [], line_yuan=900) == found


def test_publicity_is_seven_days_unless_somebody_said_more() -> None:
    assert rules.publicity_days(a_case()) == 7
    assert rules.publicity_days(a_case(form_answers={"publicity_days": 15})) == 15
