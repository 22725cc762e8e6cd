"""Pages as people meet them: they sign in, see the city, act on a case, report; and nothing breaks the page's own policy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from gridward.incidents.v1 import cases_pb2, duplicates_pb2, incidents_pb2
from playwright.async_api import Page, expect

from tests.browser.conftest import sign_in, sign_in_by_hand
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import PASSWORD, World
from tests.unit.gateway.test_pictures import drawn

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE_MS = 30_000
NUMBER = "9991-20260306-00001"

expect.set_options(timeout=PATIENCE_MS)


async def map_drawn(page: Page) -> None:
    await expect(page.locator(".map .pin").first).to_be_visible()


async def violations(page: Page) -> list[str]:
    return list(await page.evaluate("window.violations ?? []"))


async def test_somebody_signs_in_and_sees_list_map_and_light(map_page: Page, city: World) -> None:
    page = map_page
    await sign_in_by_hand(page)
    await expect(page.locator(".row")).to_have_count(60)
    await map_drawn(page)
    await expect(page.locator("#live")).to_have_attribute("data-live", "yes")
    await expect(page.locator("#city-name")).to_have_text("澜汀市")
    await expect(page.locator(".chip[data-signal=RED] b")).not_to_have_text("–")
    assert await violations(page) == []


async def test_a_wrong_password_is_told_beside_the_field(page: Page) -> None:
    await page.goto("/sign-in")
    await page.fill("#login", "chief")
    await page.fill("#password", "wrong")
    await page.click("button[type=submit]")
    await expect(page.locator("#problem")).to_have_text("账号或口令不对。")


async def test_a_demonstration_account_is_filled_in_at_a_click(page: Page, city: World) -> None:
    await page.goto("/sign-in")
    await page.click("[data-login=worker]")
    assert await page.input_value("#login") == "worker"
    assert await page.input_value("#password") == city.gate.settings.demo_password != PASSWORD


async def test_no_page_breaks_its_own_policy_or_logs_an_error_or_asks_elsewhere(map_page: Page, city: World) -> None:
    page = map_page
    said: list[str] = []
    outside: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: outside.append(request.url) if not _own(request.url, city) else None)
    await sign_in(page, city)
    for path in ("/", f"/cases/{NUMBER}", "/report", f"/?case={NUMBER}"):
        await page.goto(path)
        await expect(page.locator(".map canvas")).to_be_visible()
        await expect(page.locator("#live")).to_have_attribute("data-live", "yes")
        await page.click("#theme")
        assert (path, await violations(page), said, outside) == (path, [], [], [])


def _own(url: str, city: World) -> bool:
    return url.startswith((city.url, "data:", f"blob:{city.url}"))


async def test_a_case_opens_beside_the_map_and_its_address_is_a_bookmark(page: Page, city: World) -> None:
    await sign_in(page, city)
    await page.locator(".row", has_text=NUMBER).click()
    await expect(page.locator("#case h1")).to_have_text("井盖缺失破损")
    await expect(page.locator("#case .shot")).to_have_count(2)
    await expect(page.locator("#case .thread").last.locator("li")).to_have_count(7)
    await expect(page.locator("#case .rules .matched")).to_contain_text("市政公用服务中心")
    address = page.url
    other = await page.context.new_page()
    await other.goto(address)
    await expect(other.locator("#case h1")).to_have_text("井盖缺失破损")
    await other.keyboard.press("Escape")
    await expect(other.locator("#content")).to_have_attribute("data-case", "closed")
    assert "case=" not in other.url


async def test_a_step_with_words_and_a_photo_is_taken(page: Page, city: World, tmp_path: Path) -> None:
    photo = tmp_path / "after.jpg"
    photo.write_bytes(drawn())
    await sign_in(page, city, then=f"/cases/{NUMBER}")
    await page.get_by_role("button", name="处置完成", exact=True).click()
    await page.fill(".step-form textarea", "已更换井盖")
    await page.set_input_files(".step-form input[type=file]", photo)
    await expect(page.locator(".step-form .uploads img")).to_have_count(1)
    await page.locator(".step-form button[type=submit]").click()
    await expect(page.locator(".toast")).to_have_text("已办理")
    request, caller = city.suite.asked.last(incidents_pb2.AdvanceCaseRequest)
    step = request.steps[0]
    assert (step.event, step.opinion, len(step.evidence)) == (cases_pb2.CASE_EVENT_DISPOSE, "已更换井盖", 1)
    assert caller.subject == "staff:chief"
    assert await violations(page) == []


async def test_a_step_that_comes_too_late_shows_the_fresh_case(page: Page, city: World) -> None:
    await sign_in(page, city, then=f"/cases/{NUMBER}")
    await page.get_by_role("button", name="备注", exact=True).click()
    await page.fill(".step-form textarea", "看一下")
    whole = city.suite.incidents.cases[a_case(1).id]
    whole.case.version = 9
    whole.case.description = "别人改过的描述"
    await page.locator(".step-form button[type=submit]").click()
    await expect(page.locator(".toast")).to_contain_text("别人刚刚办理过")
    await expect(page.locator(".case-words")).to_have_text("别人改过的描述")


STEPS: tuple[tuple[str, dict[str, str], Callable[[cases_pb2.Step], bool]], ...] = (
    ("立案", {"select": "missing"}, lambda step: step.filing_condition == "missing"),
    ("派遣", {"select": "D06"}, lambda step: step.department_code == "D06"),
    ("发核查", {}, lambda step: step.assignee == "staff:GW-02001001001"),
    ("评价", {"star": "4"}, lambda step: step.rating == 4),
    ("退回", {"words": "不属本部门"}, lambda step: step.opinion == "不属本部门"),
)


async def test_each_step_asks_for_what_it_needs(page: Page, city: World) -> None:
    await sign_in(page, city, then=f"/cases/{NUMBER}")
    for taken, (button, fields, fits) in enumerate(STEPS, start=2):
        await page.get_by_role("button", name=button, exact=True).click()
        if "select" in fields:
            await page.locator(".step-form select").first.select_option(fields["select"])
        if "star" in fields:
            await page.locator(".step-form .stars label").nth(int(fields["star"]) - 1).click()
        if "words" in fields:
            await page.fill(".step-form textarea", fields["words"])
        await page.locator(".step-form button[type=submit]").click()
        await expect(page.locator(".step-form")).to_have_count(0)
        request, _ = city.suite.asked.last(incidents_pb2.AdvanceCaseRequest)
        assert request.version == taken - 1
        assert fits(request.steps[0]), button


async def test_a_new_case_appears_by_itself_and_an_ended_one_goes(page: Page, city: World) -> None:
    await sign_in(page, city)
    await expect(page.locator("#live")).to_have_attribute("data-live", "yes")
    await expect(page.locator(".row")).to_have_count(60)
    await page.mouse.move(900, 400)
    await city.suite.events.tell(a_case(99, description="刚刚上报的井盖"))
    await expect(page.locator(".row").first).to_contain_text("刚刚上报的井盖")
    await city.suite.events.tell(a_case(99, version=2, state=cases_pb2.CASE_STATE_CLOSED))
    await expect(page.locator(".row", has_text="9991-20260306-00099")).to_have_count(0)


async def test_nothing_moves_under_the_pointer(page: Page, city: World) -> None:
    await sign_in(page, city)
    await expect(page.locator("#live")).to_have_attribute("data-live", "yes")
    first = page.locator(".row").first
    await first.hover()
    which = str(await first.get_attribute("data-id"))
    await city.suite.events.tell(a_case(99, description="刚刚上报的井盖"))
    await expect(page.locator(".news")).to_be_visible()
    await expect(first).to_have_attribute("data-id", which)
    await page.click(".news")
    await expect(page.locator(".row").first).to_contain_text("刚刚上报的井盖")


async def test_filters_ask_anew_and_stand_in_the_address(page: Page, city: World) -> None:
    await sign_in(page, city)
    await page.click(".chip[data-signal=RED]")
    async with page.expect_response(lambda answer: "/v1/cases?" in answer.url and "text=" in answer.url):
        await page.fill("input[type=search]", "路灯")
    await expect(page.locator(".row-words").first).to_have_text("整排路灯三天没亮了")
    assert "signal=RED" in page.url
    request, _ = city.suite.asked.last(incidents_pb2.ListCasesRequest)
    assert (list(request.signals), request.text, request.open_only) == ([cases_pb2.SIGNAL_RED], "路灯", True)


async def test_somebody_reports_from_where_they_stand(page: Page, city: World) -> None:
    await sign_in(page, city, "resident")
    await page.wait_for_url("**/report")
    await page.get_by_role("button", name="使用我的位置").click()
    await page.fill("#report textarea", "井盖不见了")
    await expect(page.locator(".preview")).to_contain_text("市政公用服务中心")
    await expect(page.locator(".preview .likely")).to_contain_text("23 米")
    await page.get_by_role("button", name="提交上报").click()
    await expect(page.locator(".notice")).to_contain_text("9991-")
    request, caller = city.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert request.report.description == "井盖不见了"
    assert request.report.point.latitude_deg == pytest.approx(38.5903833)
    assert caller.subject == "resident:r1"
    assert await violations(page) == []


async def test_a_draft_keeps_itself(page: Page, city: World) -> None:
    await sign_in(page, city, "resident")
    await page.wait_for_url("**/report")
    await page.fill("#report textarea", "写到一半")
    await page.reload()
    await expect(page.locator("#report textarea")).to_have_value("写到一半")


async def test_english_is_complete(page: Page, city: World) -> None:
    await page.goto("/language/en?next=/sign-in")
    await expect(page.locator("button[type=submit]")).to_have_text("Sign in")
    await sign_in(page, city)
    await expect(page.locator(".chip[data-signal=RED] span")).to_have_text("Very late")
    await expect(page.locator("#city-name")).to_have_text("Lanting City")
    await page.locator(".row", has_text=NUMBER).click()
    await expect(page.locator("#case h1")).to_have_text("Manhole cover")
    await expect(page.locator("#case .steps h2")).to_have_text("Next step")


async def test_signing_out_leads_to_the_door(page: Page, city: World) -> None:
    await sign_in(page, city, "worker")
    await page.click("#account summary")
    await page.click("#sign-out")
    await page.wait_for_url("**/sign-in")
    await page.goto("/")
    assert "/sign-in?next=%2F" in page.url


async def test_an_unknown_address_is_told_in_words(page: Page) -> None:
    await page.goto("/nothing/here")
    await expect(page.locator("h1")).to_have_text("没能完成")
    await expect(page.locator("main")).to_contain_text("这个地址没有内容")


async def test_no_page_scrolls_sideways_at_any_width(page: Page, city: World) -> None:
    await sign_in(page, city)
    for path in ("/", f"/cases/{NUMBER}", "/report"):
        await page.goto(path)
        await expect(page.locator("main")).to_be_visible()
        for width, height in ((1920, 1080), (1366, 768), (768, 1024), (390, 844)):
            await page.set_viewport_size({"width": width, "height": height})
            beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(beyond) <= 0, (path, width)


async def test_a_case_tells_who_works_at_it_and_with_what_it_is_tied(page: Page, city: World) -> None:
    whole = city.suite.incidents.cases[a_case(1).id]
    whole.case.priority = cases_pb2.PRIORITY_URGENT
    for place, state in ((1, cases_pb2.PART_STATE_SIGNED), (2, cases_pb2.PART_STATE_WAITING)):
        whole.case.parts.add(
            sequence=place, kind=cases_pb2.PART_KIND_STEP, receiver="D06", place=place, state=state, missed=place == 1
        )
    whole.case.parts.add(sequence=3, kind=cases_pb2.PART_KIND_SUMMONS, receiver="D09", state=cases_pb2.PART_STATE_OPEN)
    petition = whole.case.dealings.petition
    petition.kind, petition.asked_by, petition.reason = "extension", "staff:handler-D09", "等配件到货"
    whole.case.dealings.owed.add(kind="supervision")
    whole.case.dealings.urge_count = 2
    child, like = a_case(7), a_case(8)
    city.suite.course.children = {whole.case.id: [child]}
    glimpse = duplicates_pb2.CaseGlimpse(case_id=like.id, number=like.number, task_type_title="井盖缺失破损")
    city.suite.duplicates.relations = duplicates_pb2.GetRelationsResponse(
        likely_same=[duplicates_pb2.Relation(case=glimpse, score=0.9, distance_m=12)]
    )
    city.suite.incidents.put(like)
    await sign_in(page, city, then=f"/cases/{NUMBER}")
    await expect(page.locator(".case-head")).to_contain_text("紧急")
    await expect(page.locator(".parts li")).to_have_count(3)
    await expect(page.locator(".parts li[data-part='1']")).to_contain_text("第 1 步")
    await expect(page.locator(".parts li[data-part='2']")).to_contain_text("等待前一步")
    await expect(page.locator(".parts li[data-part='3']")).to_contain_text("吹哨报到")
    await expect(page.locator(".owed")).to_contain_text("申请延期")
    await expect(page.locator(".owed")).to_contain_text("督办待回复")
    await expect(page.locator(".facts").first).to_contain_text("催办 2 次")
    await expect(page.locator(".related")).to_contain_text(child.number)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.locator(".related").get_by_role("button", name="并入本案").click()
    await expect(page.locator(".toast")).to_contain_text("已并入 1 件")
    request, _ = city.suite.asked.last(duplicates_pb2.MergeCasesRequest)
    assert (request.master_id, request.cases[0].case_id) == (whole.case.id, like.id)
