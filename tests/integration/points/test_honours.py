"""Stars for buildings, letters for people, allowances: each from rows, and no name shown that nobody agreed to."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from gridward.points.v1 import honours_pb2 as pb
from gridward.points.v1 import (
    honours_pb2_grpc,
    rules_pb2,
    statements_pb2,
)
from pypdf import PdfReader

from services.platform import errors
from services.points.domain import honours as domain
from services.points.domain.honours import Answers, BuildingVisits
from services.points.domain.rules import Rules
from services.points.domain.volunteers import Member, Team
from tests.integration.points.conftest import FakeBuildings, Ledger
from tests.integration.points.hall import CITY, Hall
from tests.integration.points.test_statements import Reading
from tests.support.tokens import TestTokens

GRID = "999100.999102.999102001.C1.C1-01"
COMMUNITY = "999100.999102.999102001.C1"


class Honouring(Reading):
    """A scene in which people are also honoured."""

    def honours(
        self, subject: str, role: str = "volunteer_coordinator", area: str = CITY
    ) -> honours_pb2_grpc.HonoursServiceAsyncStub:
        return honours_pb2_grpc.HonoursServiceStub(self.hall.person(role, subject, area=area))

    def visited(self, *buildings: tuple[str, int, int]) -> None:
        known = self.ledger.points.honours.buildings
        assert isinstance(known, FakeBuildings)
        known.visits = [
            BuildingVisits(building_id=name, name=name, grid_code="C1-01", households=households, visited=visited)
            for name, households, visited in buildings
        ]

    async def team(self, *subjects: str) -> None:
        roles = ("leader", "info_officer", "support_officer")
        members = tuple(Member(subject=subject, role=role) for subject, role in zip(subjects, roles, strict=False))
        team = Team(code="B1", name="1号楼一长二员", kind="building", area_path=GRID, unit="", members=members)
        assert not (await self.ledger.points.volunteers.import_teams([team])).refused


@pytest.fixture
async def scene(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Honouring]:
    async with Hall.open(ledger, tokens) as hall:
        yield Honouring(hall)


def test_stars_follow_from_visits_and_answers_without_rounding() -> None:
    def stars(visited: int, of: int, answered: int, wishes: int) -> tuple[float, int]:
        building = BuildingVisits(building_id="b", name="b", grid_code="g", households=of, visited=visited)
        late = tuple(str(n) for n in range(wishes - answered))
        (rated,) = domain.rate_buildings(Rules(), [building], {"g": Answers(wishes=wishes, unanswered=late)})
        return rated.score, rated.stars

    assert stars(40, 40, 5, 5) == (100.0, 5)
    assert stars(40, 40, 0, 5) == (60.0, 1)
    assert stars(30, 40, 4, 5) == (77.0, 2)
    assert stars(38, 40, 0, 0) == (95.0, 5)
    assert stars(949, 1000, 0, 0) == (94.9, 4)
    assert stars(0, 40, 0, 5) == (0.0, 0)


@pytest.mark.mechanism(43)
async def test_buildings_get_stars_from_coverage_and_response_and_the_wall_shows_nicknames(scene: Honouring) -> None:
    taken = await scene.served("v:1", 1)
    late = (await scene.published("order-02")).id
    scene.ledger.clock.advance(timedelta(hours=25))
    soon = (await scene.published("order-03")).id
    scene.visited(("1号楼", 40, 40), ("2号楼", 40, 20), ("", 7, 0))
    asked = pb.RateBuildingsRequest(area_path=COMMUNITY, month="2026-03")
    answer = await scene.honours("staff:vc").RateBuildings(asked)
    told = [(b.name, b.visited, b.households, b.answered, b.wishes, b.score, b.stars) for b in answer.buildings]
    assert told == [("1号楼", 40, 40, 1, 2, 80.0, 3), ("2号楼", 20, 40, 1, 2, 50.0, 0)]
    assert list(answer.buildings[0].unanswered_order_ids) == [late], f"neither {taken} nor {soon}, which has time left"
    elsewhere = scene.honours("staff:other", area="999100.999103")
    assert not (await elsewhere.RateBuildings(asked)).buildings
    wall = await scene.statements("resident", "r:1").ListWall(statements_pb2.ListWallRequest())
    assert [row.name for row in wall.rows] == ["邻居v:1"]


@pytest.mark.mechanism(43)
async def test_letters_appoint_and_praise_and_are_checked_by_anybody(scene: Honouring) -> None:
    await scene.served("v:1", 1, minutes=90)
    coordinator = scene.honours("staff:vc")
    appoint = pb.IssueLetterRequest(subject="v:1", kind=pb.LETTER_KIND_APPOINTMENT)
    with pytest.raises(errors.Conflict) as nothing:
        await coordinator.IssueLetter(appoint)
    assert nothing.value.reason == "NOT_APPOINTED"
    await scene.team("v:1")
    letter = await coordinator.IssueLetter(appoint)
    assert (letter.letter.name, letter.letter.words) == ("王v:1", "1号楼一长二员")
    assert "Letter of Appointment" in PdfReader(io.BytesIO(letter.pdf)).pages[0].extract_text()
    assert (await coordinator.IssueLetter(appoint)).letter == letter.letter
    praise = await coordinator.IssueLetter(pb.IssueLetterRequest(subject="v:1", kind=pb.LETTER_KIND_PRAISE, year=2026))
    assert (praise.letter.unit, praise.letter.minutes) == ("供电公司", 90)
    checked = await scene.honours("r:1", "resident").CheckLetter(pb.CheckLetterRequest(number=praise.letter.number))
    assert (checked.letter.name, checked.letter.unit, checked.letter.minutes) == ("王***", "供电公司", 90)
    with pytest.raises(errors.Conflict) as idle:
        await coordinator.IssueLetter(pb.IssueLetterRequest(subject="v:1", kind=pb.LETTER_KIND_PRAISE, year=2025))
    assert idle.value.reason == "NO_HOURS"
    with pytest.raises(errors.NotFound):
        await scene.honours("r:1", "resident").CheckLetter(pb.CheckLetterRequest(number="GL2026-0000"))


async def test_nobody_writes_a_letter_about_oneself_or_for_others_as_a_volunteer(scene: Honouring) -> None:
    await scene.served("v:1", 1)
    await scene.team("v:1")
    asked = pb.IssueLetterRequest(subject="v:1", kind=pb.LETTER_KIND_APPOINTMENT)
    with pytest.raises(errors.Forbidden) as own:
        await scene.honours("v:1").IssueLetter(asked)
    assert own.value.reason == "LETTER_NOT_FOR_ONESELF"
    with pytest.raises(errors.Forbidden):
        await scene.honours("v:2", "volunteer").IssueLetter(asked)
    with pytest.raises(errors.NotFound):
        await scene.honours("staff:x", area="999100.999103").IssueLetter(asked)


async def test_allowances_follow_from_services_by_the_rules_in_force(scene: Honouring) -> None:
    first = await scene.served("v:1", 1)
    await scene.served("v:2", 2)
    await scene.team("v:1")
    rules = scene.rules("staff:vc")
    told = (await rules.ListPointRules(rules_pb2.ListPointRulesRequest())).versions
    draft = rules_pb2.PointRules()
    draft.CopyFrom(told[-1].rules)
    draft.phone_fen, draft.meal_fen = 3000, 1500
    version = (
        await rules.DraftPointRules(rules_pb2.DraftPointRulesRequest(rules=draft, reason="补贴"))
    ).version.version
    await rules.TryPointRules(rules_pb2.TryPointRulesRequest(version=version))
    await rules.ActivatePointRules(rules_pb2.ActivatePointRulesRequest(version=version))
    due = await scene.honours("staff:vc").ListAllowances(pb.ListAllowancesRequest(month="2026-03"))
    assert [(a.subject, list(a.teams), list(a.order_ids), a.phone_fen, a.meal_fen) for a in due.allowances] == [
        ("v:1", ["B1"], [first], 3000, 1500)
    ]
    assert due.total_fen == 4500
    assert not (await scene.honours("staff:vc").ListAllowances(pb.ListAllowancesRequest(month="2026-02"))).allowances
    with pytest.raises(errors.Invalid):
        await scene.honours("staff:vc").ListAllowances(pb.ListAllowancesRequest(month="2026-13"))
