"""Every page of every role, in both languages and colours, on a phone and at a desk, is fit for everybody.

Nothing serious for people who cannot see or use a mouse, no policy broken, no text missing, nothing wider than the
window; a picture of each is kept where GRIDWARD_TEST_PICTURES says, to be looked at.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from services.gateway.words import words_in
from tests.browser.conftest import WITHOUT_MAP, open_context, sign_in
from tests.browser.steering_room import stand_in
from tests.browser.test_pages import NUMBER, violations
from tests.integration.gateway.world import World

AXE = Path(__file__).with_name("vendor") / "axe-core-4.14.1" / "axe.min.js"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
#: Where pictures go, for whoever wants to look at them.
PICTURES = os.environ.get("GRIDWARD_TEST_PICTURES", "")
PAGES = (
    ("", "/sign-in"),
    ("", "/report"),
    ("", "/follow"),
    ("", "/board/999102001001001"),
    ("chief", "/"),
    ("chief", f"/cases/{NUMBER}"),
    ("chief", "/desk"),
    ("chief", "/shift"),
    ("chief", "/admin"),
    ("chief", "/screen"),
    ("worker", "/registry"),
    ("volunteer", "/my-data"),
    ("worker", "/password"),
    ("worker", "/community"),
    ("chief", "/community#council"),
    ("chief", "/steering"),
    ("chief", "/steering#weekly"),
    ("chief", "/steering#findings"),
    ("worker", "/pocket/"),
    ("video", "/video"),
    ("volunteer", "/volunteer"),
    ("volunteer", "/follow"),
    ("partner", "/counter"),
    ("admin", "/volunteering"),
)
#: Those that draw themselves from several answers, each of which may keep people waiting.
DRAWN_LATE = ("/", f"/cases/{NUMBER}", "/desk", "/shift", "/admin", "/screen", "/steering")
#: What is half faded in has contrasts that nobody is meant to read by; what turns for ever is not waited for.
STILL = """() => Promise.allSettled(
  document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime < 60000).map((each) => each.finished)
).then(() => null)"""
LOOKS = ((390, "zh", "light"), (1366, "en", "dark"))


def test_the_examiner_is_what_was_committed() -> None:
    assert sha256(AXE.read_bytes()).hexdigest() == AXE_SHA256


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
async def test_every_page_is_fit_for_everybody(
    browser: Browser, city: World, monkeypatch: pytest.MonkeyPatch, look: tuple[int, str, str]
) -> None:
    width, language, colours = look
    stand_in(city, monkeypatch)
    context = await open_context(browser, city)
    await context.add_init_script(WITHOUT_MAP)
    await context.add_init_script(f"localStorage.setItem('gridward.theme', '{colours}')")
    await context.add_cookies([{"name": "gridward-language", "value": language, "url": city.url}])
    city.suite.hire("staff:video", "video_patroller")
    city.suite.hire("staff:partner", "mall_partner")
    city.suite.hire("staff:admin", "volunteer_coordinator")
    wrong: list[str] = []
    page = await context.new_page()
    await page.set_viewport_size({"width": width, "height": 844 if width < 600 else 768})
    for login, path in PAGES:
        await page.goto("about:blank")  # another room of the same page would not be loaded anew
        await context.clear_cookies(name=city.gate.visitors.cookie)
        if login:
            await sign_in(page, city, login, then=path)
        else:
            await page.goto(path)
        await expect(page.locator("main")).to_be_visible()
        await expect(page.locator("#app:empty, #report:empty, #follow:empty, #list:empty")).to_have_count(0)
        wrong += [f"{path} {each}" for each in await faults_of(page)]
        await picture(page, f"{path.strip('/').replace('/', '-') or 'command'}-{width}-{language}-{colours}")
    await context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_a_page_whose_answers_are_late_is_fit_too(
    browser: Browser, city: World, monkeypatch: pytest.MonkeyPatch, colours: str
) -> None:
    stand_in(city, monkeypatch)
    context = await open_context(browser, city)
    await context.add_init_script(WITHOUT_MAP)
    await context.add_init_script(f"localStorage.setItem('gridward.theme', '{colours}')")
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await context.route("**/v1/**", hold)
    page = await context.new_page()
    wrong: list[str] = []
    for path in DRAWN_LATE:
        await sign_in(page, city, then=path)
        await expect(page.locator("main").get_by_text("正在载入…").first).to_be_visible()
        wrong += [f"{path} {each}" for each in await faults_of(page)]
        await page.goto("about:blank")
    await context.close()
    assert held
    assert not wrong, "\n".join(wrong)


async def faults_of(page: Page) -> list[Any]:
    """What is wrong with a page, in words, once nothing on it fades in any more."""
    await page.evaluate(STILL)
    faults: list[Any] = list(await violations(page))
    beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if beyond > 0:
        faults.append(f"{beyond} px wider than the window")
    keys = set(words_in("zh")["ui"])
    shown = set((await page.locator("body").inner_text()).split())
    faults += [f"the key {key} is shown instead of its text" for key in shown & {key for key in keys if "_" in key}]
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setBypassCSP", {"enabled": True})
    frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    world = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
    ask = AXE.read_text() + (
        ";axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}).then((result) => result.violations"
        ".filter((each) => ['serious', 'critical'].includes(each.impact))"
        ".map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`))"
    )
    told = await session.send(
        "Runtime.evaluate",
        {"expression": ask, "contextId": world["executionContextId"], "awaitPromise": True, "returnByValue": True},
    )
    assert "exceptionDetails" not in told, told
    return [*faults, *told["result"]["value"]]


async def picture(page: Page, name: str) -> None:
    """Kept to be looked at, where somebody wants that."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")
