"""Routing rules as data: which applies when, what several decide together, and what a wrong set is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.domain.answers import named_owner_unit
from services.incidents.domain.responsibility import OwnerUnit
from services.incidents.domain.routing import Route
from services.incidents.rules.domain import (
    CompiledRules,
    Conditions,
    Facts,
    Known,
    OfficeTime,
    RoutingRule,
    Surroundings,
    faults_of,
    redirected,
)
from services.incidents.rules.records import record_of, rule_of
from tests.unit.incidents.builders import CHAIN, COMMUNITY, GRID, SHANGHAI

MONDAY_TEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FACTS = Facts(
    task_type="exposed_garbage",
    category_code="E0110",
    areas=CHAIN,
    source="resident",
    description="垃圾桶满了",
    at=MONDAY_TEN,
)
ROUTE = Route(
    department_code="D07",
    co_department_codes=("D05",),
    owner_unit="",
    worker_post="P1",
    worker="S1",
    worker_area=GRID,
    loop_level=1,
    desk="",
    receiver="P1",
    explanation=(),
)
AROUND = Surroundings(
    zone=SHANGHAI,
    is_office_time=lambda at: 0 <= at.hour < 10,
    departments=frozenset({"D05", "D07", "D09", "D11"}),
    owner_units={"U02": OwnerUnit(code="U02", department_code="D11")},
    department_loads={"D07": 100},
    worker_loads={"P1": 7},
)


def rule(key: str = "r1", department: str = "D09", **conditions: object) -> RoutingRule:
    asked = Conditions(**conditions)  # type: ignore[arg-type]
    return RoutingRule(key=key, title=key, conditions=asked, department_code=department)


def department(*rules: RoutingRule, facts: Facts = FACTS, route: Route = ROUTE) -> str:
    return CompiledRules.of(1, rules).decide(facts, route, AROUND).department_code


@pytest.mark.parametrize(
    ("conditions", "applies"),
    [
        ({}, True),
        ({"task_types": frozenset({"exposed_garbage"})}, True),
        ({"task_types": frozenset({"road_damage"})}, False),
        ({"category_prefixes": ("C", "E01")}, True),
        ({"category_prefixes": ("C01",)}, False),
        ({"area_codes": frozenset({COMMUNITY})}, True),
        ({"area_codes": frozenset({"999102001002"})}, False),
        ({"area_kinds": frozenset({"old_estate"})}, True),
        ({"area_kinds": frozenset({"scenic"})}, False),
        ({"sources": frozenset({"video"})}, False),
        ({"words": ("满了", "臭")}, True),
        ({"words": ("积水",)}, False),
        ({"weekdays": frozenset({1})}, True),
        ({"weekdays": frozenset({6, 7})}, False),
        ({"from_time": time(10), "until_time": time(11)}, True),
        ({"from_time": time(22), "until_time": time(6)}, False),
        ({"office_time": OfficeTime.INSIDE}, True),
        ({"office_time": OfficeTime.OUTSIDE}, False),
        ({"owner_units": frozenset({"U02"})}, False),
        ({"grid_vacant": True}, False),
        ({"department_load_over": 99}, True),
        ({"department_load_over": 100}, False),
        ({"worker_load_over": 6}, True),
        ({"worker_load_over": 7}, False),
    ],
)
def test_each_condition_holds_when_it_should_and_only_then(conditions: dict[str, object], applies: bool) -> None:
    assert (department(rule(**conditions)) == "D09") is applies


def test_a_span_over_midnight_and_an_empty_grid_post() -> None:
    night = replace(FACTS, at=datetime(2026, 3, 2, 16, 30, tzinfo=UTC))  # half past midnight in the city
    assert department(rule(from_time=time(22), until_time=time(6)), facts=night) == "D09"
    assert department(rule(grid_vacant=True), route=replace(ROUTE, worker_area=COMMUNITY)) == "D09"


def test_the_first_rule_that_says_something_decides_it_and_later_ones_fill_in_the_rest() -> None:
    rules = [
        RoutingRule(key="loop", title="夜间直送", loop_level=3),
        RoutingRule(key="owner", title="排水", owner_unit="U02", co_department_codes=("D09",)),
        rule("late", "D05"),
    ]
    decision = CompiledRules.of(4, rules).decide(FACTS, ROUTE, AROUND)
    assert [each.key for each in decision.rules] == ["loop", "owner"]
    route = redirected(ROUTE, decision, version=4, receiver_in_loop=lambda loop, code: f"{loop}:{code}")
    assert (route.department_code, route.owner_unit, route.loop_level) == ("D11", "U02", 3)
    assert route.co_department_codes == ("D07", "D05", "D09")
    assert route.receiver == "3:D11"
    assert [trace.details["key"] for trace in route.explanation] == ["loop", "owner"]


def test_a_rule_for_a_department_that_is_gone_is_passed_over() -> None:
    assert department(rule("gone", "D99"), rule("next", "D05")) == "D05"


def test_a_disabled_rule_is_kept_but_not_looked_at() -> None:
    assert department(replace(rule(), disabled=True)) == ""


def test_without_a_decision_the_way_is_the_very_same() -> None:
    decision = CompiledRules.of(1, [rule(words=("积水",))]).decide(FACTS, ROUTE, AROUND)
    assert redirected(ROUTE, decision, version=1, receiver_in_loop=lambda *_: "") is ROUTE


def test_a_wrong_set_is_told_every_fault() -> None:
    known = Known(
        task_types=frozenset({"exposed_garbage"}),
        areas=frozenset({GRID}),
        departments=frozenset({"D09"}),
        owner_units=frozenset(),
    )
    rules = [
        rule(),
        rule(task_types=frozenset({"dragon"})),
        rule("r2", "D77", area_codes=frozenset({"1"})),
        RoutingRule(key="r3", title="", owner_unit="U9"),
        RoutingRule(key="r4", title="", conditions=Conditions(from_time=time(8), until_time=time(8))),
    ]
    assert faults_of(rules[:1], known) == ()
    assert faults_of(rules, known) == (
        "r1: the key is used twice",
        "r1: unknown task type dragon",
        "r2: unknown area 1",
        "r2: unknown department D77",
        "r3: unknown owner unit U9",
        "r4: decides nothing",
        "r4: the span of time is empty",
    )


codes = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=3)


@given(
    task_types=codes,
    area_codes=codes,
    words=st.lists(st.text(min_size=1, max_size=3), max_size=2).map(tuple),
    weekdays=st.frozensets(st.integers(1, 7)),
    from_time=st.none() | st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    office_time=st.sampled_from(OfficeTime),
    grid_vacant=st.booleans(),
    worker_load_over=st.integers(0, 9),
)
def test_a_rule_that_was_written_down_reads_back_the_same(**conditions: object) -> None:
    written = rule(**conditions)  # type: ignore[arg-type]
    assert rule_of(record_of(written)) == written


def test_a_form_may_name_the_owner_unit() -> None:
    assert named_owner_unit('{"owner_unit": "U02"}') == "U02"
    assert named_owner_unit('{"owner_unit": 7}') == ""
    assert named_owner_unit('{"owner_unit"') == ""
    assert named_owner_unit("") == ""
