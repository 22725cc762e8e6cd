"""One browser before one gateway before a lively city, for all tests of pages; each test finds the city as it was."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio
from gridward.common.v1 import place_pb2
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from services.gateway import transcode
from tests.browser import scene
from tests.browser.books import Books, opened
from tests.conftest import clone_database
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import PASSWORD, World, settings_for, world_of
from tests.support.servers import ObjectStoreServer, PostgresServer
from tests.support.tokens import TestTokens
from tests.unit.gateway.test_pictures import drawn

CHROMIUM = "/usr/bin/chromium"
#: Other tests run beside; a page that is slow for that is not wrong.
expect.set_options(timeout=20_000)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # Without a graphics card only what asks for one, maps, is drawn by an imitation of it: pages cost a quarter less.
    "--disable-gpu-rasterization",
    "--enable-unsafe-swiftshader",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
WATCH_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  (window.violations ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
#: Drawing maps without a graphics card costs seconds; a test that is not about the map does without, as some browsers do.
WITHOUT_MAP = """
const whole = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : whole.call(this, kind, ...rest);
};
"""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(
    postgres: PostgresServer,
    database_templates: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    demo_data: Path,
) -> AsyncIterator[World]:
    """A gateway that runs for all tests."""
    suite = FakeSuite(tokens, demo_data)
    dsn = clone_database(postgres, database_templates("gateway"), "gateway")
    settings = settings_for(dsn, object_store, tokens, await suite.start(), demo=True)
    async with world_of(settings, suite) as world:
        world.pictures = await _pictures(world)
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


@pytest_asyncio.fixture(loop_scope="session")
async def city(stage: World, demo_data: Path) -> World:
    """The gateway with sixty cases behind it, as if nothing had happened yet."""
    stage.suite.incidents.cases.clear()
    stage.suite.asked.requests.clear()
    stage.suite.course.children.clear()
    stage.suite.duplicates.relations.Clear()
    scene.fill(stage.suite, demo_data, stage.pictures)
    return stage


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(
    postgres: PostgresServer,
    database_templates: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    demo_data: Path,
) -> AsyncIterator[Books]:
    """The town of four grids before a registry that is real, for the tests of a module."""
    dsns = [clone_database(postgres, database_templates(name), name) for name in ("registry", "gateway")]
    async with opened((dsns[0], dsns[1]), object_store, tokens, demo_data) as books:
        yield books


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


async def open_context(browser: Browser, city: World) -> BrowserContext:
    context = await browser.new_context(
        base_url=city.url,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 1366, "height": 768},
        geolocation={"latitude": 38.5903833, "longitude": 119.8133967},
        permissions=["geolocation", "microphone"],
    )
    await context.add_init_script(WATCH_VIOLATIONS)
    return context


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, city: World) -> AsyncIterator[BrowserContext]:
    """A browser of somebody's own, without maps."""
    context = await open_context(browser, city)
    await context.add_init_script(WITHOUT_MAP)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """A page that is not signed in."""
    return await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def map_page(browser: Browser, city: World) -> AsyncIterator[Page]:
    """The same where maps are drawn."""
    context = await open_context(browser, city)
    yield await context.new_page()
    await context.close()


async def sign_in(page: Page, city: World, login: str = "chief", then: str = "/") -> None:
    """Be signed in, and go somewhere."""
    token = await city.token_once(login)
    await page.context.add_cookies([{"name": city.gate.visitors.cookie, "value": token, "url": city.url}])
    await page.goto(then)


async def sign_in_by_hand(page: Page, login: str = "chief", then: str = "/") -> None:
    """Sign in as a person does."""
    await page.goto(f"/sign-in?next={then}")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
