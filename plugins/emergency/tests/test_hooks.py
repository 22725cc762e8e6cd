"""A major hazard needs its plan, another's check, and a second look on its day."""

from datetime import date, timedelta

import plugins.emergency as department
from plugins.sdk import CaseState, Source
from plugins.sdk.contract import problems
from plugins.sdk.testing import MONDAY_MORNING, RecordingCity, a_case, call

MAJOR = a_case(
    task_type="safety_production_hazard",
    form_answers={"hazard_level": "major", "enterprise": "某化工厂", "rectify_plan": "措施:更换阀门;责任人:厂长"},
    state=CaseState.CLOSED,
    closed_at=MONDAY_MORNING,
)
GENERAL = a_case(task_type="safety_production_hazard", form_answers={"hazard_level": "general"})


def test_hook_before_filing_tells_major_from_general() -> None:
    assert "supervised" in call(department, "before_filing", case=MAJOR).notes[0][1].en
    assert "five work days" in call(department, "before_filing", case=GENERAL).notes[0][1].en


def test_hook_case_signed_names_the_parts_that_the_plan_lacks_in_both_languages() -> None:
    [(_, text)] = call(department, "case_signed", case=MAJOR).notes
    assert text.en == "The plan lacks: funds, deadline, emergency plan. No work before they are there."
    assert text.zh == "整改方案缺少:资金、时限、应急预案。补齐前不得复工。"
    assert call(department, "case_signed", case=GENERAL).notes == []


def test_hook_case_disposed_asks_for_another_pair_of_eyes() -> None:
    assert "had no part" in call(department, "case_disposed", case=GENERAL).notes[0][1].en


def test_hook_case_closed_notes_the_second_look_of_a_major_hazard_only() -> None:
    assert list(call(department, "case_closed", case=MAJOR).memory.entries) == ["look_again/2026-04-01/" + MAJOR.number]
    assert call(department, "case_closed", case=GENERAL).memory.entries == {}
    ours = a_case(task_type=MAJOR.task_type, form_answers=MAJOR.form_answers, source=Source.SYSTEM)
    assert call(department, "case_closed", case=ours).memory.entries == {}


def test_hook_day_began_files_the_second_look_on_its_day_and_once() -> None:
    city = RecordingCity()
    call(department, "case_closed", case=MAJOR, city=city)
    due = date(2026, 4, 1)
    call(department, "day_began", day=due - timedelta(days=1), city=city)
    assert city.reports == []
    for day in (due, due + timedelta(days=1)):
        call(department, "day_began", day=day, city=city)
    [report] = city.reports
    assert (report.task_type, report.point, report.place) == (MAJOR.task_type, MAJOR.point, MAJOR.place)
    assert "某化工厂" in report.description.zh


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
