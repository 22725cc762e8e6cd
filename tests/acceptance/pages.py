"""People before their browsers at a running suite: signed in, their pages opened, steps taken as with hand and eye."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from services.demo import photo
from tests.acceptance.suite import PASSWORD, Suite
from tests.browser.conftest import ARGUMENTS, CHROMIUM, WATCH_VIOLATIONS, WITHOUT_MAP

#: Where pictures go, for whoever wants to look at them.
PICTURES = os.environ.get("GRIDWARD_TEST_PICTURES", "")
PATIENCE_MS = 30_000
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
HERE = {"latitude": 38.5903833, "longitude": 119.8133967}
#: What is held back for ten seconds to be undone is sent at once.
AT_ONCE = (
    "const later = setTimeout; window.setTimeout = (act, ms, ...rest) => later(act, ms === 10000 ? 0 : ms, ...rest);"
)


class People:
    """Everybody who opens pages of one suite, each in a browser of their own."""

    def __init__(self, suite: Suite, browser: Browser, folder: Path) -> None:
        self.suite = suite
        self._browser = browser
        self._folder = folder
        self._contexts: list[BrowserContext] = []

    async def somebody(self, *, phone: bool = False) -> Page:
        """A page of somebody who is not signed in."""
        context = await self._browser.new_context(
            base_url=self.suite.url,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]  # two numbers by their names
            geolocation=HERE,  # type: ignore[arg-type]  # the same
            permissions=["geolocation"],
        )
        self._contexts.append(context)
        for script in (WATCH_VIOLATIONS, WITHOUT_MAP, AT_ONCE):
            await context.add_init_script(script)
        return await context.new_page()

    async def person(self, login: str, path: str = "/", *, phone: bool = False) -> Page:
        """A page of somebody with an account, opened where the story begins."""
        page = await self.somebody(phone=phone)
        answer = await page.request.post(
            "/v1/session", data={"login": login, "password": PASSWORD}, headers={"x-gridward-client": "page"}
        )
        assert answer.ok, await answer.text()
        await page.goto(path)
        return page

    def picture(self, *, repaired: bool = False, seed: int = 1) -> Path:
        """A photo as a telephone takes it."""
        path = self._folder / f"{repaired}-{seed}.jpg"
        path.write_bytes(photo.draw_photo("manhole_cover_missing", repaired=repaired, seed=seed))
        return path

    async def leave(self) -> None:
        """Everybody closes the browser; nobody's page has broken its own policy."""
        while self._contexts:
            context = self._contexts.pop()
            for page in context.pages:
                assert await page.evaluate("window.violations ?? []") == []
            await context.close()


@asynccontextmanager
async def people_of(suite: Suite, folder: Path) -> AsyncIterator[People]:
    """A browser for all people of a suite."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield People(suite, browser, folder)
        await browser.close()


async def step(page: Page, name: str, **fields: str | Path) -> None:
    """Take a step of the case that is open: `words`, `photo`, or a choice by its place among the selects."""
    button = page.locator(".steps").get_by_role("button", name=name, exact=True, include_hidden=True).first
    await expect(button).to_be_attached()
    if not await button.is_visible():
        await page.locator(".steps-more summary").click()
    await button.click()
    form = page.locator(".step-form")
    await expect(form).to_be_visible()
    if "condition" in fields:
        await form.locator("select").first.select_option(str(fields["condition"]))
    if "assignee" in fields:
        await form.locator("[name=assignee]").select_option(str(fields["assignee"]))
    if "words" in fields:
        await form.locator("textarea").fill(str(fields["words"]))
    if "photo" in fields:
        await form.locator("input[type=file]").set_input_files(fields["photo"])
        await expect(form.locator(".uploads img")).to_have_count(1)
    await look(page, f"step-{name}")
    await form.locator("button[type=submit]").click()
    await expect(form).to_have_count(0)


async def look(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"story-{name}.png")
