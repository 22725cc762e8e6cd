"""Offices by their pages, before the real registry: who holds a post, and who may see many people's data in clear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from gridward.registry.v1 import staff_pb2
from playwright.async_api import Browser, Page, expect

from tests.browser.books import Books
from tests.browser.conftest import WITHOUT_MAP, open_context, sign_in
from tests.browser.test_every_page import faults_of
from tests.unit.registry.builders import CITY

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(books: Books) -> Books:
    """The town of four grids, whose administrator is also its data steward."""
    steward = staff_pb2.Post(code="ST", role="data_steward", area_code=CITY, staff_code="staff:admin")
    await (await books.registry.service("demo")).import_posts(steward)
    return books


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, books: Books) -> AsyncIterator[Page]:
    context = await open_context(browser, books.world)
    await context.add_init_script(WITHOUT_MAP)
    yield await context.new_page()
    await context.close()


async def test_many_are_seen_in_clear_by_a_second_ones_word_for_a_time(page: Page, books: Books) -> None:
    async with books.registry.database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO revealed (subject, element_id, at) "
            "SELECT 'staff:worker', gen_random_uuid(), %(at)s FROM generate_series(1, 100)",
            {"at": books.registry.clock.now() - timedelta(hours=1)},
        )
    await sign_in(page, books.world, "worker", then="/registry#unmasking")
    await expect(page.locator(".unmask-today")).to_contain_text("100 / 100")
    await page.get_by_role("button", name="申请批量查看").click()
    window = page.locator("dialog[open]")
    await window.get_by_label("用途").fill("台风转移,通知低洼住户")
    await window.get_by_label("人数").fill("30")
    await expect(window.locator(".notice")).to_contain_text("可再查看 30 人")
    await window.locator("button[type=submit]").click()
    await expect(page.locator("tbody tr", has_text="台风转移")).to_contain_text("待复核")
    assert await faults_of(page) == []
    await page.context.clear_cookies(name=books.world.gate.visitors.cookie)
    await page.goto("about:blank")
    await sign_in(page, books.world, "admin", then="/registry#unmasking")
    asked = page.locator("article", has_text="台风转移")
    await asked.get_by_role("button", name="查看记录").click()
    await asked.get_by_role("button", name="同意", exact=True).click()
    await expect(page.locator("dialog[open] .notice")).to_contain_text("30 人")
    await page.locator("dialog[open] button[type=submit]").click()
    await expect(asked).to_contain_text("已同意")
    assert await faults_of(page) == []


async def test_a_post_is_handed_over_by_name_now_or_on_a_day_to_come(page: Page, books: Books) -> None:
    await sign_in(page, books.world, "admin", then="/admin#areas")
    await page.get_by_role("button", name="岗位", exact=True).first.click()
    line = page.locator("tbody tr", has_text="grid_worker").or_(page.locator("tbody tr", has_text="网格员")).first
    await line.get_by_role("button", name="任命交接").click()
    window = page.locator("dialog[open]")
    await expect(window.locator(".post-story")).to_contain_text("批量导入")
    await window.get_by_role("searchbox").fill("borrower")
    await window.get_by_role("button", name="borrower").click()
    await expect(window.get_by_label("接任人工号")).to_have_value("staff:borrower")
    await window.get_by_label("理由").fill("轮岗")
    await expect(window.locator(".notice")).to_contain_text("权限几秒内随岗位转给接任人")
    await window.locator("button[type=submit]").click()
    await expect(page.locator(".toast")).to_have_text("已交接")
    await expect(line).to_contain_text("borrower")
    await line.get_by_role("button", name="任命交接").click()
    await expect(window.locator(".post-story tbody tr").first).to_contain_text("轮岗")
    await window.get_by_label("接任人工号").fill("staff:worker")
    await window.get_by_label("何时到任").select_option("later")
    later = books.registry.clock.now() + timedelta(days=3)
    await window.locator("input[type=datetime-local]").fill(f"{later:%Y-%m-%dT%H:%M}")
    await window.get_by_label("理由").fill("回任")
    assert await faults_of(page) == []
    await window.locator("button[type=submit]").click()
    await expect(page.locator(".toast")).to_contain_text("已安排")
    await expect(line).to_contain_text("borrower")
    await line.get_by_role("button", name="任命交接").click()
    await expect(window.locator(".post-story tbody tr").first).to_contain_text("将到任")
