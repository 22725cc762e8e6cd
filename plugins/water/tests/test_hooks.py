"""Water affairs weighs depth and area, and the time of the year."""

from datetime import UTC, datetime

import pytest

import plugins.water as department
from plugins.sdk import Case
from plugins.sdk.contract import problems
from plugins.sdk.testing import a_case, call

JULY = datetime(2026, 7, 1, tzinfo=UTC)


def ponding(depth_cm: float, area_m2: float) -> Case:
    return a_case(task_type="road_ponding", form_answers={"depth_cm": depth_cm, "area_m2": area_m2})


@pytest.mark.parametrize(
    ("depth", "area", "word"), [(30, 1, "close the road"), (16, 101, "within two hours"), (15, 500, "Shallow")]
)
def test_hook_incident_reported_weighs_depth_and_area(depth: float, area: float, word: str) -> None:
    assert word in call(department, "incident_reported", case=ponding(depth, area)).notes[0][1].en


def test_hook_incident_reported_sees_danger_in_the_flood_season_only() -> None:
    answers = {"facility": "embankment"}
    wet = a_case(task_type="water_facility_damage", form_answers=answers, reported_at=JULY)
    dry = a_case(task_type="water_facility_damage", form_answers=answers)
    assert "sandbags" in call(department, "incident_reported", case=wet).notes[0][1].en
    assert call(department, "incident_reported", case=dry).notes == []


def test_hook_before_filing_names_the_condition_for_the_flood_season() -> None:
    wet = a_case(task_type="water_facility_damage", form_answers={"facility": "pump"}, reported_at=JULY)
    assert len(call(department, "before_filing", case=wet).notes) == 1
    assert call(department, "before_filing", case=ponding(30, 1)).notes == []


def test_hook_case_closed_cleans_gullies_where_it_was_bad() -> None:
    assert len(call(department, "case_closed", case=ponding(30, 1)).notes) == 1
    assert call(department, "case_closed", case=ponding(5, 500)).notes == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
