"""Whoever steers the city sees who stands where, publishes it, sends orders down and sees who has read them."""

from __future__ import annotations

import pytest
from gridward.incidents.v1 import assessment_pb2, directives_pb2, limits_pb2
from playwright.async_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.steering_room import ORDER, Steering, stand_in
from tests.browser.test_pages import violations
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def steering(city: World, monkeypatch: pytest.MonkeyPatch) -> Steering:
    return stand_in(city, monkeypatch)[0]


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


async def test_a_finding_is_recorded_where_it_lies_and_what_it_cost_is_forgiven_with_a_reason(
    page: Page, city: World, steering: Steering
) -> None:
    await sign_in(page, city, "chief", then="/steering#findings")
    rows = page.locator("table.rows tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(1)).to_contain_text("已先报，不扣分")
    await rows.first.get_by_role("button", name="免除扣分").click()
    await page.locator("dialog textarea").fill("当日已在现场处理")
    await page.locator("dialog button[type=submit]").click()
    await expect(rows.first).to_contain_text("当日已在现场处理")
    await page.get_by_role("button", name="登记检查发现").click()
    await page.locator("dialog select").select_option("exposed_garbage")
    await page.get_by_label("经度").fill("119.8133967")
    await page.get_by_label("纬度").fill("38.5903833")
    await page.get_by_label("分值").fill("2.5")
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator(".toast", has_text="已登记")).to_contain_text("9991-20260306-00001 已先报")
    recorded = steering.last(assessment_pb2.RecordFindingRequest)
    assert (recorded.task_type, recorded.points) == ("exposed_garbage", 2.5)
    assert (round(recorded.point.longitude_deg, 4), recorded.HasField("found_at")) == (119.8134, False)
    assert steering.last(assessment_pb2.ForgiveFindingRequest).finding_id == ORDER
    assert await violations(page) == []
