"""Workers and those who lead them carry what people say, errands, task lists, campaigns and councils to their end."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from gridward.incidents.v1 import campaigns_pb2, duties_pb2, errands_pb2, notices_pb2, opinions_pb2, stations_pb2
from playwright.async_api import Page, expect

from services.gateway.contract import Call
from services.platform.identity import Caller
from tests.browser.conftest import sign_in
from tests.browser.neighbourhood import Neighbourhood
from tests.browser.steering_room import stand_in
from tests.browser.test_every_page import picture
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


async def test_who_was_slower_is_shown_what_changed_meanwhile_and_goes_on_from_there(
    page: Page, city: World, people: Neighbourhood
) -> None:
    await sign_in(page, city, "chief", then="/community#opinions")
    handle = page.get_by_role("button", name="我来处理")
    await expect(handle).to_be_visible()
    people.opinion.state, people.opinion.version = opinions_pb2.OPINION_STATE_HANDLED, 2
    await handle.click()
    # There was no form: a window says what somebody else did, and the list behind it is fresh.
    window = page.locator("dialog")
    await expect(window.locator(".changed")).to_contain_text("别人刚刚办理过")
    await expect(window.locator(".changed")).to_contain_text("已收集 → 处理中")
    await window.get_by_role("button", name="关闭").last.click()
    await expect(handle).to_have_count(0)

    await page.get_by_role("tab", name="代办陪办").click()
    await page.get_by_role("button", name="继续办理").click()
    people.errand.version, people.errand.mode = 3, errands_pb2.ERRAND_MODE_ACCOMPANY
    people.errand.lines.add(by="staff:window", words="窗口已受理")
    await window.locator("textarea").fill("已送材料")
    await window.locator("button[type=submit]").click()
    await expect(window.locator(".changed")).to_contain_text("代办 → 陪办")
    await expect(window.locator(".changed")).to_contain_text("窗口已受理")
    await picture(page, "slower")
    assert await violations(page) == []
    await window.locator("button[type=submit]").click()
    await expect(window).to_have_count(0)
    asked = people.last(errands_pb2.AdvanceErrandRequest)
    assert (asked.version, asked.words) == (3, "已送材料")

    await page.get_by_role("tab", name="任务清单").click()
    await page.get_by_role("button", name="修改", exact=True).click()
    people.duties[1].title, people.duties[1].version = "楼道和天台清理", 2
    people.duties[1].steps.append("清运")
    await window.get_by_label("标题").fill("楼道清理（每周）")
    await window.locator("button[type=submit]").click()
    changed = window.locator(".changed")
    await expect(changed).to_contain_text("楼道清理 → 楼道和天台清理")
    await expect(changed.locator("li", has_text="操作步骤").locator("b")).to_have_text("清运")
    await window.locator("button[type=submit]").click()
    await expect(window).to_have_count(0)
    assert people.last(duties_pb2.DraftDutyRequest).duty.version == 2


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
