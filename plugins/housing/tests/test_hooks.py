"""Housing keeps people away first, and knows what is allowed at which hour."""

from datetime import UTC, datetime

import pytest

import plugins.housing as department
from plugins.sdk import FormAnswer, Signal
from plugins.sdk.contract import problems
from plugins.sdk.testing import a_case, call

MIDNIGHT = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("evacuated", "concentration", "word"),
    [
        (False, None, "Clear everybody"),
        (True, 25, "Clear everybody"),
        (True, 5, "close the valve"),
        (True, None, "Measure"),
    ],
)
def test_hook_incident_reported_says_what_to_do_about_gas(
    evacuated: bool, concentration: float | None, word: str
) -> None:
    answers: dict[str, FormAnswer] = {"site": "indoor", "evacuated": evacuated, "concentration_lel": concentration}
    [(_, text)] = call(department, "incident_reported", case=a_case(task_type="gas_leak", form_answers=answers)).notes
    assert word in text.en


def test_hook_incident_reported_cordons_half_the_height() -> None:
    high = a_case(task_type="falling_object", form_answers={"floor": 20, "cordoned": False})
    assert "30 m" in call(department, "incident_reported", case=high).notes[0][1].en
    done = a_case(task_type="falling_object", form_answers={"floor": 20, "cordoned": True})
    assert call(department, "incident_reported", case=done).notes == []


def test_hook_before_filing_knows_what_is_too_loud_by_day_and_by_night() -> None:
    loud = a_case(task_type="construction_nuisance", form_answers={"problem": "noise", "decibel": 72.5})
    assert "2.5 dB" in call(department, "before_filing", case=loud).notes[0][1].en
    night = a_case(task_type=loud.task_type, form_answers={"decibel": 56}, reported_at=MIDNIGHT)
    assert "1 dB" in call(department, "before_filing", case=night).notes[0][1].en
    fair = a_case(task_type=loud.task_type, form_answers={"decibel": 70})
    assert call(department, "before_filing", case=fair).notes == []


def test_hook_case_dispatched_stops_work_by_night_without_a_permit() -> None:
    case = a_case(task_type="construction_nuisance", form_answers={"problem": "noise"}, reported_at=MIDNIGHT)
    assert len(call(department, "case_dispatched", case=case).notes) == 1
    by_day = a_case(task_type="construction_nuisance", form_answers={"problem": "noise"})
    assert call(department, "case_dispatched", case=by_day).notes == []


def test_hook_case_overdue_asks_for_hands_once() -> None:
    late = a_case(task_type="gas_leak", signal=Signal.YELLOW)
    assert len(call(department, "case_overdue", case=late, before=Signal.GREEN).notes) == 1
    assert call(department, "case_overdue", case=late, before=Signal.YELLOW).notes == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
