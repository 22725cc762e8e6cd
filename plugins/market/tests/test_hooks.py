"""Market regulation seals first, remembers, and goes together."""

from datetime import timedelta

import plugins.market as department
from plugins.sdk import Case, Source
from plugins.sdk.contract import problems
from plugins.sdk.testing import MONDAY_MORNING, RecordingCity, a_case, call


def violation(
    problem: str, *, id: str = "now", days_ago: int = 0, sealed: bool = False, shop: str = "好味面馆"
) -> Case:
    return a_case(
        id=id,
        number=f"N-{id}",
        task_type="market_violation",
        description=f"{shop}卖过期食品",
        form_answers={"problem": problem, "shop_name": shop, "sealed": sealed},
        reported_at=MONDAY_MORNING - timedelta(days=days_ago),
    )


def test_hook_incident_reported_seals_first_and_names_a_repeated_violation() -> None:
    known = [violation("food", id="old", days_ago=170), violation("food", id="older", days_ago=181)]
    now = violation("food")
    city = call(department, "incident_reported", case=now, city=RecordingCity(cases_known=[now, *known]))
    seal, again = [text.en for _, text in city.notes]
    assert "Seal the whole batch" in seal
    assert "'好味面馆' has 1 earlier cases in the time looked back (latest N-old)" in again


def test_hook_incident_reported_says_nothing_of_what_is_sealed_or_new() -> None:
    assert call(department, "incident_reported", case=violation("food", sealed=True)).notes == []
    assert call(department, "incident_reported", case=violation("price", shop="")).notes == []


def test_hook_before_filing_gives_food_hours() -> None:
    assert len(call(department, "before_filing", case=violation("food")).notes) == 1
    assert call(department, "before_filing", case=violation("price")).notes == []


def test_hook_case_dispatched_names_whom_to_bring_along() -> None:
    assert "D16、D06" in call(department, "case_dispatched", case=violation("food")).notes[0][1].zh
    assert call(department, "case_dispatched", case=violation("price")).notes == []


def test_hook_case_rated_goes_there_once_more_and_not_a_third_time() -> None:
    unhappy = a_case(task_type="market_violation", rating=1, number="N-1")
    [report] = call(department, "case_rated", case=unhappy).reports
    assert "N-1" in report.description.zh
    second = a_case(task_type="market_violation", rating=1, source=Source.SYSTEM)
    assert call(department, "case_rated", case=second).reports == []
    assert call(department, "case_rated", case=a_case(task_type="market_violation", rating=5)).reports == []


def test_the_department_keeps_the_contract() -> None:
    assert problems(department) == []
