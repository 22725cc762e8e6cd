"""A dispute goes through its stages in order, and ends with a paper."""

from dataclasses import replace

import pytest

import plugins.justice as department
from plugins.sdk import Case, CaseState, FormAnswer, Message, Refused, Signal, Step, StepKind, Words
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, an_entry, call

ANSWERS: dict[str, FormAnswer] = {"dispute_type": "labour", "party_count": 3, "level": "complex"}
DISPUTE = a_case(task_type="conflict_mediation", number="9991-7", description="拖欠工钱", form_answers=ANSWERS)


@pytest.mark.mechanism(40)
def test_hook_incident_reported_gives_a_question_of_law_to_the_duty_lawyer_of_that_grids_station() -> None:
    city = RecordingCity(posts={("duty_lawyer", "999101001001"): "LAW-1", ("duty_lawyer", "999101001002"): "LAW-2"})
    for station, lawyer in (("999101001001", "LAW-1"), ("999101001002", "LAW-2")):
        case = a_case(
            task_type="conflict_mediation",
            description="房东违约,想咨询合同怎么办",
        )
        placed = replace(case, grid_code=f"{station}003", area_path=f"9991.999101.999101001.{station}.{station}003")
        call(department, "incident_reported", case=placed, city=city)
        case_id, step = city.steps[-1]
        assert (case_id, step.kind, step.addressees) == (case.id, StepKind.ADDRESS, (lawyer,))
    assert (len(city.steps), city.notes) == (2, [])


@pytest.mark.mechanism(40)
def test_hook_incident_reported_leaves_disputes_alone_and_leaves_what_somebody_took_in_to_them() -> None:
    assert call(department, "incident_reported", case=DISPUTE).steps == []
    question = a_case(task_type="conflict_mediation", description="想问律师:遗嘱怎么写")
    assert call(department, "incident_reported", case=question).steps == []
    post = {("duty_lawyer", question.area_path.split(".")[-1]): "LAW-1"}

    class Taken(RecordingCity):
        def advance(self, case: Case, *steps: Step) -> Case:
            raise Refused(reason="STEP_NOT_LEGAL", message="accepted already")

    [(_, text)] = call(department, "incident_reported", case=question, city=Taken(posts=post)).notes
    assert "LAW-1" in text.zh


def test_hook_before_filing_asks_for_two_sides_and_names_the_duty_lawyer() -> None:
    alone = a_case(task_type="conflict_mediation", form_answers={"party_count": 1})
    city = RecordingCity()
    city.memory.put(f"lawyer/{alone.grid_code}", "李律师")
    two_sides, lawyer = [text.zh for _, text in call(department, "before_filing", case=alone, city=city).notes]
    assert "双方" in two_sides
    assert "李律师" in lawyer
    assert call(department, "before_filing", case=DISPUTE).notes == []


def test_hook_case_signed_names_the_chair_by_how_hard_it_is() -> None:
    city = call(department, "case_signed", case=DISPUTE)
    assert city.stages == [(DISPUTE.id, "handling")]
    assert "街道调解中心" in city.notes[0][1].zh


def test_hook_case_returned_keeps_the_reason_and_the_first_answerable() -> None:
    city = call(department, "case_signed", case=DISPUTE)
    entry = an_entry(StepKind.RETURN_BACK, opinion="属劳动仲裁")
    call(department, "case_returned", case=DISPUTE, entry=entry, city=city)
    assert [stage for _, stage in city.stages] == ["handling", "transferred"]
    assert "属劳动仲裁" in city.notes[-1][1].zh
    call(department, "case_signed", case=DISPUTE, city=city)
    assert city.stages[-1][1] == "handling"


def test_hook_case_overdue_warns_of_a_dispute_nobody_signed() -> None:
    unsigned = a_case(task_type="conflict_mediation", state=CaseState.DISPATCHED, signal=Signal.YELLOW)
    [(_, text)] = call(department, "case_overdue", case=unsigned, before=Signal.GREEN).notes
    assert "Not signed yet" in text.en
    assert call(department, "case_overdue", case=unsigned, before=Signal.YELLOW).notes == []


def test_hook_case_escalated_brings_the_sharing_department_to_the_table() -> None:
    city = call(department, "case_signed", case=DISPUTE)
    call(department, "case_escalated", case=DISPUTE, city=city)
    assert city.stages[-1][1] == "co_handling"
    assert "D04" in city.notes[-1][1].zh


def test_hook_case_disposed_draws_up_the_agreement_once() -> None:
    first, again = (call(department, "case_disposed", case=DISPUTE) for _ in range(2))
    [(case_id, paper)] = first.papers
    assert case_id == DISPUTE.id
    assert paper.content_type == "application/pdf"
    assert first.documents[0].content.startswith(b"%PDF")
    assert first.papers == again.papers


def test_hook_case_closed_answers_the_parties() -> None:
    city = call(department, "case_signed", case=DISPUTE)
    call(department, "case_closed", case=DISPUTE, city=city)
    assert [stage for _, stage in city.stages] == ["handling", "replied"]


def test_hook_message_received_takes_over_the_lawyers_roster() -> None:
    message = Message(topic="lawyers.roster", content={"grids": {"999102001001001": "李律师", "x": 5}})
    city = call(department, "message_received", message=message)
    assert city.memory.entries == {"lawyer/999102001001001": "李律师"}
    other = call(department, "message_received", message=Message(topic="weather", content={"grids": {"a": "b"}}))
    assert other.memory.entries == {}


def test_a_dispute_cannot_be_answered_before_it_was_handled() -> None:
    city = RecordingCity()
    call(department, "case_closed", case=DISPUTE, city=city)
    assert city.stages == []
    with pytest.raises(Refused, match="STAGE_NOT_LEGAL"):
        city.stage(DISPUTE, "replied", Words("plugins.justice")("advice.agreement"))


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
