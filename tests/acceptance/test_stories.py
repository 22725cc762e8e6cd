"""Each role's main story through the pages of a running suite, without anything but what the pages show."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.acceptance.field_story import tell as tell_of_a_day_in_the_field
from tests.acceptance.pages import People, look, people_of, step
from tests.acceptance.points_story import tell as tell_from_wish_to_rice
from tests.acceptance.suite import Json, Person, Suite
from tests.acceptance.test_manhole import manhole_report

pytestmark = pytest.mark.asyncio(loop_scope="module")
TELEPHONE = "138 1234 5678"
NUMBER = re.compile(r"9991-\d{8}-\d{5}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everybody(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    async with people_of(suite, tmp_path_factory.mktemp("pictures")) as people:
        yield people


@pytest_asyncio.fixture(loop_scope="module")
async def people(everybody: People) -> AsyncIterator[People]:
    yield everybody
    await everybody.leave()


async def number_in(page: Page, place: str) -> str:
    """The number of a case that a page tells."""
    await expect(page.locator(place)).to_contain_text(NUMBER)
    found = NUMBER.search(await page.locator(place).inner_text())
    assert found
    return found.group()


async def reported(people: People) -> tuple[Page, str]:
    """A resident without an account has reported a missing cover by telephone."""
    page = await people.somebody(phone=True)
    await page.goto("/report")
    await page.get_by_role("button", name="使用我的位置").click()
    await page.fill("#report textarea", "路中间的井盖不见了,晚上很危险")
    await page.fill("#report input[type=tel]", TELEPHONE)
    await page.set_input_files("#report input[type=file]", people.picture())
    await expect(page.locator(".uploads img")).to_have_js_property("complete", True)
    await expect(page.locator(".preview")).to_contain_text("市政公用服务中心")
    await look(page, "report")
    await page.get_by_role("button", name="提交上报").click()
    return page, await number_in(page, ".notice")


async def state_is(page: Page, word: str) -> None:
    await expect(page.locator(".case-head")).to_contain_text(word)


async def taken_in(people: People, number: str) -> Page:
    """The acceptor takes it in and opens it by keyboard, the dispatcher sends it on by one key."""
    acceptor = await people.person("acceptor", f"/?case={number}")
    await state_is(acceptor, "已上报")
    await acceptor.keyboard.press("a")
    await state_is(acceptor, "已受理")
    await step(acceptor, "立案", condition="missing")
    await state_is(acceptor, "已立案")
    dispatcher = await people.person("dispatcher", f"/?case={number}")
    await state_is(dispatcher, "已立案")
    await dispatcher.keyboard.press("d")
    await state_is(dispatcher, "已派遣")
    return acceptor


@pytest.mark.department("municipal_works")
async def test_from_a_resident_s_report_to_the_rating_everybody_sees_what_to_do(people: People) -> None:
    resident, number = await reported(people)
    acceptor = await taken_in(people, number)

    desk = await people.person("municipal_works", "/desk")
    await desk.locator(".desk-list .row", has_text=number).click()
    await step(desk, "签收")
    await step(desk, "指派", assignee="staff:handler-D09")
    handler = await people.person("municipal_works.handler", f"/cases/{number}", phone=True)
    await step(handler, "处置完成", words="已更换井盖", photo=people.picture(repaired=True, seed=2))
    await step(desk, "反馈", words="处置结果属实")

    await state_is(acceptor, "已反馈")
    await step(acceptor, "发核查", assignee="staff:GW-02001001001")
    worker = await people.person("worker", "/pocket/", phone=True)
    await expect(worker.locator("#today")).to_contain_text(number)
    await look(worker, "pocket")
    await worker.locator("#today .row", has_text=number).click()
    await step(worker, "核查通过", words="现场已恢复", photo=people.picture(repaired=True, seed=3))
    await step(acceptor, "结案", words="符合结案条件")
    await state_is(acceptor, "已结案")

    await resident.get_by_role("link", name="查询进展").click()
    await expect(resident.locator(".stages .here")).to_have_text("办结")
    await resident.locator(".stars label").nth(4).click()
    await look(resident, "follow")
    await resident.get_by_role("button", name="提交评价").click()
    await expect(resident.locator(".toast")).to_have_text("谢谢您的评价")


def sent_to_the_department(suite: Suite, words: str) -> Json:
    """A case that waits to be signed, made without pages."""
    worker, acceptor = Person(suite, "worker"), Person(suite, "acceptor")
    case = worker.report(manhole_report(worker, words)).json()["case"]
    steps = ({"event": "CASE_EVENT_ACCEPT"}, {"event": "CASE_EVENT_REGISTER", "filingCondition": "missing"})
    case = acceptor.must_advance(acceptor.get(f"/v1/cases/{case['id']}")["case"], *steps)
    return Person(suite, "dispatcher").must_advance(case, {"event": "CASE_EVENT_DISPATCH"})


@pytest.mark.department("municipal_works")
async def test_a_department_sends_back_what_is_not_its_own_and_the_desk_reads_why(people: People) -> None:
    case = sent_to_the_department(people.suite, "不归市政")
    desk = await people.person("municipal_works", "/desk")
    await desk.locator(".desk-list .row", has_text=case["number"]).click()
    await step(desk, "退回", words="产权单位是供水公司")
    dispatcher = await people.person("dispatcher", f"/?case={case['number']}")
    await state_is(dispatcher, "已退回")
    await expect(dispatcher.locator(".thread").last).to_contain_text("产权单位是供水公司")


@pytest.mark.department("municipal_works")
async def test_more_time_is_asked_for_and_given_by_two_others(people: People) -> None:
    case = sent_to_the_department(people.suite, "缺配件")
    desk = Person(people.suite, "municipal_works")
    assigned = {"event": "CASE_EVENT_ASSIGN", "assignee": "staff:handler-D09"}
    desk.must_advance(case, {"event": "CASE_EVENT_SIGN"}, assigned)
    handler = await people.person("municipal_works.handler", f"/cases/{case['number']}", phone=True)
    await step(handler, "申请延期", words="配件下周到货")
    specialist = await people.person("municipal_works", f"/cases/{case['number']}")
    await expect(specialist.locator(".owed")).to_contain_text("配件下周到货")
    await step(specialist, "初审同意")
    dispatcher = await people.person("dispatcher", f"/?case={case['number']}")
    await expect(dispatcher.locator(".owed")).to_contain_text("已初审")
    await step(dispatcher, "批准延期")
    await expect(dispatcher.locator(".facts").first).to_contain_text("延期 1 次")
    await expect(dispatcher.locator(".owed")).to_have_count(0)


async def test_a_worker_writes_the_diary_of_the_grid_and_reads_it_again(people: People) -> None:
    worker = await people.person("worker", "/pocket/", phone=True)
    await worker.get_by_role("button", name="民情日记").click()
    await worker.locator(".pocket-sheet textarea").fill("东门口新装了充电桩,大家都说方便")
    await worker.locator(".pocket-sheet select").select_option("5")
    await worker.get_by_role("button", name="保存").click()
    await expect(worker.locator("#outbox")).to_have_text("都已发送")
    await worker.get_by_role("button", name="民情日记").click()
    newest = worker.locator(".diary-lines li").first
    await expect(newest).to_contain_text("东门口新装了充电桩")
    await expect(newest).to_contain_text("很满意")
    await look(worker, "diary")


async def test_a_worker_reports_in_three_taps_without_a_signal(people: People) -> None:
    worker = await people.person("worker", "/pocket/", phone=True)
    await expect(worker.locator("#acts button").first).to_be_visible()
    await expect(worker.locator("#today")).not_to_be_empty()
    await worker.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await worker.context.set_offline(True)
    await worker.set_input_files("#camera", people.picture(seed=9))
    await expect(worker.locator(".pocket-sheet figure img")).to_have_count(1)
    await look(worker, "pocket-report")
    await worker.locator(".kind-chips button").first.click()
    await worker.get_by_role("button", name="提交上报").click()
    await expect(worker.locator("#outbox")).to_have_text("待发 1 件")
    await worker.context.set_offline(False)
    number = await number_in(worker, ".toast")
    await expect(worker.locator("#outbox")).to_have_text("都已发送")
    await expect(worker.locator("#today")).to_contain_text(number)


@pytest.mark.department("municipal_works")
async def test_a_resident_who_is_not_satisfied_has_it_done_again(people: People) -> None:
    resident, number = await reported(people)
    end_of(people.suite, number)
    await resident.get_by_role("link", name="查询进展").click()
    await expect(resident.locator(".stages .here")).to_have_text("办结")
    await resident.locator(".own-more summary", has_text="申请重新办理").click()
    form = resident.locator(".own-more form")
    await form.locator("textarea").fill("井盖又松动了")
    await form.get_by_role("button").click()
    await expect(resident.locator(".toast")).to_have_text("已经重新办理")
    await expect(resident.locator(".next")).to_contain_text("正在重新办理")


def end_of(suite: Suite, number: str) -> None:
    """A case is dealt with from end to end, without pages."""
    acceptor, desk, worker = Person(suite, "acceptor"), Person(suite, "municipal_works"), Person(suite, "worker")
    after = {**desk.upload("manhole_cover_missing", repaired=True, seed=2), "kind": "EVIDENCE_KIND_AFTER"}
    seen = {**worker.upload("manhole_cover_missing", repaired=True, seed=3), "kind": "EVIDENCE_KIND_CHECK"}
    case = acceptor.get(f"/v1/cases/{number}")["case"]
    ways: list[tuple[Person, list[Json]]] = [
        (acceptor, [{"event": "ACCEPT"}, {"event": "REGISTER", "filingCondition": "missing"}]),
        (Person(suite, "dispatcher"), [{"event": "DISPATCH"}]),
        (desk, [{"event": "SIGN"}, {"event": "DISPOSE", "opinion": "已更换", "evidence": [after]}]),
        (desk, [{"event": "FEEDBACK", "opinion": "属实"}]),
        (acceptor, [{"event": "SEND_CHECK", "assignee": "staff:GW-02001001001"}]),
        (worker, [{"event": "CHECK_PASS", "opinion": "已恢复", "evidence": [seen]}]),
        (acceptor, [{"event": "CLOSE", "opinion": "符合结案条件"}]),
    ]
    for person, steps in ways:
        case = person.must_advance(case, *({**each, "event": f"CASE_EVENT_{each['event']}"} for each in steps))


async def test_an_administrator_stops_a_kind_of_matter_and_admits_it_again(people: People) -> None:
    admin = await people.person("admin", "/admin#types")
    row = admin.locator("tbody tr", has_text="road_ponding")
    for state, word in (("SUSPENDED", "已暂停"), ("ADMITTED", "已准入")):
        await row.get_by_role("button", name="调整准入").click()
        window = admin.locator("dialog[open]")
        await window.locator("select").select_option(state)
        await expect(window.locator(".notice")).to_contain_text("件")
        await window.locator("textarea").fill("试运行核对")
        await window.locator("button[type=submit]").click()
        await expect(row.locator(".badge")).to_contain_text(word)


async def test_a_rule_is_tried_on_past_cases_before_it_counts(people: People) -> None:
    chief = await people.person("chief", "/admin#rules")
    await chief.locator(".room .button.main").first.click()
    editor = chief.locator(".rule-editor")
    await editor.get_by_label("说明").fill("照旧,试算一次")
    await editor.locator("button[type=submit]").click()
    draft = chief.locator("tbody tr", has_text="照旧,试算一次")
    await draft.get_by_role("button", name="试算").click()
    await chief.locator(".inline-form .button.main").click()
    await expect(chief.locator(".figure")).to_contain_text("件")
    await look(chief, "rules")


async def test_a_patroller_files_what_a_camera_shows(people: People) -> None:
    patroller = await people.person("video", "/video")
    await patroller.locator(".tile button").first.click()
    window = patroller.locator("dialog[open]")
    await expect(window.locator(".focus-frame img")).to_be_visible()
    await look(patroller, "video")
    await window.locator(".kind-chips button").first.click()
    number = await number_in(patroller, ".toast")
    acceptor = await people.person("acceptor", f"/?case={number}")
    await expect(acceptor.locator(".facts").first).to_contain_text("视频")


async def test_a_wish_is_served_and_turned_into_rice_and_every_number_has_its_rows(people: People) -> None:
    await tell_from_wish_to_rice(people)


async def test_a_worker_s_day_on_the_books_ends_at_the_border_of_the_grid(people: People) -> None:
    await tell_of_a_day_in_the_field(people)
