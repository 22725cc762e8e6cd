"""Merchants are inspected until nothing is wrong, and help comes from the nearest three."""

from datetime import timedelta

import plugins.tourism as department
from plugins.sdk import Case, Json, Message
from plugins.sdk.contract import problems
from plugins.sdk.testing import MONDAY_MORNING, RecordingCity, a_case, call


def inspection(round_: int, found: int, *, id: str = "now", days_ago: int = 0) -> Case:
    return a_case(
        id=id,
        number=f"N-{id}",
        task_type="scenic_merchant_inspection",
        description="山里人家:无证、油烟",
        form_answers={"merchant": "山里人家", "round": round_, "problem_count": found},
        reported_at=MONDAY_MORNING - timedelta(days=days_ago),
    )


def told(topic: str, **content: Json) -> Message:
    return Message(topic=topic, about="S-1", content=content)


def test_hook_incident_reported_begins_a_second_round_with_what_the_first_found() -> None:
    first, second = inspection(1, 4, id="first", days_ago=30), inspection(2, 0)
    city = call(department, "incident_reported", case=second, city=RecordingCity(cases_known=[first, second]))
    assert "无证、油烟" in city.notes[0][1].zh
    assert "N-first" in city.notes[0][1].en
    assert call(department, "incident_reported", case=first, city=RecordingCity(cases_known=[first])).notes == []


def test_hook_case_disposed_strikes_nothing_off_before_the_recheck() -> None:
    assert "4 problems" in call(department, "case_disposed", case=inspection(1, 4)).notes[0][1].en
    assert call(department, "case_disposed", case=inspection(1, 0)).notes == []


def test_hook_case_closed_files_another_round_where_much_was_wrong() -> None:
    [report] = call(department, "case_closed", case=inspection(1, 3)).reports
    assert dict(report.form_answers) == {"merchant": "山里人家", "round": 2, "problem_count": 3}
    assert call(department, "case_closed", case=inspection(1, 2)).reports == []
    assert call(department, "case_closed", case=inspection(9, 9)).reports == []


def test_hook_message_received_finds_the_nearest_three_and_measures_the_ten_minutes() -> None:
    city = RecordingCity()
    rows: list[Json] = [
        {"code": code, "longitude_deg": 119.85 + east, "latitude_deg": 38.6}
        for code, east in (("far", 0.1), ("police", 0.01), ("medical", 0.02), ("patrol", 0.03))
    ]
    call(department, "message_received", message=told("rescue.resources", resources=rows), city=city)
    for arrived, result in (("10:09:59", "met"), ("10:10:01", "missed")):
        sos = told("rescue.sos", longitude_deg=119.85, latitude_deg=38.6, at="2026-03-02T10:00:00+08:00")
        call(department, "message_received", message=sos, city=city)
        nearest = city.letters[-1].content["nearest"]
        assert [row["code"] for row in nearest] == ["police", "medical", "patrol"]  # type: ignore[index, union-attr, call-overload]
        there = told("rescue.arrived", at=f"2026-03-02T{arrived}+08:00")
        call(department, "message_received", message=there, city=city)
        assert city.letters[-1].content == {"ten_minutes": result}
    again = told("rescue.arrived", at="2026-03-02T10:30:00+08:00")
    assert len(call(department, "message_received", message=again, city=city).letters) == 4


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
