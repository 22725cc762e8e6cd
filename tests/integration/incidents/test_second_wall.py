"""The database's own wall around cases: with our checks switched off, nobody is shown what his posts do not reach."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import areas_pb2

from services.incidents.actions import look
from services.incidents.figures import counting
from services.incidents.store import reading
from services.incidents.store.reading import Window
from services.platform.identity import Scope
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall
from tests.integration.incidents.test_figures import figures
from tests.integration.incidents.test_scope import MATRIX, PLACES, cases_everywhere, may_get

EVERYTHING = Scope(area_paths=("",), departments=("",), own=True)


@pytest.fixture
def checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our statements look for everything, whoever asks."""

    async def find_any(connection: Any, name: str, *, subject: str, scope: Scope) -> Any:
        return await reading.find_case(connection, name, subject=subject, scope=EVERYTHING)

    monkeypatch.setattr(look, "find_case", find_any)
    monkeypatch.setattr(look.Looking, "_windows", lambda *_: [Window()])


@pytest.mark.usefixtures("checks_off")
async def test_with_our_checks_off_everybody_still_sees_exactly_what_their_posts_reach(hall: Hall) -> None:
    cases = await cases_everywhere(hall)
    for role, area, department, expected in MATRIX:
        caller = hall.person(role, area, department=department)
        listed = await hall.seen_by(caller)
        assert {number for number, case in enumerate(cases) if case.id in listed} == expected, caller
        assert {number for number, case in enumerate(cases) if await may_get(hall, caller, case)} == expected, caller


async def test_with_our_checks_off_counts_reach_no_further_than_lists(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def count_any(connection: Any, _: Scope, **asked: Any) -> Any:
        return await reading.count_open(connection, EVERYTHING, **asked)

    unscoped = counting.queries.count_figures.replace("i.area_path <@ held.area AND", "true OR")
    assert unscoped != counting.queries.count_figures
    monkeypatch.setattr(counting, "queries", SimpleNamespace(count_figures=unscoped))
    monkeypatch.setattr(look, "count_open", count_any)
    await cases_everywhere(hall)
    hall.clock.advance(timedelta(seconds=5))
    for role, area, department, expected in MATRIX:
        caller = hall.person(role, area, department=department)
        request = incidents_pb2.SummarizeAreasRequest(level=areas_pb2.AREA_LEVEL_COMMUNITY)
        answer = await hall.stub(caller).SummarizeAreas(request)
        communities = [PLACES[number][0][:12] for number in expected]
        counted = {area.area_code: area.green_count + area.yellow_count + area.red_count for area in answer.areas}
        assert counted == {code: communities.count(code) for code in set(communities)}, caller
        if role != "resident":
            assert (await figures(hall, caller)).total.reported == len(expected), caller


@pytest.mark.usefixtures("checks_off")
async def test_a_reporter_is_shown_his_own_case_through_the_wall_and_no_other(hall: Hall) -> None:
    mine = await hall.report()
    theirs = await hall.report(by=hall.person("resident", subject="resident-2"))
    assert await hall.seen_by(hall.resident) == {mine.id}
    assert not await may_get(hall, hall.resident, theirs)


async def test_who_is_not_named_sees_nothing_and_the_reading_role_is_nobody_special(hall: Hall) -> None:
    case = await hall.report(grid=town.GRID)
    await hall.seen_by(hall.person("acceptor", town.CITY))  # whoever reads first gives the role what it needs
    with psycopg.connect(hall.dsn, autocommit=True) as connection:
        special = "SELECT rolsuper OR rolbypassrls OR rolcanlogin FROM pg_roles WHERE rolname = 'incidents_reader'"
        assert connection.execute(special).fetchone() == (False,)
        owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'incidents'"
        assert connection.execute(owners).fetchall() == [("incidents",)]
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (1,)
        connection.execute("SET ROLE incidents_reader")
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (0,)
        connection.execute("SELECT set_config('gridward.grants', '[[\"999999\", \"\"]]', false)")
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (0,)
        connection.execute("SELECT set_config('gridward.grants', '[[\"\", \"\"]]', false)")
        assert [str(row[0]) for row in connection.execute("SELECT id FROM incident")] == [case.id]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE incident SET version = version")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT count(*) FROM dossier")


async def test_a_database_without_the_reading_role_goes_on_and_says_so(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = await hall.report()
    async with hall.database.connection() as connection:
        await connection.execute(
            "CREATE OR REPLACE FUNCTION raise_wall() RETURNS boolean LANGUAGE sql AS 'SELECT false'"
        )
    listed: set[str] = await hall.seen_by(hall.person("acceptor", town.CITY))
    assert listed == {case.id}
    assert isinstance(case, cases_pb2.Case)
    assert "wall_missing" in capsys.readouterr().out
