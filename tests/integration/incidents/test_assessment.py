"""Grids, departments and workers are assessed month by month, and what is published stays as it was published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from gridward.incidents.v1 import assessment_pb2, assessment_pb2_grpc
from gridward.registry.v1 import areas_pb2

from services.incidents.assessment.periods import period_of, span_of
from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.conftest import ZONE
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller

GRIDS = [area.code for area in town.areas() if area.level == areas_pb2.AREA_LEVEL_GRID][:68]
OTHER_STREET = next(
    area.code
    for area in town.areas()
    if area.level == areas_pb2.AREA_LEVEL_SUBDISTRICT and area.code != town.SUBDISTRICT
)
KINDS = {
    "grid": assessment_pb2.ASSESSMENT_KIND_GRID,
    "department": assessment_pb2.ASSESSMENT_KIND_DEPARTMENT,
    "worker": assessment_pb2.ASSESSMENT_KIND_WORKER,
}


def stub(hall: Hall, caller: Caller) -> assessment_pb2_grpc.AssessmentServiceAsyncStub:
    hall.stub(caller)
    return assessment_pb2_grpc.AssessmentServiceStub(hall.channels[repr(caller)])


def chief(hall: Hall) -> assessment_pb2_grpc.AssessmentServiceAsyncStub:
    return stub(hall, hall.person("duty_chief", subject="chief-1"))


async def mark(hall: Hall, scores: dict[str, float], period: str, source: str = "UNDERCOVER") -> None:
    marks = [
        assessment_pb2.GridMark(
            grid_code=code, source=assessment_pb2.GridMarkSource.Value(f"GRID_MARK_SOURCE_{source}"), score=score
        )
        for code, score in scores.items()
    ]
    request = assessment_pb2.MarkGridsRequest(request_id=town.request_id(), period=period, marks=marks)
    assert (await chief(hall).MarkGrids(request)).mark_count == len(scores)


async def publish(hall: Hall, kind: str, period: str, area_code: str = "") -> assessment_pb2.PublishStandingsResponse:
    request = assessment_pb2.PublishStandingsRequest(
        request_id=town.request_id(), kind=KINDS[kind], period=period, area_code=area_code
    )
    return await chief(hall).PublishStandings(request)


async def standings(
    hall: Hall, kind: str, period: str, edition: int | None = None
) -> assessment_pb2.GetStandingsResponse:
    request = assessment_pb2.GetStandingsRequest(kind=KINDS[kind], period=period, edition=edition)
    return await chief(hall).GetStandings(request)


@pytest.mark.mechanism(10)
async def test_68_scored_grids_give_three_first_and_three_last_and_ties_are_all_named(still: Hall) -> None:
    await mark(still, {code: 99.5 - number for number, code in enumerate(GRIDS)}, "2026-10")
    first = await publish(still, "grid", "2026-10")
    assert [line.code for line in first.commended] == GRIDS[:3]
    assert [line.code for line in first.criticised] == GRIDS[65:]
    assert (first.edition, first.unchanged) == (1, False)
    again = await publish(still, "grid", "2026-10")
    assert (again.edition, again.unchanged) == (1, True)
    assert await still.count("standing") == 68
    await mark(still, {GRIDS[3]: 97.5, GRIDS[64]: 32.5, GRIDS[63]: 34.5}, "2026-10")
    second = await publish(still, "grid", "2026-10")
    assert (second.edition, second.unchanged) == (2, False)
    assert [(line.code, line.rank) for line in second.commended] == [
        (GRIDS[0], 1),
        (GRIDS[1], 2),
        *((code, 3) for code in sorted([GRIDS[2], GRIDS[3]])),
    ]
    lines = {line.code: line for line in (await standings(still, "grid", "2026-10")).standings}
    assert lines[GRIDS[4]].rank == 5
    old = await standings(still, "grid", "2026-10", edition=1)
    assert {line.code for line in old.standings if line.rank == 4} == {GRIDS[3]}
    assert (old.edition, old.newest_edition) == (1, 2)
    with pytest.raises(errors.NotFound) as unknown:
        await standings(still, "grid", "2026-10", edition=9)
    assert unknown.value.reason == "EDITION_UNKNOWN"
    with pytest.raises(psycopg.errors.IntegrityError):
        await still.rows("UPDATE standing SET rank = 1 RETURNING code")


@pytest.mark.mechanism(10)
async def test_self_rating_checks_and_video_are_each_given_by_their_own_people_in_their_own_area(still: Hall) -> None:
    sources = assessment_pb2.GridMarkSource
    for role, area, source, score in (
        ("subdistrict_admin", town.SUBDISTRICT, sources.GRID_MARK_SOURCE_SELF, 100),
        ("acceptor", town.CITY, sources.GRID_MARK_SOURCE_OPEN_CHECK, 90),
        ("duty_chief", town.CITY, sources.GRID_MARK_SOURCE_UNDERCOVER, 70),
        ("video_patroller", town.CITY, sources.GRID_MARK_SOURCE_VIDEO, 80),
    ):
        given = assessment_pb2.GridMark(grid_code=town.GRID, source=source, score=score)
        request = assessment_pb2.MarkGridsRequest(request_id=town.request_id(), period="2026-10", marks=[given])
        with pytest.raises(errors.Forbidden):
            await stub(still, still.person("grid_worker", town.GRID)).MarkGrids(request)
        await stub(still, still.person(role, area, subject=role)).MarkGrids(request)
    (line,) = (await standings(still, "grid", "2026-10")).standings
    assert line.score == 84.0  # 0.2·100 + 0.3·90 + 0.3·70 + 0.2·80
    elsewhere = still.person("subdistrict_admin", OTHER_STREET, subject="other-street")
    own = assessment_pb2.GridMark(grid_code=town.GRID, source=sources.GRID_MARK_SOURCE_SELF, score=1)
    with pytest.raises(errors.Forbidden) as refused:
        await stub(still, elsewhere).MarkGrids(
            assessment_pb2.MarkGridsRequest(request_id=town.request_id(), period="2026-10", marks=[own])
        )
    assert refused.value.reason == "MARK_NOT_YOURS"


@pytest.mark.mechanism(52)
async def test_a_worker_has_one_rater_for_each_part_and_comes_to_80_and_a_half(still: Hall) -> None:
    worker, parts = f"S-{town.GRID}", assessment_pb2.WorkerPart
    raters = {
        parts.WORKER_PART_ATTENDANCE: (still.person("community_admin", town.COMMUNITY, subject="community-1"), 90),
        parts.WORKER_PART_DAILY: (still.person("duty_chief", subject="chief-1"), 80),
        parts.WORKER_PART_SPECIAL: (still.person("department_leader", department="D07", subject="leader-7"), 70),
        parts.WORKER_PART_COMMUNITY: (still.person("community_admin", town.COMMUNITY, subject="community-1"), 100),
    }

    async def give(caller: Caller, part: assessment_pb2.WorkerPart.ValueType, score: float, who: str = worker) -> None:
        given = assessment_pb2.WorkerMark(staff_code=who, part=part, score=score)
        request = assessment_pb2.MarkWorkersRequest(request_id=town.request_id(), period="2026-10", marks=[given])
        await stub(still, caller).MarkWorkers(request)

    for part, (caller, score) in raters.items():
        await give(caller, part, score)
    (line,) = (await standings(still, "worker", "2026-10")).standings
    assert (line.code, line.score) == (worker, 80.5)
    with pytest.raises(errors.Conflict) as taken:
        await give(still.person("duty_chief", subject="chief-2"), parts.WORKER_PART_DAILY, 10)
    assert taken.value.reason == "MARK_TAKEN"
    with pytest.raises(errors.Invalid):
        await give(still.person("duty_chief", subject="chief-1"), parts.WORKER_PART_BONUS, 6)
    with pytest.raises(errors.NotFound):
        await give(still.person("duty_chief", subject="chief-1"), parts.WORKER_PART_DAILY, 6, who="nobody")
    await give(raters[parts.WORKER_PART_DAILY][0], parts.WORKER_PART_DAILY, 90)
    (line,) = (await standings(still, "worker", "2026-10")).standings
    assert line.score == 85.0


@pytest.mark.mechanism(52)
async def test_what_nobody_marked_is_counted_from_the_worker_s_cases_and_a_mark_goes_before_it(still: Hall) -> None:
    period = period_of(still.clock.now(), ZONE)
    cases = [await still.report(by=still.worker, source="SOURCE_GRID_WORKER") for _ in range(4)]
    await still.advance(cases[0], town.step("reject", opinion="重复"), by=still.acceptor)
    for case in cases[1:]:
        await still.advance(
            case, town.step("accept"), town.step("register", filing_condition="usual"), by=still.acceptor
        )
    (line,) = (await standings(still, "worker", period)).standings
    assert (line.code, line.score) == (f"S-{town.GRID}", 75.0)  # three of four found true
    assert [(part.part, part.score, part.weight, part.computed) for part in line.parts] == [("daily", 75, 45, True)]
    worker_chief = stub(still, still.person("duty_chief", subject="chief-1"))
    given = assessment_pb2.WorkerMark(
        staff_code=f"S-{town.GRID}", part=assessment_pb2.WORKER_PART_DAILY, score=90, note="台风夜值守"
    )
    request = assessment_pb2.MarkWorkersRequest(request_id=town.request_id(), period=period, marks=[given])
    await worker_chief.MarkWorkers(request)
    (line,) = (await standings(still, "worker", period)).standings
    assert [(part.part, part.score, part.computed) for part in line.parts] == [("daily", 90, False)]
    assert (await publish(still, "worker", period)).edition == 1
    assert (await publish(still, "worker", period)).unchanged


async def found(hall: Hall, at: datetime, north_m: float = 0.0) -> assessment_pb2.CityFinding:
    request = assessment_pb2.RecordFindingRequest(
        request_id=town.request_id(),
        task_type=town.GARBAGE,
        point=town.point_in(town.GRID, north_m=north_m),
        points=2.5,
        note="垃圾未清",
    )
    request.found_at.FromDatetime(at)
    return (await chief(hall).RecordFinding(request)).finding


@pytest.mark.mechanism(57)
async def test_what_the_grid_reported_before_the_inspector_came_costs_nothing_and_what_it_did_not_does(
    still: Hall,
) -> None:
    earlier = still.clock.now()
    still.clock.advance(timedelta(minutes=5))
    case = await still.report(by=still.worker, source="SOURCE_GRID_WORKER")
    still.clock.advance(timedelta(minutes=5))
    period = period_of(still.clock.now(), ZONE)
    await mark(still, {town.GRID: 90}, period)
    free = await found(still, still.clock.now(), north_m=20)
    assert (free.case_number, free.deducted) == (case.number, 0)
    late = await found(still, earlier)
    elsewhere = await found(still, still.clock.now(), north_m=80)
    assert [(each.case_id, each.deducted) for each in (late, elsewhere)] == [("", 2.5), ("", 2.5)]
    (line,) = (await standings(still, "grid", period)).standings
    assert line.score == 85.0
    assert {part.part: part.score for part in line.parts} == {"undercover": 90, "deduction": -5}
    await publish(still, "grid", period)
    forgiven = await chief(still).ForgiveFinding(
        assessment_pb2.ForgiveFindingRequest(request_id=town.request_id(), finding_id=late.id, reason="已在清运")
    )
    assert forgiven.finding.deducted == 0
    assert (await standings(still, "grid", period, edition=1)).standings[0].score == 85.0
    assert (await publish(still, "grid", period)).edition == 2
    assert (await standings(still, "grid", period)).standings[0].score == 87.5
    listed = await chief(still).ListFindings(assessment_pb2.ListFindingsRequest(period=period))
    assert {each.id for each in listed.findings} == {free.id, late.id, elsewhere.id}
    outside = stub(still, still.person("community_admin", town.OTHER_COMMUNITY))
    assert not (await outside.ListFindings(assessment_pb2.ListFindingsRequest(period=period))).findings


@pytest.mark.mechanism(57)
async def test_a_resident_s_complaint_does_not_save_the_grid_from_a_deduction(still: Hall) -> None:
    await still.report()
    still.clock.advance(timedelta(minutes=5))
    assert (await found(still, still.clock.now())).deducted == 2.5


@pytest.mark.mechanism(57)
async def test_the_year_of_a_grid_is_the_mean_of_its_four_published_quarters(still: Hall) -> None:
    for month, score in ((1, 90), (2, 80), (4, 100), (7, 70), (11, 88)):
        await mark(still, {town.GRID: score}, f"2026-{month:02d}")
        await publish(still, "grid", f"2026-{month:02d}")
    year = assessment_pb2.GetYearRequest(year=2026, kind=KINDS["grid"])
    (line,) = (await chief(still).GetYear(year)).standings
    assert [quarter.score for quarter in line.quarters] == [85, 100, 70, 88]
    assert (line.score, line.rank) == (85.75, 1)


@pytest.mark.mechanism(46)
async def test_the_centre_assigns_and_assesses_departments_by_closing_and_by_closing_in_time(still: Hall) -> None:
    start, _ = span_of(period_of(still.clock.now(), ZONE), ZONE)
    done = await still.closed()
    late = await still.dispatched(task_type=town.MANHOLE)
    assert (done.department_code, late.department_code) == ("D07", "D09")
    still.clock.advance(timedelta(days=1))
    while await still.firing.fire_due():
        pass
    period = period_of(still.clock.now(), ZONE)
    assert period == period_of(start, ZONE)
    answer = await publish(still, "department", period)
    assert answer.edition == 1
    lines = {line.code: line for line in (await standings(still, "department", period)).standings}
    parts = {code: {part.part: (part.score, part.weight) for part in lines[code].parts} for code in ("D07", "D09")}
    assert parts["D07"] == {"in_time": (100, 40), "close": (100, 20), "no_rework": (100, 15)}
    assert parts["D09"] == {"in_time": (0, 40), "close": (0, 20), "no_red": (0, 10)}
    assert [lines[code].score for code in ("D07", "D09")] == [100, 0]
    street = stub(still, still.person("subdistrict_admin", town.SUBDISTRICT, subject="street-1"))
    seen = await street.GetStandings(
        assessment_pb2.GetStandingsRequest(kind=KINDS["department"], period=period, area_code=town.SUBDISTRICT)
    )
    assert {line.code for line in seen.standings} == {"D07", "D09"}  # supervised on two levels
    with pytest.raises(errors.Forbidden):  # managed on one
        await street.PublishStandings(
            assessment_pb2.PublishStandingsRequest(
                request_id=town.request_id(), kind=KINDS["department"], period=period, area_code=town.SUBDISTRICT
            )
        )


async def test_nothing_is_published_where_nobody_has_a_score_and_nobody_reads_beyond_the_own_area(
    still: Hall,
) -> None:
    with pytest.raises(errors.Conflict) as nothing:
        await publish(still, "grid", "2026-09")
    assert nothing.value.reason == "NOTHING_TO_PUBLISH"
    with pytest.raises(errors.Forbidden):
        await stub(still, still.person("community_admin", town.COMMUNITY)).GetStandings(
            assessment_pb2.GetStandingsRequest(kind=KINDS["grid"], period="2026-09")
        )


def test_a_month_begins_and_ends_on_the_clocks_of_the_city() -> None:
    assert span_of("2026-12", ZONE) == (
        datetime(2026, 11, 30, 16, tzinfo=UTC),
        datetime(2026, 12, 31, 16, tzinfo=UTC),
    )
    assert period_of(datetime(2026, 11, 30, 16, tzinfo=UTC), ZONE) == "2026-12"
