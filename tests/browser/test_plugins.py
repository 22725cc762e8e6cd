"""The page of departments' programs says how each is and why, and nothing is decided before it says what it affects."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.conftest import WITHOUT_MAP, open_context, sign_in
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
PICTURES = os.environ.get("GRIDWARD_TEST_PICTURES", "")


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat().replace("+00:00", "Z")


def states() -> list[dict[str, Any]]:
    def state(plugin: str, department: str, *releases: dict[str, Any], **more: Any) -> dict[str, Any]:
        usual = {"plugin": plugin, "departmentCode": department, "standing": "PLUGIN_STANDING_ENABLED"}
        return {**usual, "releases": releases, "taskTypes": ["exposed_garbage"], "attending": True, **more}

    def release(version: str, **more: Any) -> dict[str, Any]:
        return {"version": version, "online": True, "sinceAt": ago(days=3), "seenAt": ago(seconds=4), **more}

    upgraded = (release("1.2.0"), release("2.0.0", name="two", fromAt=ago(hours=2)))
    return [
        state("civil_affairs", "D02", release("1.0.0")),
        state("health", "D05", release("1.0.0", online=False, sinceAt=ago(minutes=12)), attending=False),
        state("municipal_works", "D09", *upgraded, areaCodes=["999101"]),
        state("traffic", "D08", release("1.0.0"), standing="PLUGIN_STANDING_SUSPENDED", attending=False),
    ]


LETTER = {
    "id": "e-1",
    "plugin": "municipal_works",
    "what": "incident_reported",
    "tries": 5,
    "at": "2026-03-02T02:00:00+00:00",
    "error": "ValueError: no such owner unit",
    "details": "incident_reported of 01a1 manhole_cover",
}


class Hosts:
    """What registry, incidents and the hosts answer this page, and what it asked them to do."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.letters = [LETTER]

    async def stand_before(self, page: Page) -> None:
        absence = {"plugin": "health", "cause": "offline", "sinceAt": ago(minutes=12), "fellBackAt": ago(minutes=10)}
        answers: dict[str, Callable[[], Any]] = {
            "**/v1/plugin-states*": lambda: {"states": states()},
            "**/v1/absences*": lambda: {"absences": [{**absence, "caseCount": 7, "desk": "city_dispatch_desk"}]},
            "**/v1/departments/health*": self._health,
            "**/v1/departments/municipal_works/letters*": lambda: {"letters": self.letters},
            "**/v1/departments/municipal_works@two/letters*": lambda: {"letters": []},
            "**/v1/plugins/*/decisions": lambda: {
                "decisions": [{"deed": "enable", "decidedBy": "staff:chief", "reason": "试点", "areaCodes": ["999101"]}]
            },
            "**/v1/plugins/*:*": lambda: {"state": states()[0]},
        }
        for pattern, answer in answers.items():
            await page.route(pattern, self._answering(answer))

    def _health(self) -> dict[str, Any]:
        well = {"state": "well", "aside": 0, "failing": False, "problem": ""}
        aside = len(self.letters)
        troubled = {**well, "state": "degraded" if aside else "well", "aside": aside}
        return {"plugins": {"civil_affairs": well, "municipal_works": troubled, "municipal_works@two": well}}

    def _answering(self, answer: Callable[[], Any]) -> Callable[[Route], Any]:
        async def fulfil(route: Route) -> None:
            if route.request.method == "POST":
                told = json.loads(route.request.post_data or "{}")
                self.asked.append((route.request.url.partition("/v1")[2], told))
                if "letters" in route.request.url:
                    self.letters = []
                    await route.fulfill(json={"count": 1})
                    return
            await route.fulfill(json=answer())

        return fulfil


async def open_page(page: Page, city: World) -> Hosts:
    hosts = Hosts()
    await hosts.stand_before(page)
    await sign_in(page, city, "chief", then="/admin#plugins")
    await expect(page.locator("tr:has-text('municipal_works')")).to_be_visible()
    return hosts


async def test_each_program_says_how_it_is_which_version_serves_what_and_who_has_its_cases(
    page: Page, city: World
) -> None:
    await open_page(page, city)
    rows = {name: page.locator(f"tr:has(b:text-is('{name}'))").first for name in ("health", "municipal_works")}
    await expect(rows["health"].locator(".badge")).to_have_text("离线")
    await expect(rows["municipal_works"].locator(".badge")).to_have_text("异常")
    await expect(rows["municipal_works"]).to_contain_text("1 个事件待人工处理")
    await expect(rows["municipal_works"]).to_contain_text("2.0.0")
    await expect(rows["municipal_works"]).to_contain_text("999101")
    await expect(page.locator("tr:has(b:text-is('traffic')) .badge")).to_have_text("已暂停")
    await expect(page.locator("main")).to_contain_text("7 件在办案件转 city_dispatch_desk")


async def test_a_suspension_says_what_it_affects_and_carries_its_reason(page: Page, city: World) -> None:
    hosts = await open_page(page, city)
    row = page.locator("tr:has(b:text-is('civil_affairs'))").first
    await row.get_by_role("button", name="暂停").click()
    dialog = page.locator("dialog")
    await expect(dialog.locator(".notice")).to_contain_text("件在办案件转由部门人员和派遣台跟进")
    await expect(dialog.locator(".notice")).not_to_contain_text("…")
    await dialog.locator("select").select_option("STOP")
    await dialog.locator("textarea").fill("程序误派案件")
    await dialog.get_by_role("button", name="作出决定").click()
    await expect(dialog).to_have_count(0)
    [(path, told)] = hosts.asked
    assert path == "/plugins/civil_affairs:decide"
    assert (told["standing"], told["types"], told["reason"]) == (
        "PLUGIN_STANDING_SUSPENDED", "TYPES_FATE_STOP", "程序误派案件",
    )  # fmt: skip


async def test_areas_are_set_and_an_older_version_is_ended(page: Page, city: World) -> None:
    hosts = await open_page(page, city)
    row = page.locator("tr:has(b:text-is('municipal_works'))").first
    await row.get_by_role("button", name="启用区域").click()
    await page.locator("dialog input").fill("999101, 999102")
    await page.locator("dialog textarea").fill("第二批试点")
    await page.locator("dialog").get_by_role("button", name="作出决定").click()
    await expect(page.locator("dialog")).to_have_count(0)
    await row.get_by_role("button", name="结束 1.2.0").click()
    await page.locator("dialog textarea").fill("案件已办完")
    await page.locator("dialog").get_by_role("button", name="作出决定").click()
    await expect(page.locator("dialog")).to_have_count(0)
    assert [(path, told.get("areaCodes"), told.get("release")) for path, told in hosts.asked] == [
        ("/plugins/municipal_works:enable", ["999101", "999102"], None),
        ("/plugins/municipal_works:end-release", None, ""),
    ]


async def test_what_was_put_aside_is_shown_and_told_anew(page: Page, city: World) -> None:
    hosts = await open_page(page, city)
    row = page.locator("tr:has(b:text-is('municipal_works'))").first
    await row.get_by_role("button", name="1", exact=True).click()
    await expect(page.locator("dialog")).to_contain_text("no such owner unit")
    await page.locator("dialog").get_by_role("button", name="重新投递", exact=True).click()
    await expect(page.locator("dialog")).to_contain_text("没有搁置的事件")
    assert hosts.asked == [
        ("/departments/municipal_works/letters", {"plugin": "municipal_works", "deed": "redeliver", "ids": ["e-1"]})
    ]
    await page.locator("dialog").get_by_role("button", name="关闭").click()
    await expect(row.locator(".badge")).to_have_text("正常")
    await row.get_by_role("button", name="决定记录").click()
    await expect(page.locator("dialog")).to_contain_text("试点")


@pytest.mark.parametrize(("width", "language", "colours"), [(390, "zh", "light"), (1366, "en", "dark")])
async def test_the_page_fits_its_window(browser: Browser, city: World, width: int, language: str, colours: str) -> None:
    context = await open_context(browser, city)
    await context.add_init_script(WITHOUT_MAP)
    await context.add_init_script(f"localStorage.setItem('gridward.theme', '{colours}')")
    await context.add_cookies([{"name": "gridward-language", "value": language, "url": city.url}])
    page = await context.new_page()
    await page.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
    await open_page(page, city)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    text = await page.locator("main").inner_text()
    assert "plugin_" not in text
    assert "absence_" not in text
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"plugins-{width}-{language}-{colours}.png", full_page=True)
    await context.close()
