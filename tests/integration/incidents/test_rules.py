"""Routing rules through the door: stored, tried on past cases, put in force, and taken back; nothing goes nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from gridward.incidents.v1 import cases_pb2, rules_pb2, rules_pb2_grpc
from gridward.registry.v1 import staff_pb2

from services.demo import city
from services.incidents.domain.routing import NO_OWNER, Owner
from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall


def rules_stub(hall: Hall, caller: Caller) -> rules_pb2_grpc.RulesServiceAsyncStub:
    hall.stub(caller)
    return rules_pb2_grpc.RulesServiceStub(hall.channels[repr(caller)])


def chief(hall: Hall) -> rules_pb2_grpc.RulesServiceAsyncStub:
    return rules_stub(hall, hall.person("duty_chief", subject="chief-1"))


def rule(key: str = "garbage_to_street", department: str = "D06", **conditions: Any) -> rules_pb2.RoutingRule:
    return rules_pb2.RoutingRule(
        key=key,
        title="垃圾归城管",
        title_en="Garbage to urban management",
        conditions=rules_pb2.RuleConditions(**conditions),
        outcome=rules_pb2.RuleOutcome(department_code=department),
    )


async def saved(hall: Hall, *rules: rules_pb2.RoutingRule) -> int:
    request = rules_pb2.SaveRulesRequest(request_id=town.request_id(), rules=rules, note="试行")
    return (await chief(hall).SaveRules(request)).version.version


async def tried(hall: Hall, version: int, case_count: int = 0) -> rules_pb2.DryRunRulesResponse:
    return await chief(hall).DryRunRules(rules_pb2.DryRunRulesRequest(version=version, case_count=case_count))


async def activated(hall: Hall, version: int, *, seen: int) -> rules_pb2.RuleVersion:
    request = rules_pb2.ActivateRulesRequest(request_id=town.request_id(), version=version, active_version=seen)
    return (await chief(hall).ActivateRules(request)).version


async def test_rules_are_tried_before_they_count_and_then_every_case_says_which_sent_it(still: Hall) -> None:
    before = [await still.report(), await still.report(grid=town.OTHER_GRID)]
    await still.report(task_type=town.MANHOLE, description="井盖不见了")
    version = await saved(
        still, rule(task_types=[town.GARBAGE], area_codes=[town.COMMUNITY]), rule("never", words=["龙"])
    )
    with pytest.raises(errors.Conflict) as caught:
        await activated(still, version, seen=0)
    assert caught.value.reason == "RULES_NOT_TRIED"
    trial = await tried(still, version)
    assert (trial.case_count, trial.moved_count) == (3, 1)
    assert [(move.from_department, move.to_department, move.case_count) for move in trial.moves] == [("D07", "D06", 1)]
    assert [(hits.rule_key, hits.case_count) for hits in trial.rules] == [("garbage_to_street", 1), ("never", 0)]
    (moved,) = trial.cases
    assert (moved.number, list(moved.rule_keys)) == (before[0].number, ["garbage_to_street"])
    assert (await still.report()).department_code == "D07"
    assert (await activated(still, version, seen=0)).active
    case = await still.report()
    assert case.department_code == "D06"
    first = case.route.rules[0]
    assert first.rule == "settled_rule"
    assert (
        first.why == f"按路由规则garbage_to_street（第{version}版）：垃圾归城管 Garbage to urban management，由D06负责"
    )
    assert first.why_en.startswith("By routing rule garbage_to_street")
    assert (await still.report(grid=town.OTHER_GRID)).department_code == "D07"
    assert [name for name, _ in await still.told(str(version))] == ["rules_activated"]


async def test_an_older_version_comes_back_and_who_saw_another_one_in_force_is_told(still: Hall) -> None:
    first, second = await saved(still), await saved(still, rule())
    for version in (first, second):
        await tried(still, version)
    await activated(still, second, seen=0)
    assert (await still.report()).department_code == "D06"
    with pytest.raises(errors.Stale) as caught:
        await activated(still, first, seen=0)
    assert caught.value.details["active_version"] == str(second)
    there = town.fresh(caught.value, rules_pb2.GetRulesResponse)
    assert (there.version.version, there.version.active, list(there.rules)) == (second, True, [rule()])
    await activated(still, first, seen=second)
    assert (await still.report()).department_code == "D07"
    listed = await chief(still).ListRuleVersions(rules_pb2.ListRuleVersionsRequest())
    assert [(each.version, each.active, each.rule_count) for each in listed.versions] == [
        (second, False, 1),
        (first, True, 0),
    ]
    whole = await chief(still).GetRules(rules_pb2.GetRulesRequest(version=second))
    assert whole.rules[0] == rule()


async def test_a_set_with_faults_is_refused_with_all_of_them_and_others_may_only_look(still: Hall) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await saved(still, rule(task_types=["dragon"]), rule("other", department="D99"))
    assert caught.value.reason == "RULES_INVALID"
    assert (
        caught.value.details["faults"] == "garbage_to_street: unknown task type dragon; other: unknown department D99"
    )
    assert await still.count("routing_rules") == 0
    with pytest.raises(errors.Forbidden):
        await rules_stub(still, still.acceptor).SaveRules(
            rules_pb2.SaveRulesRequest(request_id=town.request_id(), note="x")
        )
    answer = await rules_stub(still, still.acceptor).GetRules(rules_pb2.GetRulesRequest())
    assert not answer.HasField("version")
    with pytest.raises(errors.NotFound):
        await tried(still, 7)


async def test_a_crowded_department_hands_over_and_an_owner_unit_answers_for_its_pipes(still: Hall) -> None:
    still.view.take_owner_units(city.owner_units())
    for _ in range(3):
        await still.report()
    relief = rule("relief", "D08", task_types=[town.GARBAGE], department_load_over=2)
    pipes = rules_pb2.RoutingRule(
        key="drains",
        title="雨污水井归排水公司",
        conditions=rules_pb2.RuleConditions(category_prefixes=["C0102"]),
        outcome=rules_pb2.RuleOutcome(owner_unit="U02"),
    )
    version = await saved(still, relief, pipes)
    trial = await tried(still, version)
    assert trial.loads_are_of_now
    assert trial.moved_count == 3
    await activated(still, version, seen=0)
    assert (await still.report()).department_code == "D08"
    manhole = await still.report(task_type=town.MANHOLE, description="污水井盖不见了")
    assert manhole.department_code == "D11"
    (row,) = await still.rows("SELECT route ->> 'owner_unit' AS owner FROM dossier WHERE incident_id = %s", manhole.id)
    assert row["owner"] == "U02"


async def test_a_vacant_post_goes_to_the_upper_level_and_a_rule_may_send_it_higher_and_says_so(still: Hall) -> None:
    plain = await still.report(grid=town.SIBLING_GRID)
    assert plain.route.worker_post == f"P-{town.COMMUNITY}"
    up = rules_pb2.RoutingRule(
        key="vacant_up",
        title="网格无人时送街道",
        conditions=rules_pb2.RuleConditions(grid_vacant=True),
        outcome=rules_pb2.RuleOutcome(loop_level=2),
    )
    version = await saved(still, up)
    await tried(still, version)
    await activated(still, version, seen=0)
    case = await still.report(grid=town.SIBLING_GRID)
    assert case.loop_level == 2
    whole = await still.get(case, by=still.acceptor)
    assert whole.legs[0].receiver == f"P-{town.SUBDISTRICT}"
    assert whole.case.route.rules[0].rule == "settled_rule"
    assert (await still.report()).loop_level == 1


async def test_a_report_without_any_department_still_reaches_the_desk(still: Hall) -> None:
    departments = [staff_pb2.Department(code="D01", name="公安局")]
    still.view.take_posts(staff_pb2.WatchPostsResponse(departments=departments, version=100, complete=True))
    version = await saved(still, rule(department="D01", words=["龙"]))
    await tried(still, version)
    await activated(still, version, seen=0)
    case: cases_pb2.Case = await still.report()
    assert case.department_code == ""
    assert case.route.desk == "city_dispatch_desk"


async def test_a_report_beside_a_component_finds_its_owner_and_a_trial_remembers_it(still: Hall) -> None:
    owners = [
        staff_pb2.OwnerUnit(code=unit.code, department_code="D11", name=unit.name) for unit in city.owner_units()[:1]
    ]
    still.view.take_owner_units(owners)
    still.components.owner = Owner(owner_unit=owners[0].code, component="9991020102000007", distance_m=4)
    case = await still.report(task_type=town.MANHOLE, description="井盖不见了")
    assert case.department_code == "D11"
    (why,) = [line for line in case.route.rules if line.rule == "owner_unit"]
    assert (why.matched, "9991020102000007" in why.why, "9991020102000007" in why.why_en) == (True, True, True)
    still.components.owner = NO_OWNER
    assert (await still.report(task_type=town.MANHOLE, description="井盖不见了")).department_code == "D09"
    trial = await tried(still, await saved(still, rule("never", words=["龙"])))
    assert (trial.case_count, trial.moved_count) == (2, 0)
    trial = await tried(still, await saved(still, rule("owned", "D06", owner_units=[owners[0].code])))
    assert [(move.from_department, move.to_department, move.case_count) for move in trial.moves] == [("D11", "D06", 1)]
