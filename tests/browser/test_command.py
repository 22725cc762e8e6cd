"""The command page under quick hands: keys, the command line, many at once, undo, two people on one case."""

import zipfile
from io import BytesIO

import pytest
from gridward.incidents.v1 import cases_pb2, duplicates_pb2, incidents_pb2
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import WITHOUT_MAP, open_context, sign_in
from tests.browser.test_pages import NUMBER, violations
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def reported(city: World, count: int) -> None:
    """Some cases at the top of the list that wait to be taken in and need nothing but a yes."""
    for number in range(90, 90 + count):
        case = a_case(number, description=f"等待受理{number}")
        city.suite.incidents.put(case)
        whole = city.suite.incidents.cases[case.id]
        whole.legal_steps.add(event=cases_pb2.CASE_EVENT_ACCEPT)
        whole.legal_steps.add(event=cases_pb2.CASE_EVENT_CANCEL, opinion_required=True)


async def advances(city: World) -> list[incidents_pb2.AdvanceCaseRequest]:
    return [each for each, _ in city.suite.asked.requests if isinstance(each, incidents_pb2.AdvanceCaseRequest)]


async def ten_seconds_pass(page: Page) -> None:
    """Ten seconds of the page, so that what is held back for so long is sent; its clock is the test's."""
    await expect(page.locator(".undo-bar p")).to_be_visible()
    await page.clock.fast_forward(10_000)


async def test_a_case_is_taken_in_by_keys_and_undone_within_ten_seconds(page: Page, city: World) -> None:
    await page.clock.install()
    city.suite.incidents.cases.clear()
    reported(city, 3)
    await sign_in(page, city)
    await expect(page.locator(".row")).to_have_count(3)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(page.locator(".undo-bar p")).to_contain_text("受理 00091")
    await page.keyboard.press("u")
    await expect(page.locator(".undo-bar p")).to_have_count(0)
    assert await advances(city) == []
    await page.keyboard.press("a")
    await ten_seconds_pass(page)
    await expect(page.locator(".toast")).to_contain_text("00091 已受理")
    assert [request.case_id for request in await advances(city)] == [a_case(91).id]
    await page.keyboard.press("x")
    await page.keyboard.press("k")
    await page.keyboard.press("x")
    await page.get_by_role("button", name="批量办理…").click()
    await page.get_by_role("button", name="受理 2 件").click()
    await ten_seconds_pass(page)
    await expect(page.locator(".toast")).to_contain_text("2 件已办理")
    assert len(await advances(city)) == 3
    assert await violations(page) == []


async def test_what_comes_meanwhile_leaves_whoever_walks_the_list_where_they_are(page: Page, city: World) -> None:
    city.suite.incidents.cases.clear()
    reported(city, 3)
    city.suite.incidents.put(a_case(89, state=cases_pb2.CASE_STATE_DISPOSING))
    await sign_in(page, city)
    await expect(page.locator("#live")).to_have_attribute("data-live", "yes")
    await expect(page.locator(".row")).to_have_count(4)
    await page.get_by_role("button", name="待我办").click()
    await expect(page.locator(".row")).to_have_count(3)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    second = page.locator(f'.row[data-id="{a_case(91).id}"]')
    await expect(second).to_be_focused()
    await city.suite.events.tell(a_case(95, description="刚刚上报"))
    await expect(page.locator(".news")).to_be_visible()
    await city.suite.events.tell(a_case(91, version=2, description="补充了说明"))
    await expect(second).to_contain_text("补充了说明")
    await expect(second).to_be_focused()


async def test_keys_are_changed_and_switched_off(page: Page, city: World) -> None:
    await sign_in(page, city)
    await expect(page.locator(".row").first).to_be_visible()
    await page.keyboard.press("?")
    await page.get_by_label("下一件").fill("n")
    await page.locator("dialog[open]").get_by_role("button", name="关闭").click()
    await page.keyboard.press("n")
    await expect(page.locator(".row").first).to_be_focused()
    await page.keyboard.press("?")
    await page.locator("dialog[open]").get_by_label("启用单键快捷键").uncheck()
    await page.locator("dialog[open]").get_by_role("button", name="关闭").click()
    await page.keyboard.press("n")
    await expect(page.locator(".row").nth(1)).not_to_be_focused()


async def test_the_command_line_dispatches_without_leaving_the_case(page: Page, city: World) -> None:
    await page.clock.install()
    case = a_case(95, state=cases_pb2.CASE_STATE_REGISTERED, grid_name="松风社区第12网格")
    city.suite.incidents.put(case)
    await sign_in(page, city)
    await expect(page.locator(".row")).to_have_count(61)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("派 网格12 市政")
    await expect(page.locator(".palette [aria-selected=true]")).to_contain_text("00095")
    await page.keyboard.press("Enter")
    await ten_seconds_pass(page)
    await expect(page.locator(".toast")).to_contain_text("00095 已派遣 市政公用服务中心")
    step = (await advances(city))[-1].steps[0]
    assert (step.event, step.department_code) == (cases_pb2.CASE_EVENT_DISPATCH, "D09")


async def test_cases_of_one_matter_are_merged(page: Page, city: World) -> None:
    city.suite.incidents.cases.clear()
    reported(city, 2)
    await sign_in(page, city)
    await expect(page.locator(".row")).to_have_count(2)
    for row in (0, 1):
        await page.locator(".row").nth(row).click(modifiers=["Control"])
    await page.get_by_role("button", name="合并").click()
    await page.locator("dialog .step-form button[type=submit]").click()
    await expect(page.locator(".toast")).to_contain_text("已并入 1 件")
    request, _ = city.suite.asked.last(duplicates_pb2.MergeCasesRequest)
    assert (request.master_id, [each.case_id for each in request.cases]) == (a_case(91).id, [a_case(90).id])


async def test_two_people_see_one_another_and_what_the_other_changed(browser: Browser, page: Page, city: World) -> None:
    other = await open_context(browser, city)
    await other.add_init_script(WITHOUT_MAP)
    second = await other.new_page()
    await sign_in(page, city, then=f"/?case={NUMBER}")
    await sign_in(second, city, "worker", then=f"/?case={NUMBER}")
    await expect(second.locator("#case h1")).to_be_visible()
    await expect(page.locator(".present")).to_contain_text("网格员 正在查看")
    await second.get_by_role("button", name="备注", exact=True).click()
    await expect(page.locator(".present")).to_contain_text("网格员 正在填写")
    await second.fill(".step-form textarea", "我写的话")
    whole = city.suite.incidents.cases[a_case(1).id]
    whole.case.version, whole.case.handler = 9, "staff:handler-D06"
    await second.locator(".step-form button[type=submit]").click()
    await expect(second.locator(".changed")).to_contain_text("处置人")
    await expect(second.locator(".step-form textarea")).to_have_value("我写的话")
    await other.close()


async def test_a_view_is_kept_and_a_list_taken_along(page: Page, city: World) -> None:
    await sign_in(page, city)
    await page.click(".chip[data-signal=RED]")
    await page.get_by_role("button", name="存为视图").click()
    await page.fill("dialog input.input", "红灯")
    await page.get_by_role("button", name="保存", exact=True).click()
    await expect(page.get_by_role("link", name="红灯")).to_be_visible()
    await page.goto("/")
    await page.get_by_role("link", name="红灯").click()
    await expect(page.locator(".chip[data-signal=RED]")).to_have_attribute("aria-pressed", "true")
    answer = await page.request.get("/cases.xlsx")
    with zipfile.ZipFile(BytesIO(await answer.body())) as book:
        words = book.read("xl/sharedStrings.xml").decode()
    assert "9991-20260306-00001" in words
    assert "情况描述" in words
    await page.locator(".view .button").last.click()
    await expect(page.get_by_role("link", name="红灯")).to_have_count(0)


async def test_what_was_drawn_on_the_map_narrows_the_list_wherever_its_cases_stand(page: Page, city: World) -> None:
    """The server looks, so that a case on a later page is found too; the list taken along is the same."""
    city.suite.incidents.cases.clear()
    inside, outside = a_case(1), a_case(2)
    outside.point.longitude_deg += 1
    city.suite.incidents.put(inside, outside)
    ring = "119.70000,38.50000;119.90000,38.50000;119.90000,38.70000"
    await sign_in(page, city, then=f"/?ring={ring}")
    await expect(page.locator(".row")).to_have_count(1)
    await expect(page.locator(".row")).to_contain_text(inside.number)
    request, _ = city.suite.asked.last(incidents_pb2.ListCasesRequest)
    assert list(request.within) == [ring]
    async with page.expect_download() as kept:
        await page.get_by_role("link", name="导出 Excel").click()
    with zipfile.ZipFile(await (await kept.value).path()) as book:
        words = book.read("xl/sharedStrings.xml").decode()
    assert inside.number in words
    assert outside.number not in words
