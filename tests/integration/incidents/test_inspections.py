"""Inspections over all lines: anybody finds anything, it goes to who puts it right, and only a second look closes it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, inspections_pb2, inspections_pb2_grpc

from services.demo import city
from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

MERCHANTS, PROBLEMS = 4_451, 4_432
VISITS_PER_CALL, RECHECKS_PER_CALL = 500, 1_000
SEVERITIES = {"minor": "MINOR", "major": "MAJOR", "critical": "CRITICAL", "normal": "MINOR", "general": "MINOR"}


def stub(hall: Hall, caller: Caller) -> inspections_pb2_grpc.InspectionsServiceAsyncStub:
    hall.stub(caller)
    return inspections_pb2_grpc.InspectionsServiceStub(hall.channels[repr(caller)])


def chief(hall: Hall) -> inspections_pb2_grpc.InspectionsServiceAsyncStub:
    return stub(hall, hall.person("duty_chief", subject="chief-1"))


def inspector(hall: Hall) -> inspections_pb2_grpc.InspectionsServiceAsyncStub:
    """Somebody of the fire line."""
    return stub(hall, hall.person("department_specialist", department="D14", subject="fire-inspector"))


def items() -> list[inspections_pb2.InspectionItem]:
    return [
        inspections_pb2.InspectionItem(
            code=row["code"],
            line=row["line"],
            title=row["title_zh"],
            title_en=row["title_en"],
            severity=inspections_pb2.Severity.Value(f"SEVERITY_{SEVERITIES[row['severity']]}"),
            rectify_department=row["rectify_department"],
            task_type=row["task_type"],
            photo_required=row["photo_required"],
        )
        for row in city.data()["inspection_items"]
    ]


def lines() -> list[inspections_pb2.InspectionLine]:
    return [
        inspections_pb2.InspectionLine(
            code=row["code"], name=row["name_zh"], name_en=row["name_en"], department_code=row["department"]
        )
        for row in city.data()["inspection_lines"]
    ]


async def with_items(hall: Hall) -> None:
    request = inspections_pb2.ImportItemsRequest(request_id=town.request_id(), lines=lines(), items=items())
    assert (await chief(hall).ImportItems(request)).item_count == 202


async def with_sites(hall: Hall, count: int, kind: str = "merchant") -> None:
    sites = [
        inspections_pb2.Site(
            code=f"{kind}-{number:05d}", name=f"商户{number}", kind=kind, point=town.point_in(town.GRID)
        )
        for number in range(count)
    ]
    for start in range(0, count, 5000):
        request = inspections_pb2.ImportSitesRequest(request_id=town.request_id(), sites=sites[start : start + 5000])
        await chief(hall).ImportSites(request)


async def planned(hall: Hall, **fields: Any) -> inspections_pb2.InspectionPlan:
    due_at = Timestamp()
    due_at.FromDatetime(hall.clock.now() + timedelta(days=30))
    request = inspections_pb2.PlanInspectionRequest(
        **{"request_id": town.request_id(), "title": "商户检查", "site_kind": "merchant", "due_at": due_at, **fields}
    )
    return (await chief(hall).PlanInspection(request)).plan


async def recorded(
    hall: Hall, plan: inspections_pb2.InspectionPlan, visits: list[inspections_pb2.Visit], id: str = ""
) -> list[inspections_pb2.Problem]:
    request = inspections_pb2.RecordVisitsRequest(request_id=id or town.request_id(), plan_id=plan.id, visits=visits)
    return list((await inspector(hall).RecordVisits(request, timeout=120)).problems)


async def looked_again(hall: Hall, *looks: inspections_pb2.Recheck) -> list[inspections_pb2.Problem]:
    request = inspections_pb2.RecheckProblemsRequest(request_id=town.request_id(), rechecks=looks)
    return list((await inspector(hall).RecheckProblems(request, timeout=120)).problems)


async def figures(hall: Hall, plan: inspections_pb2.InspectionPlan) -> inspections_pb2.InspectionPlan:
    plans = await chief(hall).ListPlans(inspections_pb2.ListPlansRequest())
    return next(each for each in plans.plans if each.id == plan.id)


def finding(item_code: str, **fields: Any) -> inspections_pb2.Finding:
    return inspections_pb2.Finding(item_code=item_code, **{"evidence": [town.photo()], **fields})


@pytest.mark.mechanism(27)
async def test_two_rounds_over_4451_merchants_find_4432_problems_and_each_is_closed_by_a_second_look(
    still: Hall,
) -> None:
    await with_items(still)
    await with_sites(still, MERCHANTS)
    first = await planned(still)
    assert first.site_count == MERCHANTS
    problems: list[inspections_pb2.Problem] = []
    for start in range(0, MERCHANTS, VISITS_PER_CALL):
        visits = [
            inspections_pb2.Visit(
                site_code=f"merchant-{number:05d}",
                findings=[finding("FIRE-01", self_rectify=True)] if number < PROBLEMS else [],
            )
            for number in range(start, min(start + VISITS_PER_CALL, MERCHANTS))
        ]
        problems += await recorded(still, first, visits)
    after = await figures(still, first)
    assert (after.visited_count, after.problem_count, after.cleared_count) == (MERCHANTS, PROBLEMS, 0)
    second = await planned(still, previous_plan_id=first.id)
    assert (second.round, second.site_count) == (2, MERCHANTS)
    sheet = await inspector(still).GetChecklist(
        inspections_pb2.GetChecklistRequest(plan_id=second.id, site_code="merchant-00000")
    )
    fire = next(line for line in sheet.lines if line.line.code == "FIRE")
    assert [problem.id for problem in fire.entries[0].found_before] == [problems[0].id]
    clean = await inspector(still).GetChecklist(
        inspections_pb2.GetChecklistRequest(plan_id=second.id, site_code=f"merchant-{PROBLEMS:05d}")
    )
    assert not any(entry.found_before for line in clean.lines for entry in line.entries)
    (still_open,) = await looked_again(still, inspections_pb2.Recheck(problem_id=problems[0].id, passed=False))
    assert (still_open.failed_rechecks, still_open.HasField("cleared_at")) == (1, False)
    for start in range(0, PROBLEMS, RECHECKS_PER_CALL):
        looks = [
            inspections_pb2.Recheck(
                problem_id=problem.id, passed=True, evidence=[town.photo(place_pb2.EVIDENCE_KIND_CHECK)]
            )
            for problem in problems[start : start + RECHECKS_PER_CALL]
        ]
        await looked_again(still, *looks)
    done = await figures(still, first)
    assert (done.cleared_count, done.problem_count) == (PROBLEMS, PROBLEMS)


@pytest.mark.mechanism(59)
async def test_an_inspector_of_one_line_files_all_202_items_each_to_who_puts_it_right_and_silence_rises(
    still: Hall,
) -> None:
    await with_items(still)
    await with_sites(still, 1)
    plan = await planned(still)
    visit = inspections_pb2.Visit(site_code="merchant-00000", findings=[finding(item.code) for item in items()])
    problems = await recorded(still, plan, [visit], id="the-same-visit")
    assert await recorded(still, plan, [visit], id="the-same-visit") == problems
    assert len({problem.case_id for problem in problems}) == 202
    rows = await still.rows("SELECT id, department_code FROM incident")
    department_of = {str(row["id"]): row["department_code"] for row in rows}
    expected = {item.code: item.rectify_department for item in items()}
    assert {problem.item_code: department_of[problem.case_id] for problem in problems} == expected
    line_of = {row["code"]: row["department"] for row in city.data()["inspection_lines"]}
    elsewhere = [item for item in items() if item.rectify_department != line_of[item.line]]
    assert len(elsewhere) == 58
    whole = await still.get(cases_pb2.Case(id=problems[-1].case_id), by=still.acceptor)
    assert whole.case.route.rules[0].why == f"检查项{items()[-1].code}由{items()[-1].rectify_department}整改"
    begun = Counter(row["loop_level"] for row in await still.rows("SELECT loop_level FROM incident"))
    for _ in range(2):
        still.clock.advance(timedelta(days=4))
        while await still.firing.fire_due():
            pass
    loops = Counter(row["loop_level"] for row in await still.rows("SELECT loop_level FROM incident"))
    assert begun[1] > 0
    assert loops == {3: 202}


async def test_a_problem_is_closed_by_nothing_but_a_second_look_and_only_once(still: Hall) -> None:
    await with_items(still)
    await with_sites(still, 1)
    plan = await planned(still)
    visit = inspections_pb2.Visit(site_code="merchant-00000", findings=[finding("FIRE-04")])
    (problem,) = await recorded(still, plan, [visit])
    case = cases_pb2.Case(id=problem.case_id, version=1)
    await still.advance(case, town.step("reject", opinion="重复"), by=still.acceptor)
    listed = await inspector(still).ListProblems(inspections_pb2.ListProblemsRequest(plan_id=plan.id, open_only=True))
    assert [each.id for each in listed.problems] == [problem.id]
    with pytest.raises(errors.Invalid) as caught:
        await looked_again(still, inspections_pb2.Recheck(problem_id=problem.id, passed=True))
    assert caught.value.reason == "EVIDENCE_REQUIRED"
    look = inspections_pb2.Recheck(
        problem_id=problem.id, passed=True, evidence=[town.photo(place_pb2.EVIDENCE_KIND_CHECK)]
    )
    (closed,) = await looked_again(still, look)
    assert closed.cleared_by == "fire-inspector"
    with pytest.raises(errors.Conflict) as again:
        await looked_again(still, look)
    assert again.value.reason == "PROBLEM_CLOSED"


async def test_what_is_unknown_or_lacks_its_photo_is_refused_by_name_and_nothing_is_kept(still: Hall) -> None:
    await with_items(still)
    await with_sites(still, 2)
    plan = await planned(still)

    async def reason_of(site_code: str, *findings: inspections_pb2.Finding) -> str:
        with pytest.raises(errors.GridwardError) as caught:
            await recorded(still, plan, [inspections_pb2.Visit(site_code=site_code, findings=findings)])
        return caught.value.reason

    assert await reason_of("nowhere") == "SITE_UNKNOWN"
    assert await reason_of("merchant-00000", finding("X-1")) == "ITEM_UNKNOWN"
    assert await reason_of("merchant-00000", finding("FIRE-01", evidence=[])) == "EVIDENCE_REQUIRED"
    assert await still.count("incident") == 0
    due = await inspector(still).ListDueSites(inspections_pb2.ListDueSitesRequest(plan_id=plan.id))
    assert [site.site.code for site in due.sites] == ["merchant-00000", "merchant-00001"]
    await recorded(still, plan, [inspections_pb2.Visit(site_code="merchant-00000")])
    left = await inspector(still).ListDueSites(inspections_pb2.ListDueSitesRequest(plan_id=plan.id))
    assert [site.site.code for site in left.sites] == ["merchant-00001"]
    wrong = inspections_pb2.InspectionItem(
        code="Z-1", line="FIRE", title="x", rectify_department="D99", task_type="dragon"
    )
    with pytest.raises(errors.Invalid) as caught:
        await chief(still).ImportItems(inspections_pb2.ImportItemsRequest(request_id=town.request_id(), items=[wrong]))
    assert caught.value.details["problem"] == "Z-1: unknown department D99; Z-1: unknown task type dragon"
    with pytest.raises(errors.NotFound):
        await planned(still, previous_plan_id="01900000-0000-7000-8000-000000000000")


async def test_who_inspects_one_community_sees_and_records_nothing_of_another(still: Hall) -> None:
    await with_items(still)
    await with_sites(still, 1)
    plan = await planned(still)
    stranger = stub(still, still.person("community_admin", town.OTHER_COMMUNITY, subject="stranger-1"))
    sites = await stranger.ListDueSites(inspections_pb2.ListDueSitesRequest(plan_id=plan.id))
    assert list(sites.sites) == []
    asked = inspections_pb2.GetChecklistRequest(plan_id=plan.id, site_code="merchant-00000")
    with pytest.raises(errors.NotFound):
        await stranger.GetChecklist(asked)
    finding = inspections_pb2.Finding(item_code=items()[0].code, self_rectify=True, evidence=[town.photo()])
    visit = inspections_pb2.Visit(site_code="merchant-00000", findings=[finding])
    request = inspections_pb2.RecordVisitsRequest(request_id=town.request_id(), plan_id=plan.id, visits=[visit])
    with pytest.raises(errors.NotFound):
        await stranger.RecordVisits(request)
    (problem,) = (await chief(still).RecordVisits(request)).problems
    assert list((await stranger.ListProblems(inspections_pb2.ListProblemsRequest())).problems) == []
    recheck = inspections_pb2.Recheck(problem_id=problem.id, passed=True, evidence=[town.photo()])
    with pytest.raises(errors.NotFound):
        await stranger.RecheckProblems(
            inspections_pb2.RecheckProblemsRequest(request_id=town.request_id(), rechecks=[recheck])
        )
