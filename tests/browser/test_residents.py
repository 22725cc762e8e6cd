"""A resident without an account reports, follows, rates; nobody else sees the case, and the board names no person."""

from pathlib import Path

import pytest
from gridward.incidents.v1 import cases_pb2, duplicates_pb2, incidents_pb2
from playwright.async_api import Page, expect

from tests.browser.test_pages import violations
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import drawn

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = "138 1234 5678"


async def test_somebody_without_an_account_reports_follows_and_rates(page: Page, city: World, tmp_path: Path) -> None:
    photo = tmp_path / "scene.jpg"
    photo.write_bytes(drawn())
    await page.goto("/report?grid=999102001001001")
    await page.get_by_role("button", name="使用我的位置").click()
    await page.fill("#report textarea", "井盖不见了")
    await page.fill("#report input[type=tel]", PHONE)
    await page.set_input_files("#report input[type=file]", photo)
    await expect(page.locator(".uploads img")).to_have_js_property("complete", True)
    await expect(page.locator(".preview")).to_contain_text("市政公用服务中心")
    await page.get_by_role("button", name="提交上报").click()
    await expect(page.locator(".notice")).to_contain_text("9991-")
    request, caller = city.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert request.report.source == cases_pb2.SOURCE_RESIDENT
    assert len(request.report.evidence) == 1
    assert caller.subject == city.gate.residents.by_phone("13812345678", language="zh").subject
    await _is_closed(city, caller.subject)
    await page.get_by_role("link", name="查询进展").click()
    await expect(page.locator(".own-title")).to_have_text("井盖缺失破损")
    await expect(page.locator(".stages .here")).to_have_text("办结")
    await page.locator(".stars label").nth(3).click()
    await page.get_by_role("button", name="提交评价").click()
    await expect(page.locator(".toast")).to_have_text("谢谢您的评价")
    step = city.suite.asked.last(incidents_pb2.AdvanceCaseRequest)[0].steps[0]
    assert (step.event, step.rating) == (cases_pb2.CASE_EVENT_RATE, 4)
    assert await violations(page) == []


async def _is_closed(city: World, reporter: str) -> None:
    """The newest case was dealt with meanwhile, and only its reporter sees it."""
    whole = list(city.suite.incidents.cases.values())[-1]
    whole.case.state = cases_pb2.CASE_STATE_CLOSED
    whole.case.reporter = reporter
    whole.legal_steps.add(event=cases_pb2.CASE_EVENT_RATE, fields_required=["rating"])


async def test_the_wrong_telephone_shows_nothing(page: Page, city: World) -> None:
    whole = list(city.suite.incidents.cases.values())[-1]
    whole.case.reporter = "resident:somebody-else"
    await page.goto(f"/follow?number={whole.case.number}")
    await page.fill("input[type=tel]", "13900000000")
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator(".wrong")).to_contain_text("没有与这个编号和电话相符的案件")


async def test_what_is_known_already_is_joined_instead_of_reported_again(page: Page, city: World) -> None:
    await page.goto("/report")
    await page.get_by_role("button", name="使用我的位置").click()
    await page.fill("#report textarea", "井盖不见了")
    await page.get_by_role("button", name="我也遇到了").click()
    await expect(page.locator(".likely")).to_contain_text("已跟进")
    request, caller = city.suite.asked.last(duplicates_pb2.FollowCaseRequest)
    assert request.words == "井盖不见了"
    assert caller.subject.startswith("resident:guest-")


async def test_a_board_shows_duty_lines_and_its_own_code(page: Page, city: World) -> None:
    await page.goto("/board/999102001001001")
    await expect(page.locator("h1")).to_have_text("松风社区第1网格")
    await expect(page.locator(".board-list li").first).to_contain_text("0411-5550101")
    await expect(page.locator(".board-list li").nth(1)).to_contain_text("岗位空缺")
    code = await page.request.get("/board/999102001001001/code.svg")
    assert code.headers["content-type"].startswith("image/svg+xml")
    assert await violations(page) == []
