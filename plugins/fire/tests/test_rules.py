"""A lane that was freed on the spot is no blocked lane."""

from pathlib import Path

import pytest

from plugins.fire import rules
from plugins.sdk import LimitUnit
from plugins.sdk.manifest import read
from plugins.sdk.testing import a_case

[HAZARDS] = read(Path(__file__).resolve().parents[1]).task_types


def test_the_limit_of_a_lane_is_in_minutes() -> None:
    limits = {condition.code: condition.limit for condition in HAZARDS.filing_conditions}
    assert (limits["fire_lane"].value, limits["fire_lane"].unit) == (rules.LANE_MINUTES, LimitUnit.MINUTE)


@pytest.mark.parametrize(("fixed", "lane"), [(False, True), (True, False), (None, True)])
def test_only_what_is_still_there_blocks(fixed: bool | None, lane: bool) -> None:
    assert rules.is_fire_lane(a_case(form_answers={"hazard": "fire_lane", "on_spot_fixed": fixed})) is lane


def test_deadly_kinds_stand_on_the_form() -> None:
    kinds = {option.value for field in HAZARDS.fields if field.name == "hazard" for option in field.options}
    assert kinds >= rules.DEADLY
