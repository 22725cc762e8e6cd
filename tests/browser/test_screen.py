"""The command centre's wall: it fits both kinds of walls, each number leads to its rows, and what is old turns grey."""

from __future__ import annotations

import re
from typing import Any

import pytest
from gridward.incidents.v1 import incidents_pb2
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import sign_in
from tests.browser.test_pages import violations
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
KINDS = ("暴露垃圾", "井盖缺失破损", "道路破损", "违规占道经营", "路灯不亮", "邻里纠纷", "消防通道堵塞", "树木倒伏")
FIGURES: dict[str, Any] = {
    "total": {"reported": 12845, "closed": 9673, "inTimeRate": 0.931, "satisfactionRate": 0.964},
    "parts": [{"code": f"kind_{n}", "name": name, "figures": {"reported": 900 - n}} for n, name in enumerate(KINDS)],
}
#: What stands out of its tile, and what is too small to be read from across the room.
CLIPPED = """() => [...document.querySelectorAll(".wall-body")].filter((body) => body.scrollHeight > body.clientHeight + 1 || body.scrollWidth > body.clientWidth + 1).map((body) => body.parentElement.ariaLabel)"""
SMALL = """() => [...document.querySelectorAll(".wall-tile :is(b, a, span)")].filter((each) => each.offsetParent && each.textContent && !each.closest(".map") && parseFloat(getComputedStyle(each).fontSize) < innerWidth * 0.0068).map((each) => each.textContent)"""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
async def test_the_wall_fits_and_each_number_leads_to_its_rows(
    page: Page, city: World, width: int, height: int
) -> None:
    async def told(route: Route) -> None:
        await route.fulfill(json=FIGURES)

    await page.route("**/v1/figures**", told)
    await page.set_viewport_size({"width": width, "height": height})
    await sign_in(page, city, then="/screen?boards=ranks")
    await expect(page.locator(".alarms li")).to_have_count(9)
    await expect(page.locator(".bars li")).to_have_count(16)
    await expect(page.locator(".big b").first).to_have_text("12845")
    await expect(page.locator(".big")).to_have_count(4 + 3)
    assert await page.evaluate(CLIPPED) == []
    assert await page.evaluate(SMALL) == []
    links = await page.locator(".big, .bars a, .alarms a").evaluate_all(
        "(all) => all.map((each) => each.getAttribute('href'))"
    )
    assert len(links) == 4 + 3 + 16 + 9
    assert all(re.match(r"/\?(day|signal|type|area|case)=.", link) for link in links), links
    assert await violations(page) == []
    await page.locator(".big").first.click()
    await expect(page.locator(".row").first).to_be_visible()
    request, _ = city.suite.asked.last(incidents_pb2.ListCasesRequest)
    assert request.HasField("reported_from")
    assert not request.open_only


async def test_what_is_old_turns_grey_and_says_its_age(page: Page, city: World) -> None:
    away = False

    async def told(route: Route) -> None:
        await (route.abort() if away else route.fulfill(json=FIGURES))

    await page.route("**/v1/figures**", told)
    await page.clock.install()
    await sign_in(page, city, then="/screen")
    today = page.locator(".wall-tile", has_text="今日").first
    await expect(today).not_to_have_class(re.compile("stale"))
    away = True
    await page.clock.run_for(90_000)
    await expect(today).to_have_class(re.compile("stale"))
    await expect(today.locator(".age")).to_contain_text("分钟前")
