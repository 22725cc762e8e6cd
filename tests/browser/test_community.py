"""Workers and those who lead them carry what people say, errands, task lists, campaigns and councils to their end."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from gridward.incidents.v1 import campaigns_pb2, duties_pb2, notices_pb2, opinions_pb2, stations_pb2
from playwright.async_api import Page, expect

from services.gateway.contract import Call
from services.platform.identity import Caller
from tests.browser.conftest import sign_in
from tests.browser.neighbourhood import Neighbourhood
from tests.browser.steering_room import stand_in
from tests.browser.test_pages import violations
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def people(city: World, monkeypatch: pytest.MonkeyPatch) -> Neighbourhood:
    return stand_in(city, monkeypatch)[1]


async def test_an_opinion_is_carried_to_its_end_and_never_closed_before_it_was_answered_and_rated(
    page: Page, city: World, people: Neighbourhood
) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await sign_in(page, city, "worker", then="/community")
    closing = page.get_by_role("button", name="办结", exact=True)
    await page.get_by_role("button", name="我来处理").click()
    await expect(closing).to_have_count(0)
    await page.get_by_role("button", name="答复", exact=True).click()
    await page.locator("dialog textarea").fill("路灯今晚修好")
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator(".folk-answer")).to_contain_text("路灯今晚修好")
    await expect(closing).to_have_count(0)
    await page.get_by_role("button", name="记录评价").click()
    await page.locator("dialog select").select_option("5")
    await page.locator("dialog button[type=submit]").click()
    await closing.click()
    await expect(page.locator(".panel .badge").nth(1)).to_have_text("已办结")
    asked = people.last(opinions_pb2.AdvanceOpinionRequest)
    assert (asked.step, asked.version) == (opinions_pb2.OPINION_STEP_CLOSE, 4)
    await expect(page.locator(".folk-mood")).to_have_text("95")
    beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0
    assert await violations(page) == []


async def test_a_worker_writes_down_what_was_said_in_the_own_grid(
    page: Page, city: World, people: Neighbourhood
) -> None:
    await sign_in(page, city, "worker", then="/community")
    await page.get_by_role("button", name="记一条民情").click()
    grid = page.locator("dialog select").first
    await expect(grid).to_have_value("999102001001001")
    await page.locator("dialog textarea").fill("希望多几把长椅")
    await page.locator("dialog select").nth(1).select_option("TONE_NEUTRAL")
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator("dialog")).to_have_count(0)
    asked = people.last(opinions_pb2.CollectOpinionRequest)
    assert (asked.grid_code, asked.words, asked.tone) == (
        "999102001001001", "希望多几把长椅", opinions_pb2.TONE_NEUTRAL,
    )  # fmt: skip


async def test_work_is_counted_people_are_reached_and_a_council_decides_when_two_parties_sit(
    page: Page, city: World, people: Neighbourhood
) -> None:
    await sign_in(page, city, "chief", then="/community#duties")
    await expect(page.locator(".notice")).to_contain_text("数量 · 单位 · 期限")
    await expect(page.get_by_role("button", name="发布", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="记录完成量").click()
    await page.locator("dialog input[type=number]").fill("4")
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator(".folk-done")).to_contain_text("35 / 48")
    assert people.last(duties_pb2.RecordWorkRequest).quantity == 4
    await page.get_by_role("tab", name="告知行动").click()
    await page.get_by_role("button", name="待联系名单").click()
    await page.get_by_role("button", name="已告知", exact=True).click()
    await expect(page.locator(".toast")).to_have_text("已保存")
    asked = people.last(campaigns_pb2.RecordReachedRequest)
    assert (asked.person_id, asked.by, asked.reached) == ("p1", campaigns_pb2.REACH_BY_VISIT, True)
    await page.get_by_role("tab", name="议事与评选").click()
    await expect(page.locator(".panel .quiet", has_text="至少两方到会")).to_be_visible()
    await expect(page.get_by_role("button", name="议定", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="一方到会").click()
    people.item.parties.append("律师")  # somebody else was quicker, while the window stood open
    people.item.version += 1
    await page.locator("dialog input").fill("物业")
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator("dialog [role=alert]")).to_contain_text("现为第2版")
    await expect(page.locator("dialog [role=status]")).to_contain_text("业主代表、律师")
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator("dialog")).to_have_count(0)
    assert list(people.item.parties) == ["业主代表", "律师", "物业"]
    await expect(page.get_by_role("button", name="议定", exact=True)).to_be_visible()
    assert people.last(stations_pb2.JoinItemRequest).party == "物业"
    assert await violations(page) == []


async def test_everybody_says_how_to_be_told_and_sees_a_part_of_the_number_alone(
    page: Page, city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, whole = notices_pb2.GetMyContactResponse(language="zh"), city.gate.backends.call

    async def call(call: Call, request: Message, *, caller: Caller) -> Message:
        if isinstance(request, notices_pb2.SetMyContactRequest):
            kept.phone_masked, kept.sms = f"{request.phone[:3]}****{request.phone[-4:]}", request.sms
            return notices_pb2.SetMyContactResponse(phone_masked=kept.phone_masked, sms=kept.sms)
        if isinstance(request, notices_pb2.GetMyContactRequest):
            return kept
        return await whole(call, request, caller=caller)

    monkeypatch.setattr(city.gate.backends, "call", call)
    await sign_in(page, city, "resident", then="/my-data")
    await page.locator("input[type=tel]").first.fill("13800000000")
    await page.get_by_label("愿意接收短信").check()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("现在的号码：138****0000")).to_be_visible()
    await expect(page.get_by_label("愿意接收短信")).to_be_checked()
    assert await violations(page) == []
