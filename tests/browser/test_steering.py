"""Whoever steers the city sees who stands where, publishes it, sends orders down and sees who has read them."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message
from gridward.incidents.v1 import assessment_pb2, directives_pb2, limits_pb2, matters_pb2, ratings_pb2
from gridward.registry.v1 import tasks_pb2
from playwright.async_api import Page, expect

from services.gateway.contract import Call
from services.platform.identity import Caller
from tests.browser.conftest import sign_in
from tests.browser.test_pages import violations
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
ORDER = "01900000-0000-7000-8000-000000000001"


class Steering:
    """The steering services of incidents as the gateway calls them."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.edition = 0
        self.unread = 1

    def _standings(self) -> assessment_pb2.GetStandingsResponse:
        parts = [
            assessment_pb2.ScorePart(part="undercover", score=97.5, weight=30),
            assessment_pb2.ScorePart(part="deduction", score=-2.5),
        ]
        lines = [
            assessment_pb2.Standing(
                code=f"99910200100100{number}",
                name=f"松风第{number}网格",
                name_en=f"Songfeng grid {number}",
                score=96 - number,
                rank=number,
                mention=assessment_pb2.MENTION_COMMENDED if number < 4 else assessment_pb2.MENTION_CRITICISED,
                parts=parts,
            )
            for number in range(1, 7)
        ]
        return assessment_pb2.GetStandingsResponse(
            standings=lines, edition=self.edition, newest_edition=self.edition, published_by="staff:duty_chief-999100"
        )

    def _directive(self) -> directives_pb2.Directive:
        return directives_pb2.Directive(
            id=ORDER,
            title="防汛排查",
            body="今晚八时前巡查低洼处",
            area_code="999100",
            until_level=5,
            issued_by="staff:duty_chief-999100",
            own_unread_count=self.unread,
            own_open_count=self.unread,
        )

    def answer(self, request: Any) -> Message:
        self.asked.append(request)
        if isinstance(request, assessment_pb2.PublishStandingsRequest):
            self.edition = 1
        if isinstance(request, directives_pb2.AcknowledgeDirectiveRequest):
            self.unread = 0
        level = directives_pb2.LevelReceipts(level=5, area_count=542, read_count=28, read_ratio=28 / 542)
        time = tasks_pb2.Limit(value=15, unit=tasks_pb2.LIMIT_UNIT_MINUTE)
        effect = limits_pb2.LimitEffect(stage="accept", tried_count=120, late_before=4, late_after=9, open_count=3)
        counts = matters_pb2.MatterCounts(practical=529, agency=1667, dispute=112)
        rated = ratings_pb2.DepartmentRatings(
            department_code="D07", name="环卫中心", means=ratings_pb2.RatingMeans(count=3, score=3.0)
        )
        answers: dict[type[Any], Message] = {
            assessment_pb2.GetStandingsRequest: self._standings(),
            assessment_pb2.PublishStandingsRequest: assessment_pb2.PublishStandingsResponse(edition=1),
            directives_pb2.ListDirectivesRequest: directives_pb2.ListDirectivesResponse(directives=[self._directive()]),
            directives_pb2.AcknowledgeDirectiveRequest: directives_pb2.AcknowledgeDirectiveResponse(),
            directives_pb2.GetDirectiveRequest: directives_pb2.GetDirectiveResponse(levels=[level]),
            directives_pb2.ListUnreadRequest: directives_pb2.ListUnreadResponse(
                areas=[directives_pb2.UnreadArea(area_code="999102001001002", name="松风第2网格", level=5)]
            ),
            matters_pb2.GetMattersRequest: matters_pb2.GetMattersResponse(
                total=counts, months=[matters_pb2.MatterMonth(month="2026-01", counts=counts)]
            ),
            ratings_pb2.GetDepartmentRatingsRequest: ratings_pb2.GetDepartmentRatingsResponse(departments=[rated]),
            ratings_pb2.GetWorkerRatingsRequest: ratings_pb2.GetWorkerRatingsResponse(),
            limits_pb2.GetLimitsRequest: limits_pb2.GetLimitsResponse(
                limits=limits_pb2.Limits(stages=[limits_pb2.StageTime(stage="accept", limit=time)])
            ),
            limits_pb2.TryLimitsRequest: limits_pb2.TryLimitsResponse(effects=[effect], case_count=2000),
            limits_pb2.PutLimitsRequest: limits_pb2.PutLimitsResponse(version=1),
        }
        return answers[type(request)]

    def last(self, kind: type[Any]) -> Any:
        """The last request of a kind."""
        return [each for each in self.asked if isinstance(each, kind)][-1]


@pytest.fixture
def steering(city: World, monkeypatch: pytest.MonkeyPatch) -> Steering:
    steering, whole = Steering(), city.gate.backends.call
    own = ("assessment_pb2", "directives_pb2", "limits_pb2", "matters_pb2", "ratings_pb2")

    async def call(call: Call, request: Message, *, caller: Caller) -> Message:
        if type(request).__module__.endswith(own):
            return steering.answer(request)
        return await whole(call, request, caller=caller)

    monkeypatch.setattr(city.gate.backends, "call", call)
    return steering


async def test_a_month_is_published_and_an_order_is_read_and_its_receipts_are_seen(
    page: Page, city: World, steering: Steering
) -> None:
    await sign_in(page, city, "chief", then="/steering")
    await expect(page.locator("table.rows tbody tr")).to_have_count(6)
    await expect(page.locator("table.rows tbody tr").first).to_contain_text("表扬")
    await page.get_by_role("button", name="发布通报").click()
    await expect(page.locator(".toast")).to_have_text("第 1 版已发布")
    await expect(page.get_by_text("第 1 版（最新第 1 版）")).to_be_visible()
    assert steering.last(assessment_pb2.PublishStandingsRequest).kind == assessment_pb2.ASSESSMENT_KIND_GRID
    await page.get_by_role("tab", name="指令").click()
    await page.get_by_role("button", name="签收").click()
    await expect(page.get_by_role("button", name="签收")).to_have_count(0)
    assert steering.last(directives_pb2.AcknowledgeDirectiveRequest).directive_id == ORDER
    await page.get_by_role("button", name="回执", exact=True).click()
    await expect(page.get_by_role("heading", name="未读（1）")).to_be_visible()
    assert await violations(page) == []


async def test_what_was_done_ratings_and_times_are_shown_and_a_time_is_tried_before_it_is_settled(
    page: Page, city: World, steering: Steering
) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await sign_in(page, city, "chief", then="/steering#matters")
    await expect(page.locator(".steer-totals")).to_contain_text("1667")
    await page.get_by_role("tab", name="双向互评").click()
    await expect(page.get_by_role("cell", name="环卫中心")).to_be_visible()
    await page.get_by_role("tab", name="时限").click()
    await page.get_by_role("button", name="修改").click()
    await page.get_by_role("spinbutton").fill("10")
    await page.get_by_role("button", name="试算").click()
    await expect(page.locator("dialog")).to_contain_text("改后超时 9 件")
    await page.locator("dialog textarea").fill("汛期")
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator(".toast")).to_have_text("第 1 版已生效")
    settled = steering.last(limits_pb2.PutLimitsRequest)
    assert [(each.stage, each.limit.value) for each in settled.limits.stages] == [("accept", 10)]
    beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0
    assert await violations(page) == []
