"""At night a session ends and lines break: what was typed and what was decided is not lost, and a new red light is heard."""

import pytest
from gridward.incidents.v1 import incidents_pb2
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import sign_in
from tests.browser.test_command import reported
from tests.browser.test_faults import WITHOUT_PAUSES
from tests.browser.test_pages import violations
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import PASSWORD, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_session_that_ends_in_the_middle_of_a_form_costs_nothing_that_was_typed(
    page: Page, city: World
) -> None:
    city.suite.incidents.cases.clear()
    reported(city, 1)
    await sign_in(page, city, then=f"/?case={a_case(90).id}")
    await page.get_by_role("button", name="作废", exact=True).click()
    form = page.locator("#case .step-form")
    await form.locator("textarea").fill("半夜打了很久的一段话")
    await page.context.clear_cookies(name=city.gate.visitors.cookie)
    await form.locator("button[type=submit]").click()

    window = page.get_by_role("dialog", name="登录已过期")
    await expect(window.get_by_label("账号")).to_have_value("chief")
    await page.keyboard.press("Escape")
    await expect(window).to_be_visible()
    await window.get_by_role("button", name="已在别处登录，继续").click()
    await expect(window).to_contain_text("还没有人登录")
    await window.get_by_label("口令").fill(PASSWORD)
    await window.get_by_role("button", name="登录", exact=True).click()
    await expect(window).to_have_count(0)
    await expect(page.locator(".toast")).to_have_text("已办理")
    request, _ = city.suite.asked.last(incidents_pb2.AdvanceCaseRequest)
    assert [step.opinion for step in request.steps] == ["半夜打了很久的一段话"]
    assert await violations(page) == []


async def test_what_was_decided_while_the_line_was_broken_goes_by_itself_and_once(page: Page, city: World) -> None:
    await page.add_init_script(WITHOUT_PAUSES)
    city.suite.incidents.cases.clear()
    reported(city, 1)
    await sign_in(page, city)
    await expect(page.locator(".row").first).to_be_visible()
    sent: list[str] = []
    broken = True

    async def line(route: Route) -> None:
        sent.append((route.request.post_data_json or {})["requestId"])
        await (route.abort("internetdisconnected") if broken else route.continue_())

    await page.context.route("**/v1/cases/*:advance", line)
    await page.locator(".row").first.focus()
    await page.keyboard.press("a")
    waiting = page.locator(".undo-bar .unsent")
    await expect(waiting).to_contain_text("尚未送出：连接中断，恢复后自动送出")
    broken = False
    await expect(waiting).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text("已受理")
    assert len(set(sent)) == 1 < len(sent)


async def test_a_new_red_light_sounds_once_where_somebody_wished_it_and_is_said_to_everybody(
    page: Page, city: World
) -> None:
    await page.add_init_script(
        "window.tones = 0; AudioContext.prototype.createOscillator = ((make) => function () { window.tones++; return make.call(this); })(AudioContext.prototype.createOscillator);"
    )
    await sign_in(page, city)
    switch = page.get_by_role("button", name="红灯提示音")
    await expect(switch).to_have_attribute("aria-pressed", "false")
    tell = """async ([type, signal, state, at]) => {
      const { hear } = await import(performance.getEntriesByType("resource").map((each) => each.name).find((name) => name.endsWith("/js/command/alarm.mjs")));
      hear({ type, case: { number: "9991-1", taskTypeTitle: "井盖缺失", place: "松风路", signal: `SIGNAL_${signal}`, state: `CASE_STATE_${state}` } }, at);
      return window.tones;
    }"""
    assert await page.evaluate(tell, ["signal_changed", "RED", "DISPOSING", 0]) == 0
    await expect(page.get_by_text("红灯：井盖缺失")).to_have_count(1)
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "true")
    begun = await page.evaluate("window.tones")
    assert await page.evaluate(tell, ["signal_changed", "RED", "DISPOSING", 20_000]) == begun + 2
    assert (
        await page.evaluate(tell, ["signal_changed", "RED", "DISPOSING", 25_000]) == begun + 2
    )  # a burst is one sound
    for quiet in (
        ["signal_changed", "YELLOW", "DISPOSING"],
        ["case_advanced", "RED", "DISPOSING"],
        ["signal_changed", "RED", "CLOSED"],
    ):
        assert await page.evaluate(tell, [*quiet, 60_000]) == begun + 2
    assert await violations(page) == []
