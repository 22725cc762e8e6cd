"""Administration by its pages: who may sign in, and who stands in where."""

import pytest
from gridward.registry.v1 import staff_pb2
from playwright.async_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.test_pages import violations
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def administrator(city: World) -> World:
    city.suite.hire("staff:admin", "system_admin")
    return city


async def test_an_account_is_made_and_closed_after_saying_what_that_does(page: Page, administrator: World) -> None:
    await sign_in(page, administrator, "admin", then="/admin#people")
    await expect(page.locator("tbody tr").first).to_be_visible()
    await page.get_by_role("button", name="新建账号").click()
    window = page.locator("dialog[open]")
    await expect(window.locator(".notice")).to_contain_text("由岗位决定")
    await window.get_by_label("账号").fill("li.wei")
    await window.get_by_label("姓名").first.fill("李伟")
    await window.get_by_label("工号").fill("staff:GW-0042")
    await window.locator("button[type=submit]").click()
    await expect(page.locator(".toast")).to_contain_text("li.wei")
    await page.get_by_role("searchbox").fill("李伟")
    row = page.locator("tbody tr", has_text="li.wei")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await row.get_by_role("button", name="停用").click()
    await expect(page.locator("dialog[open] .notice")).to_contain_text("立即退出")
    await page.locator("dialog[open] button[type=submit]").click()
    await expect(row.get_by_text("已停用")).to_be_visible()
    await page.get_by_role("tab", name="角色").click()
    await expect(page.locator("tbody tr", has_text="system_admin")).to_contain_text("账号 查看、维护")
    assert await violations(page) == []


async def test_somebody_stands_in_at_a_post(page: Page, administrator: World) -> None:
    await sign_in(page, administrator, "admin", then="/admin#areas")
    await page.get_by_role("button", name="岗位", exact=True).first.click()
    await page.get_by_role("button", name="安排代班").first.click()
    window = page.locator("dialog[open]")
    await window.get_by_label("代班人工号").fill("staff:GW-0042")
    await window.get_by_label("起").fill("2026-03-02T09:00")
    await window.get_by_label("止").fill("2026-03-02T18:00")
    await window.locator("button[type=submit]").click()
    await expect(page.locator(".toast")).to_have_text("已办理")
    request, _ = administrator.suite.asked.last(staff_pb2.SetShiftRequest)
    assert (request.staff_code, request.post_code) == ("staff:GW-0042", "GW-02001001001")
