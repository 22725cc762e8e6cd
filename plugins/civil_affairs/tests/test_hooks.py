"""Civil affairs compares before it judges, acts for nobody without consent, and answers when the work is done."""

import pytest

import plugins.civil_affairs as department
from plugins.sdk import FormAnswer, Refused, Words
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call

ANSWERS: dict[str, FormAnswer] = {"applicant_ref": "F-1", "household_income": 1500, "publicity_days": 7}
REQUEST = a_case(task_type="subsistence_assist", form_answers=ANSWERS)
VISIT = a_case(task_type="elderly_visit", form_answers={"health_state": "good"})


def lending(income: str) -> RecordingCity:
    row = {"D04-P3-monthly_income": income}
    return RecordingCity(lending={"low_income": [row]})


def test_hook_before_filing_lists_all_that_is_missing() -> None:
    empty = a_case(task_type="subsistence_assist", form_answers={"publicity_days": 3})
    assert len(call(department, "before_filing", case=empty).notes) == 3
    assert call(department, "before_filing", case=REQUEST).notes == []


def test_hook_case_signed_compares_with_what_is_lent_for_this_purpose_and_says_only_the_result() -> None:
    city = call(department, "case_signed", case=REQUEST, city=lending("890"))
    assert city.stages == [(REQUEST.id, "compared")]
    [(_, text)] = city.notes
    assert text.en.startswith("Declared and registered figures agree")
    assert "890" not in text.zh + text.en
    [loan] = city.loans
    assert (loan.subject, loan.purpose) == ("F-1", "低保申请家庭经济状况核对")
    assert loan.fields == ("D04-P3-monthly_income",)


def test_hook_case_signed_asks_for_the_loan_when_there_is_none() -> None:
    class Closed(RecordingCity):
        def lend(self, _loan: object) -> tuple[dict[str, str], ...]:
            raise Refused(reason="LOAN_MISSING", message="no loan")

    city = call(department, "case_signed", case=REQUEST, city=Closed())
    assert city.stages == []
    assert "LOAN_MISSING" in city.notes[0][1].en


def test_hook_case_signed_demands_consent_for_what_is_done_on_somebodys_behalf() -> None:
    agency = a_case(task_type="elderly_visit", form_answers={"agency_service": True})
    city = call(department, "case_signed", case=agency)
    assert city.stages == [(agency.id, "back_office")]
    assert "written consent" in city.notes[0][1].en
    assert "written consent" not in call(department, "case_signed", case=VISIT).notes[0][1].en


def test_hook_case_disposed_answers_only_after_the_back_office() -> None:
    city = RecordingCity()
    call(department, "case_disposed", case=VISIT, city=city)
    assert city.stages == []
    call(department, "case_signed", case=VISIT, city=city)
    call(department, "case_disposed", case=VISIT, city=city)
    assert [stage for _, stage in city.stages] == ["back_office", "replied"]


def test_a_reply_before_the_back_office_has_begun_is_refused_by_the_city() -> None:
    city = RecordingCity()
    call(department, "case_disposed", case=VISIT, city=city)
    with pytest.raises(Refused, match="STAGE_NOT_LEGAL"):
        city.stage(VISIT, "replied", Words("plugins.civil_affairs")("visit.replied"))


def test_hook_case_closed_ends_a_check_that_went_through_all_its_stages() -> None:
    city = lending("900")
    for hook in ("case_signed", "case_disposed", "case_closed", "case_closed"):
        call(department, hook, case=REQUEST, city=city)
    assert [stage for _, stage in city.stages] == ["compared", "reviewed", "publicised"]


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
