"""Times of stages, loops and priorities are settled by area and version, and tried on past cases before."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, limits_pb2, limits_pb2_grpc
from gridward.registry.v1 import tasks_pb2

from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller


def stub(hall: Hall, caller: Caller) -> limits_pb2_grpc.LimitsServiceAsyncStub:
    hall.stub(caller)
    return limits_pb2_grpc.LimitsServiceStub(hall.channels[repr(caller)])


def chief(hall: Hall) -> limits_pb2_grpc.LimitsServiceAsyncStub:
    return stub(hall, hall.person("duty_chief", subject="chief-1"))


def minutes(value: int) -> tasks_pb2.Limit:
    return tasks_pb2.Limit(value=value, unit=tasks_pb2.LIMIT_UNIT_MINUTE)


def accept_in(value: int, *, loop_minutes: int = 0) -> limits_pb2.Limits:
    loops = [limits_pb2.LoopTime(loop_level=1, limit=minutes(loop_minutes))] if loop_minutes else []
    return limits_pb2.Limits(stages=[limits_pb2.StageTime(stage="accept", limit=minutes(value))], loops=loops)


async def put(hall: Hall, area_code: str, limits: limits_pb2.Limits, version: int = 0) -> int:
    request = limits_pb2.PutLimitsRequest(
        request_id=town.request_id(), area_code=area_code, version=version, limits=limits, reason="汛期"
    )
    return (await chief(hall).PutLimits(request)).version


async def held(hall: Hall, area_code: str) -> dict[str, tuple[float, str]]:
    answer = await chief(hall).GetLimits(limits_pb2.GetLimitsRequest(area_code=area_code))
    return {each.stage: (each.limit.value, each.area_code) for each in answer.limits.stages}


async def test_an_area_s_times_hold_below_it_and_the_nearest_prevails(still: Hall) -> None:
    before = await still.report()
    assert await put(still, town.CITY, accept_in(40)) == 1
    assert await put(still, town.COMMUNITY, accept_in(10, loop_minutes=90)) == 1
    assert (await held(still, town.GRID))["accept"] == (10, town.COMMUNITY)
    assert (await held(still, town.OTHER_GRID))["accept"] == (40, town.CITY)
    assert (await held(still, town.GRID))["close"] == (15, "")
    here, there = await still.report(), await still.report(grid=town.OTHER_GRID)
    rows = await still.rows("SELECT id, reported_at, stage_due_at, loop_due_at FROM incident")
    due = {str(row["id"]): (row["stage_due_at"] - row["reported_at"]) // timedelta(minutes=1) for row in rows}
    assert (due[before.id], due[here.id], due[there.id]) == (15, 10, 40)
    loops = {str(row["id"]): row["loop_due_at"] - row["reported_at"] for row in rows}
    assert loops[here.id] == timedelta(minutes=90)
    assert loops[there.id] > timedelta(minutes=90)


async def test_an_urgent_case_has_the_share_that_its_area_settled(still: Hall) -> None:
    share = limits_pb2.PriorityTime(priority=cases_pb2.PRIORITY_URGENT, share=0.25)
    await put(still, town.COMMUNITY, limits_pb2.Limits(priorities=[share]))
    case = await still.dispatched()
    pressed = await still.advance(
        case, town.step("prioritize", opinion="汛期", priority=cases_pb2.PRIORITY_URGENT), by=still.acceptor
    )
    assert case.limit.value == 4
    assert pressed.case.limit.value == 1


async def test_versions_are_kept_and_who_saw_an_older_one_is_told(still: Hall) -> None:
    await put(still, town.COMMUNITY, accept_in(10))
    with pytest.raises(errors.Stale) as stale:
        await put(still, town.COMMUNITY, accept_in(20))
    assert (stale.value.reason, stale.value.details["version"]) == ("LIMITS_STALE", "1")
    [there] = town.fresh(stale.value, limits_pb2.ListLimitVersionsResponse).versions
    assert (there.version, there.changed_by, there.limits.stages[0].limit.value) == (1, "chief-1", 10)
    assert await put(still, town.COMMUNITY, limits_pb2.Limits(), version=1) == 2
    assert (await held(still, town.GRID))["accept"] == (15, "")
    told = await chief(still).ListLimitVersions(limits_pb2.ListLimitVersionsRequest(area_code=town.COMMUNITY))
    assert [(each.version, len(each.limits.stages), each.changed_by) for each in told.versions] == [
        (2, 0, "chief-1"),
        (1, 1, "chief-1"),
    ]
    assert told.versions[0].changed_at.ToDatetime(UTC) == still.clock.now()
    with pytest.raises(psycopg.errors.IntegrityError):
        await still.rows("UPDATE area_limits SET reason = '' RETURNING version")


async def test_other_times_are_tried_on_past_cases_before_they_hold(still: Hall) -> None:
    for waited in (5, 12, 30):
        case = await still.report()
        still.clock.advance(timedelta(minutes=waited))
        await still.advance(case, town.step("accept"), by=still.acceptor)
    await still.report()
    tried = await chief(still).TryLimits(
        limits_pb2.TryLimitsRequest(area_code=town.COMMUNITY, limits=accept_in(10, loop_minutes=1))
    )
    accept, loop = tried.effects
    assert (accept.stage, accept.before.value, accept.after.value) == ("accept", 15, 10)
    assert (accept.tried_count, accept.late_before, accept.late_after, accept.open_count) == (3, 1, 2, 1)
    assert (loop.loop_level, loop.open_count) == (1, 4)
    assert tried.case_count == 4
    assert (await held(still, town.GRID))["accept"] == (15, "")
    assert await still.count("area_limits") == 0


async def test_another_share_for_a_priority_is_tried_on_past_cases_before_it_holds(still: Hall) -> None:
    """The task type gives four working hours, an urgent case half of them; noon is no working time."""
    urgent = town.step("prioritize", opinion="汛期", priority=cases_pb2.PRIORITY_URGENT)
    for waited in (30, 90, 300):
        case = (await still.advance(await still.dispatched(), urgent, by=still.acceptor)).case
        assert case.limit.value == 2
        still.clock.advance(timedelta(minutes=waited))
        done = [
            town.step("sign"),
            town.step("dispose", evidence=[town.photo(place_pb2.EVIDENCE_KIND_AFTER)]),
            town.step("feedback", opinion="已清理"),
        ]
        await still.advance(case, *done, by=still.specialist(case.department_code))
    await still.advance(await still.dispatched(), urgent, by=still.acceptor)
    await still.dispatched()
    share = limits_pb2.PriorityTime(priority=cases_pb2.PRIORITY_URGENT, share=0.25)
    request = limits_pb2.TryLimitsRequest(area_code=town.COMMUNITY, limits=limits_pb2.Limits(priorities=[share]))
    tried = await chief(still).TryLimits(request)
    (effect,) = tried.effects
    assert (effect.priority, effect.share_before, effect.share_after) == (cases_pb2.PRIORITY_URGENT, 0.5, 0.25)
    assert (effect.tried_count, effect.late_before, effect.late_after, effect.open_count) == (3, 1, 2, 1)
    assert tried.case_count == 5
    assert await still.count("area_limits") == 0
    request.limits.priorities[0].share = 0.5
    assert not (await chief(still).TryLimits(request)).effects


async def test_nobody_settles_times_beyond_the_own_area_or_of_what_has_none(still: Hall) -> None:
    elsewhere = stub(still, still.person("duty_chief", town.OTHER_COMMUNITY, subject="chief-2"))
    with pytest.raises(errors.Forbidden):
        await elsewhere.TryLimits(limits_pb2.TryLimitsRequest(area_code=town.COMMUNITY, limits=accept_in(1)))
    with pytest.raises(errors.Forbidden):
        await stub(still, still.acceptor).TryLimits(
            limits_pb2.TryLimitsRequest(area_code=town.COMMUNITY, limits=accept_in(1))
        )
    for stage in ("disposal", "dragon"):
        wrong = limits_pb2.Limits(stages=[limits_pb2.StageTime(stage=stage, limit=minutes(1))])
        with pytest.raises(errors.Invalid) as invalid:
            await put(still, town.CITY, wrong)
        assert invalid.value.reason == "LIMITS_INVALID"
