"""A browser before a gateway before a lively city."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from gridward.common.v1 import place_pb2
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from services.gateway import transcode
from tests.browser import scene
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import PASSWORD, World, settings_for, world_of
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens
from tests.unit.gateway.test_pictures import drawn

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
WATCH_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  (window.violations ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


@pytest.fixture
async def city(
    make_database: Callable[[str], str], object_store: ObjectStoreServer, tokens: TestTokens, demo_data: Path
) -> AsyncIterator[World]:
    """A gateway with sixty cases behind it."""
    suite = FakeSuite(tokens, demo_data)
    settings = settings_for(make_database("gateway"), object_store, tokens, await suite.start(), demo=True)
    async with world_of(settings, suite) as world:
        scene.fill(suite, demo_data, await _pictures(world))
        yield world
    await suite.stop()


async def _pictures(world: World) -> scene.Pictures:
    found: scene.Pictures = {}
    async with world.signed_in("worker") as client:
        for kind, size in (("scene", (1200, 900)), ("after", (1200, 900))):
            answer = await client.post("/v1/photos", params={"kind": kind}, content=drawn(size=size))
            evidence = place_pb2.Evidence()
            transcode.filled(evidence, answer.json())
            found[kind] = evidence
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser, city: World) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        base_url=city.url,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 1366, "height": 768},
        geolocation={"latitude": 38.5903833, "longitude": 119.8133967},
        permissions=["geolocation"],
    )
    await context.add_init_script(WATCH_VIOLATIONS)
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """A page that is not signed in."""
    return await context.new_page()


async def sign_in(page: Page, login: str = "chief", then: str = "/") -> None:
    """Sign in as a person does."""
    await page.goto(f"/sign-in?next={then}")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
