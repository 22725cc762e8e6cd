"""A password that somebody else gave is exchanged at the door, and one's own whenever one likes."""

import pytest
from playwright.async_api import Page, expect

from services.gateway.actions import import_accounts
from services.gateway.strictness import STRICTNESS, SecurityProfile
from tests.browser.test_pages import violations
from tests.integration.gateway.world import GRID, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

GIVEN, OWN, NEXT = "kept-for-the-first-day", "nine grey herons", "eight brown otters"
NEWCOMER = {
    "login": "newcomer", "password": GIVEN, "subject": "staff:newcomer", "kind": "staff", "name": "新来的",
    "name_en": "Newcomer", "language": "zh", "to_change": True,
}  # fmt: skip


async def choose(page: Page, password: str, again: str) -> None:
    await page.fill("#new-password", password)
    await page.fill("#new-again", again)
    await page.click("button[type=submit]")


async def test_a_newcomer_chooses_a_password_at_the_door_and_another_later(page: Page, city: World) -> None:
    await import_accounts(
        city.gate.database, city.gate.door.passwords, [NEWCOMER],
        strictness=STRICTNESS[SecurityProfile.ASVS], now=city.gate.clock.now(),
    )  # fmt: skip
    city.suite.hire("staff:newcomer", "grid_worker", GRID)
    await page.goto("/sign-in?next=/follow")
    await expect(page.locator("#new")).to_be_hidden()
    await page.fill("#login", "newcomer")
    await page.fill("#password", GIVEN)
    await page.click("button[type=submit]")
    await expect(page.locator("#problem")).to_contain_text("请先换成自己的")
    await choose(page, OWN, NEXT)
    await expect(page.locator("#problem")).to_contain_text("两次输入须一致")
    await choose(page, GIVEN, GIVEN)
    await expect(page.locator("#problem")).to_contain_text("口令至少")
    await choose(page, OWN, OWN)
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    await page.goto("/password")
    await expect(page.locator("#login")).to_have_value("newcomer")
    await page.fill("#password", OWN)
    await choose(page, NEXT, NEXT)
    await page.wait_for_url(lambda url: "/password" not in url)
    assert (await page.request.get("/v1/session")).status == 200
    assert await violations(page) == []
