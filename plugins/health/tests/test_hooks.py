"""Whoever missed the screening is told once a round; late arrivals vanish, the exempt are left alone."""

import pytest

import plugins.health as department
from plugins.health import rules
from plugins.sdk import Json, Message
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call


def people(count: int) -> list[Json]:
    return [
        {"ref": f"P{number:05}", "grid": f"G{number % 3}", "longitude_deg": 119.85, "latitude_deg": 38.6}
        for number in range(count)
    ]


def screening(count: int, *, done: list[Json], exempt: list[Json], code: str = "2026-3") -> Message:
    content: dict[str, Json] = {"round": code, "registered": people(count), "done": done, "exempt": exempt}
    return Message(topic="screening.round", content=content)


def refs(city: RecordingCity) -> list[str]:
    return [str(report.form_answers["person_ref"]) for report in city.reports]


def test_hook_incident_reported_says_what_is_secured_first() -> None:
    case = a_case(task_type="public_health_problem", form_answers={"problem": "water"})
    assert "take samples" in call(department, "incident_reported", case=case).notes[0][1].en
    permit = a_case(task_type="public_health_problem", form_answers={"problem": "permit"})
    assert call(department, "incident_reported", case=permit).notes == []


@pytest.mark.mechanism(28)
def test_hook_message_received_tells_each_person_once_a_round_and_nobody_who_is_exempt() -> None:
    city = RecordingCity()
    first = screening(6, done=["P00000", "P00001"], exempt=["P00002"])
    call(department, "message_received", message=first, city=city)
    assert sorted(refs(city)) == ["P00003", "P00004", "P00005"]
    # The same list again, and then with somebody who came late: nobody hears of it twice.
    call(department, "message_received", message=first, city=city)
    late = screening(7, done=["P00000", "P00001", "P00003"], exempt=["P00002"])
    call(department, "message_received", message=late, city=city)
    assert sorted(refs(city)) == ["P00003", "P00004", "P00005", "P00006"]
    kept = rules.Round.loaded(city.memory.get("round/2026-3"))
    assert "P00003" not in [person.ref for person in rules.missed(kept)]
    # A new round begins from nothing.
    call(department, "message_received", message=screening(4, done=[], exempt=[], code="2026-4"), city=city)
    assert refs(city).count("P00003") == 2
    assert refs(city).count("P00004") == 1


def test_hook_day_began_goes_on_where_a_long_list_was_left() -> None:
    city = RecordingCity(set_to={"most_a_day": 2})
    call(department, "message_received", message=screening(5, done=[], exempt=[]), city=city)
    assert len(city.reports) == 2
    for _ in range(4):
        call(department, "day_began", city=city)
    assert len(refs(city)) == len(set(refs(city))) == 5


def test_hook_case_signed_spares_a_visit_to_whoever_came_meanwhile() -> None:
    city = RecordingCity()
    call(department, "message_received", message=screening(2, done=["P00001"], exempt=[]), city=city)
    came = a_case(task_type="missed_screening_followup", form_answers={"person_ref": "P00001"})
    missed = a_case(task_type="missed_screening_followup", form_answers={"person_ref": "P00000"})
    assert call(department, "case_signed", case=missed, city=city).notes == []
    assert "no visit is needed" in call(department, "case_signed", case=came, city=city).notes[0][1].en


def test_hook_case_closed_comes_back_without_notice() -> None:
    assert len(call(department, "case_closed", case=a_case(task_type="public_health_problem")).notes) == 1
    assert call(department, "case_closed", case=a_case(task_type="missed_screening_followup")).notes == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
