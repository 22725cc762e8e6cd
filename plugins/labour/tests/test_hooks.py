"""Labour says what to bring, sees a crowd coming, and calls back."""

import pytest

import plugins.labour as department
from plugins.sdk import Case
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call


def matter(**answers: str | float) -> Case:
    return a_case(task_type="labour_matter", form_answers={"matter": "wage_arrears", **answers})


@pytest.mark.parametrize(("kind", "word"), [("wage_arrears", "pay slips"), ("employment_need", "jobs nearby")])
def test_hook_incident_reported_says_what_to_bring(kind: str, word: str) -> None:
    [(_, text)] = call(department, "incident_reported", case=matter(matter=kind)).notes
    assert word in text.en


def test_hook_before_filing_sees_a_group_from_the_number_the_operator_set() -> None:
    assert len(call(department, "before_filing", case=matter(worker_count=10)).notes) == 1
    assert call(department, "before_filing", case=matter(worker_count=9)).notes == []
    strict = RecordingCity(set_to={"group_people": 5})
    assert len(call(department, "before_filing", case=matter(worker_count=9), city=strict).notes) == 1


def test_hook_case_dispatched_looks_at_the_wage_account_for_large_sums() -> None:
    [(_, text)] = call(department, "case_dispatched", case=matter(worker_count=3, amount_yuan=100_000)).notes
    assert "33333.33 yuan" in text.en
    assert call(department, "case_dispatched", case=matter(amount_yuan=99_999.99)).notes == []


def test_hook_case_rated_calls_back_whoever_is_unhappy() -> None:
    unhappy = a_case(task_type="labour_matter", rating=2)
    assert len(call(department, "case_rated", case=unhappy).notes) == 1
    assert call(department, "case_rated", case=a_case(task_type="labour_matter", rating=3)).notes == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
