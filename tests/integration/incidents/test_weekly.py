"""A week is counted from the cases, compared with the one before, and told by who found and who carried."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gridward.incidents.v1 import assessment_pb2, assessment_pb2_grpc, weekly_pb2, weekly_pb2_grpc

from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.conftest import ZONE
from tests.integration.incidents.hall import Hall


def stub(hall: Hall, caller: Caller) -> weekly_pb2_grpc.WeeklyServiceAsyncStub:
    hall.stub(caller)
    return weekly_pb2_grpc.WeeklyServiceStub(hall.channels[repr(caller)])


def today(hall: Hall) -> str:
    return hall.clock.now().astimezone(ZONE).date().isoformat()


async def week(hall: Hall, by: Caller, day: str = "", area_code: str = "") -> weekly_pb2.AnalyseWeekResponse:
    request = weekly_pb2.AnalyseWeekRequest(day=day or today(hall), area_code=area_code)
    return await stub(hall, by).AnalyseWeek(request)


@pytest.mark.mechanism(57)
async def test_a_week_says_who_found_and_who_carried_and_what_is_more_than_the_week_before(still: Hall) -> None:
    await still.report(by=still.worker, source="SOURCE_GRID_WORKER")
    still.clock.advance(timedelta(days=7))
    for _ in range(2):
        await still.report(by=still.worker, source="SOURCE_GRID_WORKER")
    await still.report(grid=town.OTHER_GRID)
    await still.closed()
    found = assessment_pb2.RecordFindingRequest(
        request_id=town.request_id(), task_type=town.MANHOLE, point=town.point_in(town.OTHER_GRID, north_m=30)
    )
    found.found_at.FromDatetime(still.clock.now())
    chief = still.person("duty_chief", subject="chief-1")
    still.stub(chief)
    await assessment_pb2_grpc.AssessmentServiceStub(still.channels[repr(chief)]).RecordFinding(found)
    told = await week(still, chief)
    now, before = told.whole.now, told.whole.before
    assert (now.reported, now.found_by_grid, before.reported, before.found_by_grid) == (4, 2, 1, 1)
    assert now.on_site + now.in_group + now.to_centre == now.reported
    assert (now.closed, now.closed_in_time, now.found_by_inspectors) == (1, 1, 1)
    assert sum(line.now.reported for line in told.areas) == 4
    assert told.task_types[0].now.reported - told.task_types[0].before.reported == 3
    last = await week(still, chief, day=told.from_day)
    assert last.whole == told.whole
    own = await week(still, still.person("community_admin", town.OTHER_COMMUNITY))
    assert (own.whole.now.reported, own.whole.now.found_by_inspectors) == (1, 1)
    grids = await week(still, chief, area_code=town.COMMUNITY)
    assert [(line.code, line.now.reported) for line in grids.areas] == [(town.GRID, 3)]
    assert (await week(still, chief, day="2020-01-01")).whole.now == weekly_pb2.WeekCounts()


@pytest.mark.mechanism(57)
async def test_a_day_that_is_none_has_no_week(still: Hall) -> None:
    with pytest.raises(errors.Invalid):
        await week(still, still.person("duty_chief"), day="2026-02-30")
