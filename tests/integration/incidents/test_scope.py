"""Who sees which cases: by area and department of the posts held, and one's own."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import areas_pb2

from services.platform import errors
from services.platform.identity import Caller, Grant, service_caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

#: Where cases lie and which department has them: garbage goes to D07, manhole covers to D09.
PLACES = [
    (grid, task_type)
    for grid in (town.GRID, town.SIBLING_GRID, town.OTHER_GRID)
    for task_type in (town.GARBAGE, town.MANHOLE)
]
EVERYTHING = frozenset(range(6))

MATRIX = [
    ("acceptor", town.CITY, "", EVERYTHING),
    ("grid_worker", town.GRID, "", {0, 1}),
    ("grid_worker", town.SIBLING_GRID, "", {2, 3}),
    ("community_admin", town.COMMUNITY, "", {0, 1, 2, 3}),
    ("community_admin", town.OTHER_COMMUNITY, "", {4, 5}),
    ("subdistrict_admin", town.SUBDISTRICT, "", EVERYTHING),
    ("subdistrict_admin", "999102002", "", set()),
    ("dispatcher", town.DISTRICT, "", EVERYTHING),
    ("dispatcher", "999103", "", set()),
    ("department_specialist", town.CITY, "D07", {0, 2, 4}),
    ("department_specialist", town.CITY, "D09", {1, 3, 5}),
    ("department_specialist", town.COMMUNITY, "D09", {1, 3}),
    ("department_specialist", "999103", "D09", set()),
    ("department_specialist", town.CITY, "D11", set()),
    ("resident", town.GRID, "", set()),
    ("volunteer", town.CITY, "", set()),
]


async def cases_everywhere(hall: Hall) -> list[cases_pb2.Case]:
    return [await hall.report(grid=grid, task_type=task_type) for grid, task_type in PLACES]


async def refusal(call: Awaitable[object]) -> str:
    """Why a call was refused; empty when it was not."""
    try:
        await call
    except errors.GridwardError as error:
        return error.reason
    return ""


async def may_get(hall: Hall, caller: Caller, case: cases_pb2.Case) -> bool:
    reason = await refusal(hall.get(case, by=caller))
    assert reason in {"", "CASE_UNKNOWN"}
    return not reason


async def may_step(hall: Hall, caller: Caller, case: cases_pb2.Case) -> bool:
    reason = await refusal(hall.advance(case, town.step("rate", rating=5), by=caller))
    assert reason in {"STEP_NOT_LEGAL", "CASE_UNKNOWN", "FORBIDDEN"}
    return reason == "STEP_NOT_LEGAL"


async def test_everybody_sees_exactly_what_their_posts_reach(hall: Hall) -> None:
    cases = await cases_everywhere(hall)
    for role, area, department, expected in MATRIX:
        caller = hall.person(role, area, department=department)
        listed = await hall.seen_by(caller)
        assert {number for number, case in enumerate(cases) if case.id in listed} == expected, caller
        assert {number for number, case in enumerate(cases) if await may_get(hall, caller, case)} == expected, caller
        assert {number for number, case in enumerate(cases) if await may_step(hall, caller, case)} == expected, caller


async def test_counts_reach_no_further_than_lists(hall: Hall) -> None:
    await cases_everywhere(hall)
    for role, area, department, expected in MATRIX:
        request = incidents_pb2.SummarizeAreasRequest(level=areas_pb2.AREA_LEVEL_COMMUNITY)
        answer = await hall.stub(hall.person(role, area, department=department)).SummarizeAreas(request)
        counted = {area.area_code: area.green_count + area.yellow_count + area.red_count for area in answer.areas}
        communities = [PLACES[number][0][:12] for number in expected]
        assert counted == {code: communities.count(code) for code in set(communities)}, (role, area, department)


async def test_residents_see_their_own_reports_and_no_others(hall: Hall) -> None:
    mine = await hall.report()
    theirs = await hall.report(by=hall.person("resident", subject="resident-2"))
    assert await hall.seen_by(hall.resident) == {mine.id}
    assert await may_get(hall, hall.resident, mine)
    assert not await may_get(hall, hall.resident, theirs)


async def test_a_worker_sees_what_they_reported_elsewhere_beside_their_own_grid(hall: Hall) -> None:
    here = await hall.report()
    elsewhere = await hall.report(by=hall.worker, grid=town.OTHER_GRID)
    assert await hall.seen_by(hall.worker) == {here.id, elsewhere.id}
    assert await hall.seen_by(hall.worker, mine=True) == {elsewhere.id}
    assert await hall.seen_by(hall.worker, area_code=town.OTHER_COMMUNITY) == {elsewhere.id}


async def test_several_posts_add_up_and_no_case_is_shown_twice(hall: Hall) -> None:
    cases = await cases_everywhere(hall)
    grants = (
        Grant(role="grid_worker", area_path=town.path_of(town.GRID)),
        Grant(role="community_admin", area_path=town.path_of(town.COMMUNITY)),
        Grant(role="department_specialist", area_path=town.path_of(town.CITY), department_code="D07"),
    )
    caller = Caller(subject="many-posts", grants=grants)
    answer = await hall.stub(caller).ListCases(incidents_pb2.ListCasesRequest())
    ids = [case.id for case in answer.cases]
    assert len(ids) == len(set(ids))
    assert set(ids) == {cases[number].id for number in (0, 1, 2, 3, 4)}


async def test_a_filter_never_widens_what_may_be_seen(hall: Hall) -> None:
    cases = await cases_everywhere(hall)
    admin = hall.person("community_admin", town.COMMUNITY)
    assert await hall.seen_by(admin, area_code=town.CITY) == {cases[number].id for number in (0, 1, 2, 3)}
    assert await hall.seen_by(admin, area_code=town.GRID) == {cases[0].id, cases[1].id}
    assert await hall.seen_by(admin, area_code=town.OTHER_GRID) == set()
    assert await hall.seen_by(admin, area_code="no-such-area") == set()
    specialist = hall.specialist("D07")
    assert await hall.seen_by(specialist, department_code="D09") == set()


async def test_services_see_everything(hall: Hall) -> None:
    from gridward.incidents.v1 import incidents_pb2_grpc

    from services.platform.grpc_client import connect

    cases = await cases_everywhere(hall)
    signer = hall.tokens.signer("video")
    channel = connect(f"127.0.0.1:{hall.process.port}", signer=signer, caller=service_caller("video"))
    answer = await incidents_pb2_grpc.IncidentsServiceStub(channel).ListCases(incidents_pb2.ListCasesRequest())
    assert len(answer.cases) == len(cases)
    await channel.close()


async def test_the_checker_reaches_the_case_wherever_they_belong(hall: Hall) -> None:
    from gridward.common.v1 import place_pb2

    case = await hall.dispatched()
    done = town.photo(place_pb2.EVIDENCE_KIND_AFTER)
    steps = (town.step("sign"), town.step("dispose", evidence=[done]), town.step("feedback", opinion="已清理"))
    answer = await hall.advance(case, *steps, by=hall.specialist())
    checker = hall.person("grid_worker", town.OTHER_GRID, subject="checker-from-elsewhere")
    assert not await may_get(hall, checker, case)
    answer = await hall.advance(answer.case, town.step("send_check", assignee=checker.subject), by=hall.acceptor)
    seen = town.photo(place_pb2.EVIDENCE_KIND_CHECK)
    await hall.advance(answer.case, town.step("check_pass", evidence=[seen]), by=checker)


@pytest.mark.parametrize(
    ("role", "area", "department", "told"),
    [
        ("acceptor", town.CITY, "", True),
        ("duty_chief", town.DISTRICT, "", True),
        ("acceptor", "999103", "", None),
        ("dispatcher", town.CITY, "", False),
        ("department_specialist", town.CITY, "D07", False),
        ("grid_worker", town.GRID, "", False),
        ("auditor", town.CITY, "", False),
    ],
)
async def test_who_reported_is_told_to_those_who_call_back_alone(
    hall: Hall, role: str, area: str, department: str, told: bool | None
) -> None:
    case = await hall.report()
    caller = hall.person(role, area, department=department)
    if told is None:
        assert not await may_get(hall, caller, case)
        return
    seen = await hall.get(case, by=caller)
    listed = await hall.stub(caller).ListCases(incidents_pb2.ListCasesRequest())
    expected = "resident-1" if told else ""
    assert (seen.case.reporter, seen.history[0].actor, listed.cases[0].reporter) == (expected,) * 3
    assert ("resident-1" in str(seen)) == told


async def test_a_worker_who_reports_on_duty_is_named_to_all(hall: Hall) -> None:
    case = await hall.report(by=hall.worker, source=cases_pb2.SOURCE_GRID_WORKER)
    seen = await hall.get(case, by=hall.specialist())
    assert seen.case.reporter == hall.worker.subject
