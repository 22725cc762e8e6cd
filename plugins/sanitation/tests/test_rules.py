"""The vehicle follows from kind and amount."""

import pytest

from plugins.sanitation import rules
from plugins.sdk.testing import a_case


@pytest.mark.parametrize(
    ("waste", "volume_m3", "vehicle"),
    [
        ("household", None, "cart"),
        ("household", 1.99, "cart"),
        ("mixed", 2, "truck"),
        ("overflow", 6, "loader"),
        ("construction", 0.1, "rubble"),
        ("spillage", 9, "spillage"),
        ("", None, "cart"),
    ],
)
def test_a_vehicle_for_everything(waste: str, volume_m3: float | None, vehicle: str) -> None:
    assert rules.vehicle(a_case(form_answers={"waste": waste, "volume_m3": volume_m3})) == vehicle


def test_the_case_itself_counts_once() -> None:
    case = a_case()
    assert rules.at_same_place(case, [case, case]) == [case]
