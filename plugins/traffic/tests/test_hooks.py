"""The traffic police sees where it happens again and again, and when."""

from datetime import timedelta

import plugins.traffic as department
from plugins.sdk import Point
from plugins.sdk.contract import problems
from plugins.sdk.testing import MONDAY_MORNING, RecordingCity, a_case, call

PARKING = "motor_illegal_parking"
HERE = Point(longitude_deg=119.85, latitude_deg=38.6)


def test_hook_incident_reported_sees_the_third_time_and_the_usual_hours() -> None:
    before = [
        a_case(
            id=str(days), task_type=PARKING, point=HERE, reported_at=MONDAY_MORNING - timedelta(days=days, hours=days)
        )
        for days in (1, 2)
    ]
    now = a_case(id="now", task_type=PARKING, point=HERE)
    [(_, text)] = call(department, "incident_reported", case=now, city=RecordingCity(cases_known=[*before, now])).notes
    assert "For the 3. time in 30 days, mostly between 8 and 11 o'clock" in text.en
    twice = RecordingCity(cases_known=[before[0], now])
    assert call(department, "incident_reported", case=now, city=twice).notes == []
    patient = RecordingCity(cases_known=[*before, now], set_to={"repeat_count": 4})
    assert call(department, "incident_reported", case=now, city=patient).notes == []


def test_hook_case_dispatched_calls_the_owner_of_one_and_the_truck_for_many() -> None:
    one = a_case(task_type=PARKING, form_answers={"vehicle_count": 1})
    many = a_case(task_type=PARKING, form_answers={"vehicle_count": 5})
    assert "Call the owner" in call(department, "case_dispatched", case=one).notes[0][1].en
    assert "tow truck" in call(department, "case_dispatched", case=many).notes[0][1].en


def test_hook_case_escalated_changes_the_street() -> None:
    assert "D09" in call(department, "case_escalated", case=a_case(task_type=PARKING)).notes[0][1].en


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
