"""Every button of the mall and of those who look after volunteers, pressed before the real books."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from playwright.async_api import Locator, Page, expect

from services.points.domain.volunteers import Member, Team
from tests.browser.office import EARNED, GIVEN, PRICE, VOLUNTEER, Office, books, desk, points_template
from tests.browser.test_pages import violations
from tests.integration.points.test_orders import HERE

__all__ = ["books", "desk", "points_template"]
pytestmark = pytest.mark.asyncio(loop_scope="session")
ALL = EARNED + GIVEN


async def read_qr(picture: Locator) -> str:
    """What a scanner reads off the screen."""
    await picture.evaluate("(image) => image.decode()")
    image = cv2.imdecode(np.frombuffer(await picture.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(image)
    return text


async def lines_of(page: Page | Locator) -> list[tuple[int, int]]:
    """Change and balance after it, newest first."""
    cells = [await row.locator("td.number").all_inner_texts() for row in await page.locator("tbody tr").all()]
    return [(int(change), int(after)) for change, after in cells]


async def test_redeem_cancel_fetch_by_the_code_in_the_picture_and_bring_back(desk: Office) -> None:
    page = desk.page
    await page.set_viewport_size({"width": 390, "height": 844})
    await desk.at("volunteer", "/volunteer#near")
    await desk.press("接单")
    await expect(page.locator(".empty")).to_be_visible()
    await page.get_by_role("tab", name="积分商城").click()
    await desk.press("兑换")
    await page.locator("dialog[open]").get_by_role("button", name="兑换", exact=True).click()
    first = await page.locator(".pickup .code").inner_text()
    assert await desk.points() == (ALL - PRICE, PRICE)
    await desk.press("关闭")
    await desk.press("取消兑换")
    await expect(page.locator("li.card", has_text="已取消")).to_be_visible()
    assert await desk.points() == (ALL, 0)

    await desk.press("兑换")
    await page.locator("dialog[open]").get_by_role("button", name="兑换", exact=True).click()
    code = await page.locator(".pickup .code").inner_text()
    assert await read_qr(page.locator(".pickup-code")) == code != first
    await desk.press("关闭")
    await page.locator("li.card", has_text="待领取").get_by_role("button", name="来历").click()
    books = page.locator("dialog[open] .rows")
    await expect(books).to_have_count(2)
    await desk.look("redemption")
    assert await lines_of(books.first) == [(-PRICE, ALL - PRICE)]
    assert await lines_of(books.last) == [(PRICE, PRICE)]

    await desk.at("partner", "/counter")
    await page.fill("input.code", first)
    await page.keyboard.press("Enter")
    await expect(page.locator(".wrong")).to_be_visible()
    await page.fill("input.code", code)
    await page.keyboard.press("Enter")
    await desk.press("确认领取")
    await expect(page.locator("input.code")).to_have_value("")
    assert await desk.points() == (ALL - PRICE, 0)

    await desk.at("admin", "/volunteering#mall")
    await desk.press("进出明细")
    await expect(page.locator("dialog[open] tbody tr")).to_have_count(4)
    await desk.look("moves")
    assert [change for change, _ in await lines_of(page.locator("dialog[open]"))] == [-1, 1, -1, 2]
    await page.locator("dialog[open]").get_by_role("button", name="关闭").click()
    await desk.press("退货入库")
    await expect(page.get_by_role("cell", name="已退货")).to_be_visible()
    assert await desk.points() == (ALL, 0)

    await desk.at("volunteer", "/volunteer#points")
    await page.get_by_role("button", name=f"{ALL} 积分").click()
    await expect(page.locator("table.rows tbody tr")).to_have_count(6)
    await desk.look("statement")
    lines = await lines_of(page.locator("table.rows"))
    assert (sum(change for change, _ in lines), lines[0][1]) == (ALL, ALL)
    assert await violations(page) == []


async def test_disputes_pairs_and_the_year_s_three_reviews(desk: Office) -> None:
    page = desk.page
    await desk.at("volunteer", "/volunteer#mine")
    await desk.press("有异议")
    await desk.send("有异议", 请说明异议="时长有误")
    await desk.at("admin", "/volunteering#orders")
    await desk.press("争议")
    await desk.press("裁定争议")
    await desk.send("裁定争议", 裁定="异议成立", 改为="4★", 理由="按四星重计")
    await expect(page.locator(".empty")).to_be_visible()
    assert await desk.points() == (12 + GIVEN, 0), "taken back and credited anew at four stars"

    await desk.at("admin", "/volunteering#people")
    await desk.press("新结对")
    await desk.send(
        "保存", 帮扶对象="person:1", 情况="高龄老人", 所在区域="999100.999102.999102001.C1", 志愿者=VOLUNTEER
    )
    await expect(page.get_by_role("cell", name="person:1")).to_be_visible()
    await desk.press("看实名")
    await desk.send("看实名", 用途="寄送聘书")
    await expect(page.locator(".in-clear")).to_contain_text(re.compile("陈小明.*显示至"))
    await desk.at("volunteer", "/volunteer#together")
    await desk.press("记录联系")
    await desk.send("记录联系", 联系情况="一切都好")
    await expect(page.locator("li.card", has_text="一切都好")).to_be_visible()

    await review(page, score="90")
    await desk.at("worker", "/volunteering#reviews")
    await review(page, who=VOLUNTEER, kind="社区评", score="80")
    await expect(page.locator(".figure", has_text="等次")).to_contain_text("未定")
    await desk.at("admin", "/volunteering#reviews")
    await review(page, who=VOLUNTEER, kind="单位评", score="70")
    await expect(page.locator(".figure", has_text="得分")).to_contain_text("78")
    await expect(page.locator(".figure", has_text="等次")).to_contain_text("B")

    assert await violations(page) == []


async def test_letters_rules_tried_first_and_corrections_by_two(desk: Office) -> None:
    page = desk.page
    await desk.at("admin", "/volunteering#honours")
    await desk.press("开具信函")
    async with page.expect_download() as paper:
        await desk.send("开具信函", 人员编号=VOLUNTEER, 类别="表扬信")
    assert (await paper.value).suggested_filename.startswith("GL")
    await page.locator("section", has_text="C1").get_by_role("button", name="来历").click()
    await expect(page.locator("dialog[open]")).to_contain_text("计 60 分钟")
    await page.locator("dialog[open]").get_by_role("button", name="关闭").click()

    await desk.at("admin", "/volunteering#rules")
    await desk.press("起草新版")
    await desk.send("起草新版", 理由="加倍", 每小时积分="20")
    await page.locator("li.card", has_text="加倍").get_by_role("button", name="试算").click()
    trial = page.locator("dialog[open] .figure")
    await expect(trial.nth(1)).to_contain_text(str(EARNED))
    await expect(trial.nth(2)).to_contain_text("26")
    await page.locator("dialog[open]").get_by_role("button", name="关闭").click()
    await page.locator("li.card", has_text="加倍").get_by_role("button", name="启用").click()
    await expect(page.locator("li.card", has_text="加倍").get_by_role("button", name="启用")).to_have_count(0)
    assert await desk.points() == (ALL, 0), "what was credited stays"

    await desk.at("admin", "/volunteering#safety")
    await desk.press("提出更正")
    await desk.send("提出更正", 人员编号=VOLUNTEER, 变动="5", 理由="漏记一次服务")
    await expect(page.get_by_role("cell", name="待批准")).to_be_visible()
    await expect(page.get_by_role("button", name="通过", exact=True)).to_have_count(0)
    await desk.at("chief", "/volunteering#safety")
    await desk.press("通过")
    await expect(page.get_by_role("cell", name="已入账")).to_be_visible()
    assert await desk.points() == (ALL + 5, 0)
    assert await violations(page) == []


async def review(page: Page, *, score: str, who: str = "", kind: str = "") -> None:
    """Give one of the year's three reviews, and wait until it stands there."""
    forms = page.locator("form.panel")
    if who:
        await forms.first.locator("input").first.fill(who)
    give = forms.last
    if kind:
        await give.locator("select").select_option(label=kind)
    await give.locator("input[type=number]").fill(score)
    await give.get_by_role("button", name="提交评价").click()
    await expect(page.locator("section .rows").get_by_role("cell", name=score, exact=True)).to_be_visible()


async def test_a_community_asks_for_help_offers_posts_and_calls_the_force(desk: Office) -> None:
    page = desk.page
    force = Team(code="E1", name="应急突击队", kind="emergency", area_path="999100.999102.999102001",
                 members=(Member(subject=VOLUNTEER, role="member"),))  # fmt: skip
    await desk.ledger.points.volunteers.import_teams([force])
    await desk.at("worker", "/volunteering#orders")
    await page.locator("#app details summary").click()
    form = page.locator("#app details form")
    await form.locator("select").first.select_option(label="爱心关怀")
    await form.locator("textarea").fill("社区包粽子,请来帮忙")
    await form.get_by_role("button", name="提交点单").click()
    await expect(page.locator("li.card", has_text="社区包粽子")).to_be_visible()

    await desk.at("admin", "/volunteering#people")
    await desk.press("设置岗位")
    await desk.send("保存", 服务类别="爱心关怀", 名称="理发", 社区编码="C1", 名额="3")
    await desk.press("社区类型")
    await desk.send("保存", 社区编码="C1", 类别="老旧小区")
    await desk.look("people")
    ranked = page.locator("dialog[open] li")
    await expect(ranked).to_contain_text("建议")
    await page.locator("dialog[open]").get_by_role("button", name="关闭").click()
    await desk.press("调集应急力量")
    await desk.send("调集应急力量", 所在区域="999100.999102", 队伍="1", 用途="防汛")
    await expect(page.locator("dialog[open]")).to_contain_text("应急突击队")
    await desk.look("force")
    await desk.press("全部归队")
    await expect(page.locator("dialog[open]")).to_have_count(0)

    await page.context.set_geolocation({"longitude": HERE.longitude_deg, "latitude": HERE.latitude_deg})
    await desk.at("volunteer", "/volunteer#near")
    await desk.press("接单")
    await page.get_by_role("tab", name="我接的").click()
    await desk.press("到场打卡")
    await expect(page.get_by_role("button", name="服务结束")).to_be_visible()
    device = await desk.ledger.value("SELECT device FROM claim WHERE state = 'checked_in'")
    assert device == await page.evaluate("localStorage.getItem('gridward.device')")
    assert await violations(page) == []
