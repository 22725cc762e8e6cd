"""A plan is read for its five parts."""

import pytest

from plugins.emergency import rules
from plugins.sdk.testing import a_case


@pytest.mark.parametrize(
    ("plan", "missing"),
    [
        ("", ("measures", "funds", "deadline", "person", "emergency")),
        ("措施到位,资金5万元,30天内,责任人王某,应急预案已备", ()),
        ("Measures, funds, deadline, responsible: Wang, emergency plan", ()),
        ("措施、资金、责任人、预案", ("deadline",)),
    ],
)
def test_what_a_plan_does_not_speak_of_is_missing(plan: str, missing: tuple[str, ...]) -> None:
    assert rules.missing_parts(a_case(form_answers={"rectify_plan": plan})) == missing


def test_a_condition_chosen_by_hand_counts_as_well() -> None:
    assert rules.is_major(a_case(filing_condition="major"))
    assert not rules.is_major(a_case())
