"""Statements, certificates, wall, ranking, reviews, rules and corrections: every number traced to its rows."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from gridward.points.v1 import mall_pb2, mall_pb2_grpc, orders_pb2, rules_pb2_grpc, statements_pb2_grpc
from gridward.points.v1 import rules_pb2 as rules
from gridward.points.v1 import statements_pb2 as pb
from pypdf import PdfReader

from services.platform import errors
from services.points.domain.mall import Goods, Place
from services.points.domain.volunteers import Volunteer
from tests.integration.points.conftest import Ledger
from tests.integration.points.hall import CITY, Hall
from tests.integration.points.test_orders import Scene
from tests.support.tokens import TestTokens


class Reading(Scene):
    """A scene in which people also read."""

    def statements(self, role: str, subject: str, area: str = CITY) -> statements_pb2_grpc.StatementsServiceAsyncStub:
        return statements_pb2_grpc.StatementsServiceStub(self.hall.person(role, subject, area=area))  # type: ignore[return-value]

    def rules(self, subject: str) -> rules_pb2_grpc.PointRulesServiceAsyncStub:
        return rules_pb2_grpc.PointRulesServiceStub(self.hall.person("volunteer_coordinator", subject))  # type: ignore[return-value]

    async def served(
        self, subject: str, number: int, *, minutes: int = 60, rating: int = 4, community: str = "C1"
    ) -> str:
        await self.ledger.points.volunteers.import_volunteers(
            [Volunteer(subject=subject, name=f"王{subject}", nickname=f"邻居{subject}", name_public=False,
                       community_code=community, area_path="", grid_code="C1-01", unit="供电公司")]
        )  # fmt: skip
        order = await self.published(f"order-{number:02}", minutes=min(480, max(minutes, 30)))
        await self.volunteer(subject).ClaimOrder(orders_pb2.ClaimOrderRequest(order_id=order.id))
        await self.serve(order, self.volunteer(subject), minutes=minutes)
        await self.settle(order, subject)
        await self.rate(order, rating)
        return order.id


@pytest.fixture
async def scene(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Reading]:
    async with Hall.open(ledger, tokens) as hall:
        yield Reading(hall)


async def test_a_statement_shows_each_row_with_its_reason_and_the_balance_after_it(scene: Reading) -> None:
    order_id = await scene.served("v:1", 1, minutes=600)
    mall = scene.ledger.points.mall
    await mall.save_place(Place(code="P1", name="中心", address="", hours="", area_path=CITY))
    await mall.save_goods(Goods(code="G08", title="环保袋", title_en="Bag", description="", kind="goods", points=10))
    await mall.stock("G08", "P1", quantity=9, request_id="first-stock")
    redemption, _ = await mall.redeem(owner="v:1", request_id="r", goods_code="G08", place_code="P1", quantity=2)
    mine = scene.statements("volunteer", "v:1")
    told = await mine.GetStatement(pb.GetStatementRequest(owner="me", page_size=1))
    assert (told.points, told.held, told.owed, told.minutes, told.star) == (76, 20, 0, 480, 0)
    assert told.minutes_to_next_star == 6000 - 480
    assert [(line.number, line.change, line.after, line.reason, line.cause_title) for line in told.lines] == [
        (2, -20, 76, "REDEEM", "环保袋 × 2")
    ]
    rest = await mine.GetStatement(pb.GetStatementRequest(owner="me", page_token=told.next_page_token))
    assert [(line.number, line.change, line.after, line.cause) for line in rest.lines] == [(1, 96, 96, order_id)]
    assert (rest.lines[0].expires_on, rest.lines[0].cause_title) == ("2028-03-31", "9991-order-01 帮奶奶理发")
    scene.clock.advance(timedelta(days=2 * 365 - 60))
    soon = await mine.GetStatement(pb.GetStatementRequest(owner="me", book=pb.STATEMENT_BOOK_HELD))
    assert [(row.day, row.points) for row in soon.expiring] == [("2028-03-31", 76)]
    assert [(line.change, line.cause) for line in soon.lines] == [(20, str(redemption.id))]
    with pytest.raises(errors.Forbidden):
        await scene.statements("volunteer", "v:2").GetStatement(pb.GetStatementRequest(owner="v:1"))


async def test_a_certificate_says_what_was_given_and_anybody_can_check_it(scene: Reading) -> None:
    for number in range(2):
        await scene.served("v:1", number, minutes=90)
    mine = scene.statements("volunteer", "v:1")
    issued = await mine.IssueCertificate(pb.IssueCertificateRequest(owner="me"))
    assert (issued.certificate.minutes, issued.certificate.services) == (180, 2)
    assert (await mine.IssueCertificate(pb.IssueCertificateRequest(owner="me"))).pdf == issued.pdf
    text = PdfReader(io.BytesIO(issued.pdf)).pages[0].extract_text()
    assert issued.certificate.number in text
    checked = await scene.statements("resident", "r:1").CheckCertificate(
        pb.CheckCertificateRequest(number=issued.certificate.number)
    )
    assert (checked.certificate.name, checked.certificate.minutes) == ("王***", 180)
    with pytest.raises(errors.NotFound):
        await mine.CheckCertificate(pb.CheckCertificateRequest(number="GW2026-0000000000000000"))
    with pytest.raises(errors.Conflict) as idle:
        await mine.IssueCertificate(pb.IssueCertificateRequest(owner="me", until_day="2025-01-01"))
    assert idle.value.reason == "NO_HOURS"


async def test_the_wall_shows_a_nickname_unless_the_name_is_agreed_to(scene: Reading) -> None:
    await scene.served("v:1", 1, minutes=90)
    await scene.served("v:2", 2, minutes=90, community="C2")
    await scene.served("v:3", 3, minutes=60)
    await scene.ledger.points.volunteers.import_volunteers(
        [Volunteer(subject="v:3", name="王三", nickname="小三", name_public=True, community_code="C1", area_path="")]
    )
    wall = await scene.statements("resident", "r:1").ListWall(pb.ListWallRequest())
    assert [(row.rank, row.name, row.minutes) for row in wall.rows] == [
        (1, "邻居v:1", 90),
        (1, "邻居v:2", 90),
        (3, "王三", 60),
    ]
    ranking = await scene.statements("resident", "r:1").RankCommunities(pb.RankCommunitiesRequest(month="2026-03"))
    assert [(row.rank, row.community_code, row.minutes, row.services, row.volunteers) for row in ranking.rows] == [
        (1, "C1", 150, 2, 2),
        (2, "C2", 90, 1, 1),
    ]
    counted = await scene.statements("resident", "r:1").ListCommunityServices(
        pb.ListCommunityServicesRequest(community_code="C1", month="2026-03", page_size=1)
    )
    rest = await scene.statements("volunteer_coordinator", "staff:vc").ListCommunityServices(
        pb.ListCommunityServicesRequest(community_code="C1", month="2026-03", page_token=counted.next_page_token)
    )
    rows = [*counted.services, *rest.services]
    assert sum(row.minutes for row in rows) == 150, "what the ranking says, row by row"
    assert {row.nickname for row in rows} == {"邻居v:1", "小三"}
    assert [(row.order_id != "", row.number != "") for row in rows] == [(False, False), (True, True)]
    told = await scene.statements("volunteer_coordinator", "staff:vc").ListWall(pb.ListWallRequest())
    assert [row.subject for row in told.rows] == ["v:1", "v:2", "v:3"]
    own = await scene.statements("volunteer", "v:2").ListWall(pb.ListWallRequest())
    assert [(row.subject, row.mine) for row in own.rows] == [("", False), ("", True), ("", False)]
    empty = await scene.statements("resident", "r:1").RankCommunities(pb.RankCommunitiesRequest(month="2026-04"))
    assert list(empty.rows) == []


async def test_communities_with_the_same_hours_share_a_rank(scene: Reading) -> None:
    for number, community in enumerate(("C1", "C2", "C3")):
        await scene.served(f"v:{number}", number, minutes=60 if community != "C3" else 30, community=community)
    ranking = await scene.statements("resident", "r:1").RankCommunities(pb.RankCommunitiesRequest())
    assert [(row.rank, row.community_code) for row in ranking.rows] == [(1, "C1"), (1, "C2"), (3, "C3")]


async def test_the_export_holds_no_formula(scene: Reading) -> None:
    await scene.served("v:1", 1)
    await scene.ledger.points.volunteers.import_volunteers(
        [
            Volunteer(
                subject="v:9", name="=HYPERLINK(1)", nickname="x", name_public=False, community_code="C1", area_path=""
            )
        ]
    )
    answer = await scene.statements("volunteer_coordinator", "staff:vc").ExportHours(
        pb.ExportHoursRequest(purpose="年终考核")
    )
    rows = list(csv.reader(io.StringIO(answer.csv.decode("utf-8-sig"))))
    assert rows[1:] == [
        ["v:9", "'=HYPERLINK(1)", "", "C1", "0", "0", "0"],
        ["v:1", "王v:1", "供电公司", "C1", "60", "1", "12"],
    ]


@pytest.mark.mechanism(37)
async def test_a_year_has_a_grade_when_all_three_reviews_are_there(scene: Reading) -> None:
    await scene.enlist("v:1")
    reviewers = {
        pb.REVIEW_KIND_SELF: (scene.statements("volunteer", "v:1"), 90),
        pb.REVIEW_KIND_COMMUNITY: (scene.statements("community_admin", "staff:desk"), 80),
        pb.REVIEW_KIND_ORGANISATION: (scene.statements("volunteer_coordinator", "staff:vc"), 70),
    }
    for number, (kind, (reviewer, score)) in enumerate(reviewers.items()):
        request = pb.GiveReviewRequest(owner="v:1", year=2026, review=pb.Review(kind=kind, score=score))
        for other, (stranger, _) in reviewers.items():
            if other != kind:
                with pytest.raises(errors.Forbidden):
                    await stranger.GiveReview(request)
        told = (await reviewer.GiveReview(request)).reviews
        assert len(told.missing) == 2 - number
        assert (told.score, told.grade) == ((0.0, "") if number < 2 else (78.0, "B"))
        with pytest.raises(errors.AlreadyExists):
            await reviewer.GiveReview(request)
    seen = await reviewers[pb.REVIEW_KIND_SELF][0].GetReviews(pb.GetReviewsRequest(owner="me", year=2026))
    assert (seen.reviews.score, seen.reviews.grade) == (78.0, "B")
    draft = await default_rules(scene)
    draft.review_percent[:] = [30, 30, 30]
    with pytest.raises(errors.Invalid) as uneven:
        await scene.rules("staff:vc").DraftPointRules(rules.DraftPointRulesRequest(rules=draft, reason="试"))
    assert uneven.value.reason == "POINT_RULES_INVALID"


async def default_rules(scene: Reading) -> rules.PointRules:
    return (await scene.rules("staff:vc").ListPointRules(rules.ListPointRulesRequest())).versions[-1].rules


async def test_rules_are_tried_before_they_hold_and_change_nothing_that_was_credited(scene: Reading) -> None:
    await scene.served("v:1", 1)
    await scene.served("v:2", 2, minutes=120)
    desk = scene.rules("staff:vc")
    draft = await default_rules(scene)
    draft.points_per_hour = 20
    version = (await desk.DraftPointRules(rules.DraftPointRulesRequest(rules=draft, reason="加倍"))).version.version
    with pytest.raises(errors.Conflict) as untried:
        await desk.ActivatePointRules(rules.ActivatePointRulesRequest(version=version))
    assert untried.value.reason == "POINT_RULES_UNTRIED"
    rows = await scene.ledger.value("SELECT count(*) FROM ledger.transfer")
    tried = await desk.TryPointRules(rules.TryPointRulesRequest(version=version))
    assert [(row.volunteer, row.points_before, row.points_after) for row in tried.rows] == [
        ("v:2", 24, 48),
        ("v:1", 12, 24),
    ]
    assert await scene.ledger.value("SELECT count(*) FROM ledger.transfer") == rows
    later = rules.ActivatePointRulesRequest(version=version)
    later.effective_at.FromDatetime(scene.clock.now() - timedelta(days=1))
    with pytest.raises(errors.Conflict):
        await desk.ActivatePointRules(later)
    later.effective_at.FromDatetime(scene.clock.now() + timedelta(days=1))
    await desk.ActivatePointRules(later)
    await scene.served("v:1", 3)
    assert await scene.has("v:1") == (24, 120)
    scene.clock.advance(timedelta(days=1))
    await scene.served("v:1", 4)
    assert await scene.has("v:1") == (48, 180)
    told = await desk.ListPointRules(rules.ListPointRulesRequest())
    assert [(row.version, row.in_force) for row in told.versions] == [(1, True), (0, False)]


async def test_a_correction_needs_two_people_and_neither_is_its_owner(scene: Reading) -> None:
    first, second, owner = (scene.rules(name) for name in ("staff:1", "staff:2", "v:1"))
    wish = rules.ProposeAdjustmentRequest(request_id="correction-1", owner="v:1", amount=30, reason="漏记一次服务")
    with pytest.raises(errors.Forbidden):
        await owner.ProposeAdjustment(wish)
    wanted = (await first.ProposeAdjustment(wish)).adjustment
    assert (await first.ProposeAdjustment(wish)).adjustment.id == wanted.id
    decide = rules.DecideAdjustmentRequest(adjustment_id=wanted.id, approved=True)
    for alone, reason in ((first, "SECOND_PERSON_NEEDED"), (owner, "OWN_ACCOUNT")):
        with pytest.raises(errors.Forbidden) as refused:
            await alone.DecideAdjustment(decide)
        assert refused.value.reason == reason
    assert await scene.has("v:1") == (0, 0)
    assert (await second.DecideAdjustment(decide)).adjustment.state == "approved"
    with pytest.raises(errors.Conflict):
        await second.DecideAdjustment(decide)
    assert await scene.has("v:1") == (30, 0)
    taken = rules.ProposeAdjustmentRequest(request_id="correction-2", owner="v:1", amount=-40, reason="上月重复记账")
    decide.adjustment_id = (await first.ProposeAdjustment(taken)).adjustment.id
    await second.DecideAdjustment(decide)
    assert await scene.has("v:1") == (-10, 0)
    told = await scene.statements("volunteer", "v:1").GetStatement(pb.GetStatementRequest(owner="me"))
    assert (told.points, told.owed, [line.reason for line in told.lines]) == (0, 10, ["ADJUSTED", "ADJUSTED"])


async def test_what_looks_odd_is_listed_for_a_person_to_judge(scene: Reading) -> None:
    for number in range(4):
        await scene.served("v:1", number)
    for number in (5, 6):
        await scene.served(f"v:{number}", number)
    found = await scene.rules("staff:vc").ListAnomalies(rules.ListAnomaliesRequest())
    auditor = rules_pb2_grpc.PointRulesServiceStub(scene.hall.person("auditor"))
    assert await auditor.ListAnomalies(rules.ListAnomaliesRequest()) == found
    kinds = {row.kind: (sorted(row.subjects), row.count) for row in found.anomalies}
    assert kinds["same_pair"] == (["resident:1", "v:1"], 4)
    assert kinds["shared_device"] == (["v:1", "v:5", "v:6"], 3)
    assert kinds["same_photo"] == (["v:1", "v:5", "v:6"], 6)
    assert "night_settlement" not in kinds
    scene.clock.advance(timedelta(hours=8))
    for number in (7, 8):
        await scene.served("v:7", number)
    later = await scene.rules("staff:vc").ListAnomalies(rules.ListAnomaliesRequest())
    assert "night_settlement" in {row.kind for row in later.anomalies}


async def test_a_resident_s_mall_is_not_open_to_those_without_points(scene: Reading) -> None:
    stub = mall_pb2_grpc.MallServiceStub(scene.hall.person("data_steward"))
    with pytest.raises(errors.Forbidden):
        await stub.ListGoods(mall_pb2.ListGoodsRequest())
