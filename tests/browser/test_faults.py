"""Pages bear with a server that is starting: whatever fails at first is asked again, and each page becomes whole by itself."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import sign_in
from tests.browser.steering_room import stand_in
from tests.browser.test_pages import NUMBER
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import drawn

pytestmark = pytest.mark.asyncio(loop_scope="session")
#: Pauses between questions pass at once; that there is one at all is what counts. Words at the foot of a page stay as long as ever.
WITHOUT_PAUSES = """
const later = setTimeout;
window.setTimeout = (act, ms, ...rest) => later(act, ms === 6000 ? ms : Math.min(ms ?? 0, 50), ...rest);
"""
NOT_YET = '{"reason":"UNAVAILABLE","message":"服务暂时不可用"}'
#: Each page, who opens it, and what shows that all it asked for has come.
PAGES = (
    (
        "chief",
        "/",
        (".row >> nth=59", "option[value=D09]", "option[value='999102']", ".chip[data-signal=RED] b:text('16')"),
    ),
    ("chief", f"/cases/{NUMBER}", ("#case h1",)),
    ("chief", "/desk", (".desk-list .row >> nth=0",)),
    ("chief", "/screen", (".alarms li >> nth=0",)),
    ("worker", "/pocket/", ("#today .row >> nth=0", "#grid-name:has-text('网格')")),
    ("admin", "/admin", ("tbody tr >> nth=0",)),
    ("resident", "/report", ("#report option[value=exposed_garbage]", "#mine .row >> nth=0")),
    ("", "/report", ("#report option[value=exposed_garbage]",)),
    ("worker", "/community", (".folk-words:has-text('路灯')",)),
    ("chief", "/steering", ("tbody tr >> nth=5",)),
    ("video", "/video", (".tile[class] b:text('松风路枪机')",)),
    ("volunteer", "/volunteer", ("li.card:has-text('陪老人就医')",)),
)
#: What services answer that have no stand-in behind the gateway.
ELSEWHERE = {
    "/v1/cameras": {"cameras": [{"id": "CAM001", "name": "松风路枪机"}]},
    "/v1/orders": {"orders": [{"id": "o1", "category": "love_care", "description": "陪老人就医", "minutes": 90}]},
    "/v1/mall/redemptions:find": {"redemption": {"id": "r1", "title": "大米", "state": "REDEMPTION_STATE_HELD"}},
}


async def fail_first(page: Page, times: int = 1) -> dict[str, int]:
    """Every question of the page goes unanswered at first, the stream too."""
    asked: dict[str, int] = {}

    async def answer(route: Route) -> None:
        parts = urlsplit(route.request.url)
        key = f"{route.request.method} {parts.path}?{parts.query}"
        asked[key] = asked.get(key, 0) + 1
        if asked[key] <= times:
            await route.fulfill(status=503, headers={"content-type": "application/json"}, body=NOT_YET)
        elif parts.path in ELSEWHERE:
            await route.fulfill(json=ELSEWHERE[parts.path])
        else:
            await route.continue_()

    for pattern in ("**/v1/**", "**/map/areas/**", "**/open311/**"):
        await page.route(pattern, answer)
    return asked


async def test_a_page_whose_first_questions_fail_becomes_whole_by_itself(
    page: Page, city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 3
    stand_in(city, monkeypatch)
    await page.add_init_script(WITHOUT_PAUSES)
    for subject, role in (("admin", "system_admin"), ("video", "video_patroller")):
        city.suite.hire(f"staff:{subject}", role)
    for login, path, signs in PAGES:
        # What the page before still asks would lead it to the sign-in, once nobody is signed in.
        await page.goto("about:blank")
        await page.context.clear_cookies(name=city.gate.visitors.cookie)
        await page.unroute_all(behavior="ignoreErrors")
        asked = await fail_first(page, times)
        if login:
            await sign_in(page, city, login, then=path)
        else:
            await page.goto(path)
        for sign in signs:
            await expect(page.locator(sign), f"{path} {sign}").to_be_attached()
        assert any(count > times for count in asked.values()), asked


async def test_the_counter_asks_again_for_what_a_code_stands_for(page: Page, city: World) -> None:
    await page.add_init_script(WITHOUT_PAUSES)
    city.suite.hire("staff:partner", "mall_partner")
    asked = await fail_first(page, 2)
    await sign_in(page, city, "partner", then="/counter")
    await page.fill("input.code", "7K4M-2Q9X")
    await page.locator("button[type=submit]").click()
    await expect(page.locator(".card")).to_contain_text("大米")
    assert asked["POST /v1/mall/redemptions:find?"] == 3


async def test_the_stream_is_opened_again_where_it_was_refused(page: Page, city: World) -> None:
    await page.add_init_script(WITHOUT_PAUSES)
    asked = await fail_first(page, 2)
    await sign_in(page, city)
    await expect(page.locator("#live")).to_have_attribute("data-live", "yes")
    assert asked["GET /v1/stream?"] == 3


async def test_kinds_that_come_late_appear_in_a_report_that_is_open_already(
    page: Page, city: World, tmp_path: Path
) -> None:
    held: list[Callable[[], Awaitable[None]]] = []

    async def hold(route: Route) -> None:
        held.append(route.continue_)

    photo = tmp_path / "scene.jpg"
    photo.write_bytes(drawn(size=(800, 600)))
    await page.route("**/v1/task-types*", hold)
    await page.route("**/v1/areas/*", lambda route: route.fulfill(status=500, body="{}"))
    await sign_in(page, city, "worker", then="/pocket/")
    await expect(page.locator("#acts button")).to_have_count(6)
    await page.set_input_files("#camera", photo)
    await expect(page.locator(".pocket-sheet figure img")).to_have_count(1)
    await expect(page.locator(".kind-chips")).to_contain_text("正在取事项清单")
    await page.unroute("**/v1/task-types*", hold)
    for let_go in held:
        await let_go()
    await page.get_by_role("button", name="暴露垃圾").click()
    await page.get_by_role("button", name="提交上报").click()
    await expect(page.locator(".toast")).to_contain_text("9991-")


async def test_a_step_held_back_survives_a_stutter_and_is_taken_once(page: Page, city: World) -> None:
    await page.add_init_script(WITHOUT_PAUSES)
    asked = await fail_first(page)
    await sign_in(page, city, then=f"/cases/{NUMBER}")
    await page.get_by_role("button", name="备注", exact=True).click()
    await page.fill(".step-form textarea", "仍在处理")
    await page.locator(".step-form button[type=submit]").click()
    await expect(page.locator(".toast")).to_have_text("已办理")
    assert [count for key, count in asked.items() if key.endswith(":advance?")] == [2]
