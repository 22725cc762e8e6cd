"""The database's own wall around stars, letters, allowances and alliances, with our checks switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from gridward.points.v1 import alliances_pb2
from gridward.points.v1 import honours_pb2 as pb

from services.platform import errors
from services.points.actions import alliances as alliance_actions
from services.points.actions import honours as honour_actions
from services.points.servicer import honours as servicer
from tests.integration.points import test_alliances as alliances
from tests.integration.points.conftest import Ledger
from tests.integration.points.hall import Hall
from tests.integration.points.test_honours import COMMUNITY, Honouring
from tests.integration.points.test_second_wall import MATRIX
from tests.support.tokens import TestTokens

TABLES = ("team", "team_member", "claim", "alliance", "alliance_session", "service_order", "volunteer")


@pytest.fixture
async def scene(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Honouring]:
    async with Hall.open(ledger, tokens) as hall:
        yield Honouring(hall)


@pytest.fixture
def checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our statements look everywhere, whoever asks."""
    served, search = honour_actions.store.served, alliance_actions.store.search

    async def any_served(*arguments: Any, **asked: Any) -> Any:
        return await served(*arguments, **{**asked, "scope_areas": [""]})

    async def any_alliance(*arguments: Any, **asked: Any) -> Any:
        return await search(*arguments, **{**asked, "scope_areas": [""]})

    monkeypatch.setattr(honour_actions.store, "served", any_served)
    monkeypatch.setattr(alliance_actions.store, "search", any_alliance)
    monkeypatch.setattr(servicer, "_within", lambda *_: True)


@pytest.mark.usefixtures("checks_off")
async def test_with_our_checks_off_stars_letters_and_allowances_are_made_of_what_lies_in_reach(
    scene: Honouring,
) -> None:
    order = await scene.served("v:1", 1)
    await scene.team("v:1")
    scene.visited(("1号楼", 40, 40))
    stars = pb.RateBuildingsRequest(area_path=COMMUNITY, month="2026-03")
    letter = pb.IssueLetterRequest(subject="v:1", kind=pb.LETTER_KIND_APPOINTMENT)
    for area, seen in MATRIX:
        desk = scene.honours(f"staff:{area}", area=area)
        (building,) = (await desk.RateBuildings(stars)).buildings
        assert building.wishes == int(seen), area
        due = (await desk.ListAllowances(pb.ListAllowancesRequest(month="2026-03"))).allowances
        assert [list(one.order_ids) for one in due] == ([[order]] if seen else []), area
        if seen:
            assert (await desk.IssueLetter(letter)).letter.words
        else:
            with pytest.raises(errors.NotFound):
                await desk.IssueLetter(letter)


@pytest.mark.usefixtures("checks_off")
async def test_with_our_checks_off_alliances_and_their_minutes_stay_with_their_area(scene: Honouring) -> None:
    conference = alliances.stub(scene.hall)
    await conference.SaveAlliance(alliances.an_alliance(alliances.UNITS))
    await alliances.meet(conference, 1)
    sessions = alliances_pb2.ListAllianceSessionsRequest(code="L1")
    for area, seen in ((alliances.AREA, True), ("999100", True), (f"{alliances.AREA}.C1", False), ("999103", False)):
        desk = alliances.stub(scene.hall, area)
        listed = (await desk.ListAlliances(alliances_pb2.ListAlliancesRequest())).alliances
        assert [one.activities for one in listed] == ([39] if seen else []), area
        if seen:
            assert [one.minutes for one in (await desk.ListAllianceSessions(sessions)).sessions] == ["议事"]
        else:
            with pytest.raises(errors.NotFound):
                await desk.ListAllianceSessions(sessions)


async def test_who_is_not_named_sees_no_team_service_or_alliance_and_never_what_was_noted(scene: Honouring) -> None:
    await scene.served("v:1", 1)
    await scene.team("v:1")
    conference = alliances.stub(scene.hall)
    await conference.SaveAlliance(alliances.an_alliance(alliances.UNITS))
    await alliances.meet(conference, 1)
    await conference.ListAlliances(alliances_pb2.ListAlliancesRequest())  # who reads first gives the role what it needs
    with psycopg.connect(scene.ledger.dsn, autocommit=True) as connection:
        connection.execute("SET ROLE points_reader")
        for grants, count in (("", 0), ("[]", 0), ('[["999103", ""]]', 0), ('[["999100", ""]]', 1)):
            connection.execute("SELECT set_config('gridward.grants', %s, false)", (grants,))
            for table in TABLES:
                counted = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
                assert counted == (count,), (grants, table)
        for forbidden in ("SELECT note FROM claim", "SELECT points FROM claim", "UPDATE alliance SET name = ''"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())
