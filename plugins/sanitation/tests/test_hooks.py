"""Sanitation sends the right vehicle and finds the bin that is always full."""

import pytest

import plugins.sanitation as department
from plugins.sdk import Point
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call

BIN = Point(longitude_deg=119.85, latitude_deg=38.6)


@pytest.mark.parametrize(("waste", "volume", "word"), [("household", 8, "loader"), ("toilet", None, "fifteen minutes")])
def test_hook_incident_reported_names_the_vehicle(waste: str, volume: float | None, word: str) -> None:
    case = a_case(task_type="exposed_garbage", form_answers={"waste": waste, "volume_m3": volume})
    assert word in call(department, "incident_reported", case=case).notes[0][1].en


def test_hook_case_closed_finds_a_bin_that_overflows_for_the_third_time() -> None:
    earlier = [a_case(id=str(number), task_type="exposed_garbage", point=BIN) for number in range(2)]
    far = a_case(id="far", task_type="exposed_garbage", point=Point(longitude_deg=119.86, latitude_deg=38.6))
    now = a_case(id="now", task_type="exposed_garbage", point=BIN)
    city = call(department, "case_closed", case=now, city=RecordingCity(cases_known=[*earlier, far, now]))
    assert "for the 3. time" in city.notes[0][1].en
    assert call(department, "case_closed", case=now, city=RecordingCity(cases_known=[earlier[0], far, now])).notes == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
