"""The borders are those of the national condition."""

import pytest

from plugins.sdk.testing import a_case
from plugins.water import rules


@pytest.mark.parametrize(
    ("depth_cm", "area_m2", "level", "pumps"),
    [
        (None, None, "shallow", 1),
        (15, 1000, "shallow", 1),
        (15.1, 100, "shallow", 1),
        (15.1, 100.1, "wide", 1),
        (27, 0, "deep", 1),
        (26.9, 5000, "wide", 4),
        (100, 801, "deep", 3),
    ],
)
def test_depth_and_area_make_the_level(depth_cm: float | None, area_m2: float | None, level: str, pumps: int) -> None:
    case = a_case(form_answers={"depth_cm": depth_cm, "area_m2": area_m2})
    assert (rules.level(case), rules.pumps_needed(case)) == (level, pumps)


@pytest.mark.parametrize(
    ("facility", "danger"), [("embankment", True), ("pump", True), ("guardrail", False), ("", False)]
)
def test_only_what_holds_back_the_river_is_a_flood_danger(facility: str, danger: bool) -> None:
    july = a_case(
        task_type=rules.FACILITY,
        form_answers={"facility": facility},
        reported_at=a_case().reported_at.replace(month=7),
    )
    assert rules.is_flood_danger(july) is danger
