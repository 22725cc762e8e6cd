"""Landscaping frees the way, and speaks Open311 with its contractor."""

from datetime import UTC, datetime

import plugins.landscaping as department
from plugins.sdk import Json, Message
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call

CASE = a_case(task_type="greenery_damage", form_answers={"damage": "tree_fallen", "blocking_traffic": True})


def linked() -> RecordingCity:
    return RecordingCity(
        cases_known=[CASE], set_to={"link_url": "https://trees.example/open311/v2"}, secrets={"api_key": "k"}
    )


def told(topic: str, *rows: dict[str, Json]) -> Message:
    return Message(topic=topic, about=CASE.id, content={"items": list(rows)})


def test_hook_incident_reported_frees_the_way_first() -> None:
    assert "saws" in call(department, "incident_reported", case=CASE).notes[0][1].en
    july = datetime(2026, 7, 1, tzinfo=UTC)
    withered = a_case(task_type="greenery_damage", form_answers={"damage": "withered"}, reported_at=july)
    assert "planting season" in call(department, "incident_reported", case=withered).notes[0][1].en
    assert call(department, "incident_reported", case=a_case(task_type="greenery_damage")).notes == []


def test_hook_case_dispatched_hands_the_work_to_the_contractor_where_there_is_one() -> None:
    [letter] = call(department, "case_dispatched", case=CASE, city=linked()).letters
    assert (letter.method, letter.path, letter.form, letter.about) == ("POST", "/requests.json", True, CASE.id)
    assert letter.content["service_code"] == "greenery"
    assert letter.content["api_key"] == "k"
    assert call(department, "case_dispatched", case=CASE).letters == []


def test_hook_message_received_notes_the_number_and_the_end_of_the_work_once() -> None:
    city = linked()
    call(department, "message_received", message=told("open311.requested", {"service_request_id": "T-9"}), city=city)
    open_ = told("open311.status", {"service_request_id": "T-9", "status": "open"})
    closed = told("open311.status", {"service_request_id": "T-9", "status": "closed", "status_notes": "sawn"})
    for message in (open_, closed):
        call(department, "message_received", message=message, city=city)
    assert [text.en for _, text in city.notes] == [
        "The contractor took it in as T-9.",
        "The contractor finished T-9: sawn",
    ]
    assert city.memory.entries == {}


def test_hook_message_received_forgets_a_case_that_is_not_ours_any_more() -> None:
    city = RecordingCity()
    city.memory.put(f"open311/{CASE.id}", "T-9")
    call(department, "message_received", message=told("open311.status", {"service_request_id": "T-9"}), city=city)
    assert city.memory.entries == {}


def test_hook_hour_struck_asks_about_everything_still_open() -> None:
    city = linked()
    city.memory.put(f"open311/{CASE.id}", "T-9")
    [letter] = call(department, "hour_struck", city=city).letters
    assert (letter.method, letter.path, letter.about) == ("GET", "/requests/T-9.json", CASE.id)


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
