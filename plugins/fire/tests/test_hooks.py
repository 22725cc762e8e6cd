"""The fire service counts in minutes."""

import pytest

import plugins.fire as department
from plugins.sdk import Case, CaseFile, FormAnswer, LegalStep, Moved, Signal, StepKind
from plugins.sdk.contract import problems
from plugins.sdk.testing import RecordingCity, a_case, call


def hazard(kind: str, *, fixed: bool = False, condition: str = "", signal: Signal = Signal.GREEN) -> Case:
    answers: dict[str, FormAnswer] = {"hazard": kind, "on_spot_fixed": fixed}
    return a_case(task_type="fire_hazard", form_answers=answers, filing_condition=condition, signal=signal)


@pytest.mark.parametrize(("kind", "word"), [("fire_lane", "15 minutes"), ("exit", "locked"), ("residence", "tonight")])
def test_hook_incident_reported_says_what_cannot_wait(kind: str, word: str) -> None:
    assert word in call(department, "incident_reported", case=hazard(kind)).notes[0][1].en
    assert call(department, "incident_reported", case=hazard(kind, fixed=True)).notes == []


def test_hook_before_filing_gives_a_lane_its_own_limit() -> None:
    assert len(call(department, "before_filing", case=hazard("fire_lane")).notes) == 1
    assert call(department, "before_filing", case=hazard("fire_lane", condition="fire_lane")).notes == []
    assert call(department, "before_filing", case=hazard("wiring")).notes == []


def test_hook_case_overdue_raises_a_lane_that_is_still_blocked_once() -> None:
    late = hazard("fire_lane", signal=Signal.YELLOW)
    city = call(department, "case_overdue", case=late, before=Signal.GREEN, city=RecordingCity(cases_known=[late]))
    [(_, step)] = city.steps
    assert (step.kind, bool(step.opinion and step.opinion_en)) == (StepKind.ESCALATE, True)
    assert call(department, "case_overdue", case=late, before=Signal.YELLOW).steps == []
    assert call(department, "case_overdue", case=hazard("wiring", signal=Signal.RED), before=Signal.GREEN).steps == []


def test_hook_case_overdue_asks_for_the_tow_truck_when_nothing_is_above() -> None:
    late = hazard("fire_lane", signal=Signal.RED)

    class Top(RecordingCity):
        def get_case(self, _id: str) -> CaseFile:
            return CaseFile(case=late, history=(), legs=(), legal_steps=(LegalStep(step=StepKind.NOTE),))

    city = call(department, "case_overdue", case=late, before=Signal.YELLOW, city=Top())
    assert city.steps == []
    assert "tow at once" in city.notes[0][1].en


def test_hook_case_overdue_leaves_a_case_alone_that_somebody_moves_at_the_moment() -> None:
    late = hazard("fire_lane", signal=Signal.YELLOW)

    class Busy(RecordingCity):
        def advance(self, case: Case, *_steps: object) -> Case:
            raise Moved(case)

    assert call(department, "case_overdue", case=late, city=Busy(cases_known=[late])).notes == []


def test_hook_case_disposed_keeps_it_so() -> None:
    assert "Mark the lane" in call(department, "case_disposed", case=hazard("fire_lane")).notes[0][1].en
    assert "in writing" in call(department, "case_disposed", case=hazard("exit")).notes[0][1].en


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
