"""The database's own wall around sums: places that come back, ratings and standings, with our checks switched off."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from gridward.incidents.v1 import assessment_pb2, cases_pb2, duplicates_pb2, ratings_pb2

from services.incidents.assessment import actions as assessing
from services.incidents.duplicates import finding
from services.incidents.ratings import actions as rating
from services.platform.identity import Caller, Scope
from tests.integration.incidents import test_assessment as assessment
from tests.integration.incidents import test_duplicates as likeness
from tests.integration.incidents import test_ratings as ratings
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

EVERYTHING = Scope(area_paths=("",), departments=("",), own=True)
ALL = {"areas": [""], "departments": [""]}
#: What lies where, and which department has it.
PLACES = {town.GRID: ("D07", town.GARBAGE), town.OTHER_GRID: ("D09", town.MANHOLE)}
BOTH = set(PLACES)
#: Who is shown what of which grid.
MATRIX = (
    ("duty_chief", town.CITY, "", BOTH),
    ("community_admin", town.COMMUNITY, "", {town.GRID}),
    ("community_admin", town.OTHER_COMMUNITY, "", {town.OTHER_GRID}),
    ("department_specialist", town.CITY, "D07", {town.GRID}),
    ("department_specialist", town.COMMUNITY, "D09", set()),
    ("duty_chief", "999103", "", set()),
)
TABLES = ("side_rating", "grid_mark", "worker_mark", "city_finding", "standing_edition", "standing", "incident")
MONTH = "2026-10"
CHECK = assessment_pb2.GRID_MARK_SOURCE_OPEN_CHECK


@pytest.fixture
def checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our statements look everywhere, whoever asks."""
    list_span, list_findings = finding.store.list_span, assessing.store.list_findings

    async def any_span(connection: Any, **asked: Any) -> Any:
        return await list_span(connection, **{**asked, "scope": EVERYTHING})

    async def any_findings(connection: Any, **asked: Any) -> Any:
        return await list_findings(connection, **{**asked, "areas": [""]})

    monkeypatch.setattr(finding.store, "list_span", any_span)
    monkeypatch.setattr(assessing.store, "list_findings", any_findings)
    monkeypatch.setattr(assessing.Assessing, "_require", lambda *_: None)
    monkeypatch.setattr(rating, "scope_columns", lambda *_: ALL)


def everybody(hall: Hall) -> list[tuple[Caller, set[str]]]:
    return [(hall.person(role, area, department=code), seen) for role, area, code, seen in MATRIX]


async def rated(hall: Hall, case: cases_pb2.Case, department: str, way: str) -> None:
    async with hall.database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO side_rating (incident_id, way, rater, worker, department_code, area_path, score, attitude, "
            "efficiency, quality, comment, rated_at) SELECT id, %s, 'x', %s, %s, area_path, 4, 4, 4, 4, '', reported_at "
            "FROM incident WHERE id = %s",
            (way, f"worker-of-{department}", department, case.id),
        )


@pytest.mark.usefixtures("checks_off")
async def test_with_our_checks_off_places_that_come_back_and_ratings_reach_no_further_than_posts(still: Hall) -> None:
    for grid, (department, task_type) in PLACES.items():
        cases = [await still.report(grid=grid, task_type=task_type) for _ in range(3)]
        for way in ("up", "down"):
            await rated(still, cases[0], department, way)
    still.clock.advance(ratings.SECOND)
    for caller, seen in everybody(still):
        spots = await likeness.duplicates(still, caller).ListHotspots(duplicates_pb2.ListHotspotsRequest())
        assert {spot.grid_code for spot in spots.hotspots} == seen, caller
        of_departments = await ratings.of_departments(still, caller)
        assert {line.department_code for line in of_departments.departments} == {PLACES[grid][0] for grid in seen}
        workers = await ratings.stub(still, caller).GetWorkerRatings(ratings_pb2.GetWorkerRatingsRequest())
        assert len(workers.workers) == len(seen), caller


async def told(hall: Hall, caller: Caller, **asked: Any) -> set[str]:
    """The grids whose standing somebody is shown."""
    request = assessment_pb2.GetStandingsRequest(kind=assessment.KINDS["grid"], **{"period": MONTH, **asked})
    return {line.code for line in (await assessment.stub(hall, caller).GetStandings(request)).standings}


@pytest.mark.usefixtures("checks_off")
async def test_with_our_checks_off_marks_findings_and_published_months_stay_with_their_areas(still: Hall) -> None:
    period = assessing.period_of(still.clock.now(), assessment.ZONE)
    for grid in PLACES:
        await assessment.mark(still, {grid: 90.0}, MONTH)
        await assessment.mark(still, {grid: 80.0}, "2026-09")
        finding_there = assessment_pb2.RecordFindingRequest(
            request_id=town.request_id(), task_type=town.GARBAGE, point=town.point_in(grid)
        )
        await assessment.chief(still).RecordFinding(finding_there)
    await assessment.publish(still, "grid", MONTH, town.COMMUNITY)
    for caller, _ in everybody(still):
        area = caller.grants[0].area_path
        grids = {grid for grid in PLACES if (still.view.path_of(grid) or "").startswith(area)}
        assert await told(still, caller, period="2026-09") == grids, "counted anew"
        assert await told(still, caller, area_code=town.COMMUNITY) == grids & {town.GRID}, "as it was published"
        found = await assessment.stub(still, caller).ListFindings(assessment_pb2.ListFindingsRequest(period=period))
        assert {one.grid_code for one in found.findings} == grids, caller
        year = assessment_pb2.GetYearRequest(
            kind=assessment.KINDS["grid"], year=int(MONTH[:4]), area_code=town.COMMUNITY
        )
        told_year = await assessment.stub(still, caller).GetYear(year)
        assert {one.code for one in told_year.standings} == grids & {town.GRID}


async def test_who_is_not_named_sees_no_sum_and_nobody_behind_the_wall_learns_who_rated(still: Hall) -> None:
    case = await still.report()
    await rated(still, case, "D07", "up")
    await assessment.mark(still, {town.GRID: 90.0}, MONTH)
    await assessment.publish(still, "grid", MONTH)
    await assessment.standings(still, "grid", MONTH)  # whoever reads first gives the role what it needs
    with psycopg.connect(still.dsn, autocommit=True) as connection:
        connection.execute("SET ROLE incidents_reader")
        for grants in ("", "[]", '[["999103", ""]]'):
            connection.execute("SELECT set_config('gridward.grants', %s, false)", (grants,))
            for table in TABLES:
                assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table
        connection.execute("SELECT set_config('gridward.grants', %s, false)", (f'[["{town.CITY}", ""]]',))
        assert connection.execute("SELECT count(*) FROM side_rating").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM standing").fetchone() == (1,)
        for forbidden in ("SELECT rater FROM side_rating", "SELECT master_id FROM case_merge", "DELETE FROM standing"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())
