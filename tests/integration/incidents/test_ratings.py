"""Departments and workers rate each other, each side once, and nobody learns which worker said what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from gridward.incidents.v1 import cases_pb2, ratings_pb2, ratings_pb2_grpc

from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller


SECOND = timedelta(seconds=1)


def stub(hall: Hall, caller: Caller) -> ratings_pb2_grpc.RatingsServiceAsyncStub:
    hall.stub(caller)
    return ratings_pb2_grpc.RatingsServiceStub(hall.channels[repr(caller)])


async def rate(hall: Hall, caller: Caller, case: cases_pb2.Case, **said: Any) -> ratings_pb2.RateOtherSideResponse:
    request = ratings_pb2.RateOtherSideRequest(request_id=town.request_id(), case_id=case.id, **said)
    return await stub(hall, caller).RateOtherSide(request)


async def of_departments(hall: Hall, caller: Caller) -> ratings_pb2.GetDepartmentRatingsResponse:
    return await stub(hall, caller).GetDepartmentRatings(ratings_pb2.GetDepartmentRatingsRequest())


@pytest.mark.mechanism(7)
async def test_a_department_rates_the_worker_4_and_the_worker_the_department_2_each_once_and_masked(
    still: Hall,
) -> None:
    case = await still.closed()
    department = still.specialist(case.department_code)
    down = await rate(still, department, case, score=4, attitude=5, efficiency=4, quality=3)
    up = await rate(still, still.worker, case, score=2, attitude=3, comment="来得晚，请打13800138000问我")
    assert (down.way, down.rated) == (ratings_pb2.RATING_WAY_DOWN, still.worker.subject)
    assert (up.way, up.rated) == (ratings_pb2.RATING_WAY_UP, case.department_code)
    rows = await still.rows("SELECT way, score FROM side_rating ORDER BY way")
    assert [(row["way"], row["score"]) for row in rows] == [("down", 4), ("up", 2)]
    for caller in (department, still.worker):
        with pytest.raises(errors.AlreadyExists) as given:
            await rate(still, caller, case, score=5)
        assert given.value.reason == "RATING_GIVEN"
    still.clock.advance(SECOND)
    told = await of_departments(still, still.acceptor)
    (line,) = told.departments
    assert (line.department_code, line.means.count, line.means.score, line.means.attitude) == ("D07", 1, 2, 3)
    assert not line.means.HasField("quality")
    (said,) = line.ratings
    assert (said.score, said.rater, said.comment) == (2, "***", "来得晚，请打***问我")
    report = told.SerializeToString()
    for secret in (still.worker.subject, case.id, case.number, town.GRID):
        assert secret.encode() not in report
    workers = await stub(still, department).GetWorkerRatings(ratings_pb2.GetWorkerRatingsRequest())
    (masked,) = workers.workers
    assert (masked.worker, masked.grid_code, masked.means.score) == ("***", "", 4)
    own = await stub(still, still.worker).GetWorkerRatings(ratings_pb2.GetWorkerRatingsRequest())
    assert own.workers[0].worker == still.worker.subject


@pytest.mark.mechanism(7)
async def test_a_department_sees_what_was_said_of_it_only_when_enough_have_spoken(still: Hall) -> None:
    for score in (2, 3, 4):
        case = await still.closed()
        await rate(still, still.worker, case, score=score, comment="说一句")
        still.clock.advance(SECOND)
        (line,) = (await of_departments(still, still.specialist(case.department_code))).departments
        if score < 4:
            assert not line.means.HasField("score")
            assert not line.ratings
    assert (line.means.count, line.means.score) == (3, 3.0)
    assert sorted(said.score for said in line.ratings) == [2, 3, 4]


async def test_only_the_two_sides_rate_and_only_when_the_case_has_ended(still: Hall) -> None:
    case = await still.dispatched()
    with pytest.raises(errors.Conflict) as early:
        await rate(still, still.specialist(case.department_code), case, score=4)
    assert early.value.reason == "RATING_TOO_EARLY"
    done = await still.closed()
    with pytest.raises(errors.NotFound):
        await rate(still, still.specialist("D09"), done, score=1)
    with pytest.raises(errors.Forbidden) as strange:
        await rate(still, still.person("grid_leader", town.GRID, subject="leader-1"), done, score=1)
    assert strange.value.reason == "RATING_NOT_YOURS"
    with pytest.raises(errors.Forbidden):
        await rate(still, still.acceptor, done, score=1)
    assert await still.count("side_rating") == 0
