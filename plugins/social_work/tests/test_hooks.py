"""Social work finds the volunteers, keeps pairs together and visits whom it let down."""

import pytest

import plugins.social_work as department
from plugins.sdk import Case, CaseState, FormAnswer, Source
from plugins.sdk.contract import problems
from plugins.sdk.testing import a_case, call

ORDER: dict[str, FormAnswer] = {"post_category": "elder_child_care", "hours": 1.5, "people": 2}


def an_order(*, rating: int = 0, source: Source = Source.RESIDENT, **answers: FormAnswer) -> Case:
    return a_case(
        task_type="volunteer_service_order",
        description="老人需要理发",
        state=CaseState.CLOSED if rating else CaseState.REPORTED,
        form_answers={**ORDER, **answers},
        rating=rating,
        source=source,
    )


def test_hook_incident_reported_says_which_volunteers_fit_and_how_much_it_is() -> None:
    [(_, text)] = call(department, "incident_reported", case=an_order()).notes
    assert text.zh == "适合“助老扶幼”岗位志愿者,需2人,合计3志愿小时。"
    assert "'elder and child care'; 2 needed, 3 volunteer hours" in text.en


def test_hook_incident_reported_asks_for_what_the_form_left_open() -> None:
    bare = a_case(task_type="volunteer_service_order")
    assert "确认" in call(department, "incident_reported", case=bare).notes[0][1].zh
    odd = an_order(post_category="astrology")
    assert "确认" in call(department, "incident_reported", case=odd).notes[0][1].zh


def test_hook_case_signed_keeps_one_to_one_service_to_a_pair() -> None:
    crowd = an_order(post_category="targeted_warmth", people=5)
    pair = an_order(post_category="targeted_warmth", people=2)
    assert len(call(department, "case_signed", case=crowd).notes) == 1
    assert call(department, "case_signed", case=pair).notes == []


@pytest.mark.parametrize(("rating", "visits"), [(1, 1), (2, 1), (3, 0), (5, 0)])
def test_hook_case_rated_files_a_visit_for_whoever_was_left_unhappy(rating: int, visits: int) -> None:
    reports = call(department, "case_rated", case=an_order(rating=rating)).reports
    assert len(reports) == visits


def test_hook_case_rated_files_no_visit_for_a_visit() -> None:
    assert call(department, "case_rated", case=an_order(rating=1, source=Source.SYSTEM)).reports == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
