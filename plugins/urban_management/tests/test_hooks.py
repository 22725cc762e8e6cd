"""Urban management stops work first, checks at the right hour and calls for company."""

from datetime import UTC, datetime

import plugins.urban_management as department
from plugins.sdk import CaseState
from plugins.sdk.contract import problems
from plugins.sdk.testing import a_case, call

#: 21:30 in the city.
NIGHT = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
#: 11:00 the next day in the city.
NEXT_MORNING = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)


def test_hook_case_dispatched_stops_a_building_under_construction() -> None:
    by_form = a_case(task_type="illegal_building", form_answers={"stage": "in_progress"})
    by_condition = a_case(task_type="illegal_building", filing_condition="in_progress")
    standing = a_case(task_type="illegal_building", form_answers={"stage": "existing"})
    assert "停工" in call(department, "case_dispatched", case=by_form).notes[0][1].zh
    assert len(call(department, "case_dispatched", case=by_condition).notes) == 1
    assert call(department, "case_dispatched", case=standing).notes == []


def test_hook_case_disposed_asks_for_a_check_at_the_hour_of_a_night_stall() -> None:
    case = a_case(task_type="road_occupying_business", reported_at=NIGHT, state=CaseState.DISPOSED)
    [(_, text)] = call(department, "case_disposed", case=case, at=NEXT_MORNING).notes
    assert "03-03 20:30 至 03-03 22:30" in text.zh
    assert "03-03 20:30 and 03-03 22:30" in text.en


def test_hook_case_disposed_lets_day_stalls_and_other_matters_be_checked_at_any_hour() -> None:
    by_day = a_case(task_type="road_occupying_business")
    advertisement = a_case(task_type="illegal_small_ads", reported_at=NIGHT)
    assert call(department, "case_disposed", case=by_day, at=NEXT_MORNING).notes == []
    assert call(department, "case_disposed", case=advertisement, at=NEXT_MORNING).notes == []


def test_hook_case_escalated_calls_for_a_joint_round_from_the_sub_district_on() -> None:
    first = a_case(task_type="road_occupying_business", loop_level=1)
    second = a_case(task_type="road_occupying_business", loop_level=2)
    assert call(department, "case_escalated", case=first).notes == []
    assert "D15" in call(department, "case_escalated", case=second).notes[0][1].en


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
