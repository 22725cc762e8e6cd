"""The police says what is urgent, masks whom it visits, and counts absences once."""

import plugins.police as department
from plugins.sdk import Refused
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call

VISIT = a_case(task_type="key_population_visit", form_answers={"contact_result": "absent", "risk_level": "high"})


def test_hook_incident_reported_hurries_for_an_urgent_clue_and_names_the_first_step() -> None:
    case = a_case(task_type="security_clue", form_answers={"clue": "fraud", "urgent": True})
    urgent, step = [text.en for _, text in call(department, "incident_reported", case=case).notes]
    assert urgent.startswith("An urgent clue")
    assert "payment stopped" in step
    calm = a_case(task_type="security_clue", form_answers={"clue": "parcel", "urgent": False})
    assert call(department, "incident_reported", case=calm).notes == []


def test_hook_case_dispatched_names_whom_to_visit_by_masked_names_and_says_what_for() -> None:
    rows = [{"D03-FP-name": "张三", "D01-P1-phone": "999"}, {"D03-FP-name": "欧阳四", "D03-FP-tags": "released"}]
    city = call(department, "case_dispatched", case=VISIT, city=RecordingCity(lending={"focus_persons": rows}))
    [(_, text)] = city.notes
    assert "张*、欧**" in text.zh
    assert "张三" not in text.zh
    [loan] = city.loans
    assert (loan.purpose, loan.area_code) == ("重点人员到期走访", VISIT.grid_code)
    assert loan.fields == ("D03-FP-name", "D03-FP-tags")
    assert "community_correction" in loan.tags


def test_hook_case_dispatched_says_that_the_list_was_not_lent() -> None:
    class Closed(RecordingCity):
        def lend(self, _loan: object) -> tuple[dict[str, str], ...]:
            raise Refused(reason="LOAN_MISSING", message="no loan")

    [(_, text)] = call(department, "case_dispatched", case=VISIT, city=Closed()).notes
    assert "LOAN_MISSING" in text.en


def test_hook_case_disposed_sends_the_visitor_again_and_tells_the_chief_the_third_time() -> None:
    city = RecordingCity()
    for number in ("1", "1", "2", "3"):
        case = a_case(task_type=VISIT.task_type, number=number, form_answers=VISIT.form_answers)
        call(department, "case_disposed", case=case, city=city)
    words = [text.en for _, text in city.notes]
    assert [line.startswith("Not met in person") for line in words] == [True, True, True, False]
    assert "Not met 3 times" in words[-1]
    met = a_case(task_type=VISIT.task_type, form_answers={"contact_result": "met"})
    call(department, "case_disposed", case=met, city=city)
    assert city.memory.entries == {}


def test_hook_before_filing_calls_a_rental_crowded() -> None:
    answers = {"tenant_count": 8, "registered": False}
    crowded = a_case(task_type="rental_population_check", form_answers=answers)
    assert len(call(department, "before_filing", case=crowded).notes) == 1
    registered = a_case(task_type="rental_population_check", form_answers={**answers, "registered": True})
    assert call(department, "before_filing", case=registered).notes == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
