"""The environment bureau secures proof in time and follows what travels."""

import pytest

import plugins.environment as department
from plugins.sdk import Case
from plugins.sdk.contract import problems
from plugins.sdk.testing import a_case, call


def pollution(medium: str, **more: str) -> Case:
    return a_case(task_type="pollution_incident", form_answers={"medium": medium, **more})


@pytest.mark.parametrize(("medium", "word"), [("water", "60 minutes"), ("air", "plume"), ("soil", "traces")])
def test_hook_incident_reported_says_how_and_by_when_proof_is_taken(medium: str, word: str) -> None:
    assert word in call(department, "incident_reported", case=pollution(medium)).notes[0][1].en


def test_hook_incident_reported_says_nothing_while_nobody_knows_what_it_is() -> None:
    assert call(department, "incident_reported", case=pollution("")).notes == []


def test_hook_case_dispatched_calls_the_owner_of_the_outfall() -> None:
    [(_, text)] = call(department, "case_dispatched", case=pollution("water", outfall_code="O-7")).notes
    assert "O-7" in text.zh
    assert call(department, "case_dispatched", case=pollution("water")).notes == []


def test_hook_case_escalated_goes_upstream() -> None:
    assert "D11" in call(department, "case_escalated", case=pollution("water")).notes[0][1].en
    assert call(department, "case_escalated", case=pollution("noise")).notes == []


def test_hook_case_disposed_asks_where_the_waste_went() -> None:
    assert "waybill" in call(department, "case_disposed", case=pollution("solid_waste")).notes[0][1].en
    assert call(department, "case_disposed", case=pollution("air")).notes == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
