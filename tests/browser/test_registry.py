"""The city's books as people use them, before the real registry: a worker's day, a file that comes in, grids that change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from gridward.registry.v1 import catalogue_pb2, elements_pb2
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.books import BUILDING, IDENTITY, PERSON, PHONE, WORKER_PATH, Books, furnish
from tests.browser.conftest import WITHOUT_MAP, open_context, sign_in
from tests.browser.test_every_page import LOOKS, faults_of, picture
from tests.browser.test_pages import violations
from tests.integration.registry.test_catalogue import PUBLIC, publish, table
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, books: Books) -> AsyncIterator[BrowserContext]:
    """A browser of somebody's own who stands in the first grid."""
    context = await open_context(browser, books.world)
    await context.add_init_script(WITHOUT_MAP)
    await context.add_init_script(f"localStorage.setItem('gridward.pocket.terminal', '{PHONE}')")
    longitude, latitude = middle_of(0, 0)
    await context.set_geolocation({"longitude": longitude, "latitude": latitude})
    yield context
    await context.close()


async def note_lamp(page: Page) -> None:
    """Note a broken lamp where one stands."""
    await page.get_by_role("tab", name="登记部件").click()
    await page.get_by_label("小类").fill("0137")
    await page.get_by_label("状态").select_option("damaged")
    await expect(page.get_by_label("经度")).not_to_have_value("")
    await page.get_by_role("button", name="登记", exact=True).click()


async def test_a_day_in_the_field_on_the_registry_alone(desk: BrowserContext, books: Books) -> None:
    """See my grid, visit a household, correct a fact, register a broken lamp, be refused next door."""
    page = await desk.new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    await sign_in(page, books.world, "worker", then="/pocket/")
    await page.get_by_role("button", name="入户走访").click()
    await expect(page.locator(".visit-list li")).to_have_count(1)
    await page.locator(".visit-list button").click()
    async with page.expect_response(lambda answer: answer.url.endswith("/v1/visits")) as told:
        await page.get_by_role("button", name="保存").click()
    assert (await told.value).ok
    visited = await books.registry.rows("SELECT grid_code, met, visitor FROM visit")
    assert visited == [{"grid_code": grid_code(0), "met": True, "visitor": "staff:worker"}]

    await page.get_by_role("link", name="查底数").click()
    await expect(page.locator(".books-counts")).to_contain_text("人口 1")
    await page.get_by_role("searchbox").fill("lxm")
    await page.get_by_role("button", name="查找", exact=True).click()
    found = page.locator(".books-list button")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("李")
    assert "小明" not in await page.locator("main").inner_text()
    await found.click()
    entry = page.locator("dialog .books-entry")
    await expect(entry).to_contain_text("139****0001")
    await entry.get_by_role("button", name="更正").click()
    form = page.locator("dialog form")
    await form.get_by_label("信息项").select_option("phone")
    await form.get_by_label("现场情况").fill("13900000002")
    await form.get_by_role("button", name="保存").click()
    await expect(entry).to_contain_text("139****0002")
    await page.keyboard.press("Escape")

    await note_lamp(page)
    await expect(page.locator(".books-form")).to_contain_text(grid_code(0))
    lamps = "SELECT grid_code, state FROM element WHERE class_code = '0137'"
    assert await books.registry.rows(lamps) == [{"grid_code": grid_code(0), "state": "damaged"}]

    longitude, latitude = middle_of(1, 0)
    await desk.set_geolocation({"longitude": longitude, "latitude": latitude})
    await page.reload()
    await note_lamp(page)
    await expect(page.locator(".books-form .wrong")).to_contain_text("网格")
    assert len(await books.registry.rows(lamps)) == 1
    refused = await books.registry.rows("SELECT grid_code, found_grid_code FROM terminal_refusal")
    assert refused == [{"grid_code": grid_code(0), "found_grid_code": grid_code(1)}]
    assert await violations(page) == []


async def test_a_file_is_tried_its_faults_told_by_row_and_column_and_stored_when_it_has_none(
    desk: BrowserContext, books: Books, tmp_path: Path
) -> None:
    page = await desk.new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.add_init_script("localStorage.removeItem('gridward.pocket.terminal')")
    await sign_in(page, books.world, "admin", then="/registry#imports")
    east, north = middle_of(0, 1)
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text(f"key,name,longitude,latitude\nB1,一号楼,{east},{north}\nB2,二号楼,hundred,{north}\n")
    good.write_text(f"key,name,longitude,latitude\nB1,一号楼,{east},{north}\nB2,二号楼,{east},{north}\n")
    await page.get_by_label("类别").select_option("ELEMENT_KIND_BUILDING")
    await page.set_input_files("input[type=file]", bad)
    await page.get_by_role("button", name="上传并试导").click()
    fault = page.locator(".books-progress tbody tr")
    await expect(fault).to_have_count(1)
    await expect(fault).to_contain_text("longitude")
    await expect(fault).to_contain_text("不是数字")
    await expect(fault.locator("td").first).to_have_text("3")
    await expect(page.get_by_role("button", name="正式导入")).to_have_count(0)
    await page.set_input_files("input[type=file]", good)
    await page.get_by_role("button", name="上传并试导").click()
    await expect(page.locator(".books-progress")).to_contain_text("新增 2")
    stored = "SELECT count(*) AS n FROM element WHERE key IN ('B1', 'B2')"
    assert await books.registry.rows(stored) == [{"n": 0}]
    await page.get_by_role("button", name="正式导入").click()
    await expect(page.locator(".books-progress h2")).to_have_text("已导入")
    assert await books.registry.rows(stored) == [{"n": 2}]
    assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert await violations(page) == []


async def test_a_split_is_looked_at_ahead_says_what_moves_and_who_was_not_counted(
    desk: BrowserContext, books: Books
) -> None:
    page = await desk.new_page()
    await sign_in(page, books.world, "admin", then="/registry#changes")
    await page.get_by_role("button", name="拟订调整").click()
    form = page.locator("dialog form")
    await form.get_by_label("方式").select_option("SPLIT")
    await form.get_by_role("combobox", name="原区域").fill(grid_code(0))
    await form.get_by_label("新区域编码").fill(f"{grid_code(8)} {grid_code(9)}")
    await form.get_by_label("第一块占比").fill("30")
    await form.get_by_label("生效日期").fill(f"{datetime.now(UTC).year + 1}-01-01")
    await form.get_by_label("理由").fill("户数过多")
    await form.get_by_role("button", name="预览影响").click()
    card = page.locator(".books-change")
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text(grid_code(8))
    await expect(card.locator("tbody")).to_contain_text("人口 1")
    await expect(card.locator("tbody")).to_contain_text("终端 1")
    await expect(card.locator(".wrong")).to_contain_text("在办案件, 摄像头")
    await card.get_by_role("button", name="放弃").click()
    await page.locator("dialog").get_by_role("button", name="放弃").click()
    await expect(card).to_contain_text("已放弃")
    (planned,) = await books.registry.rows("SELECT preview FROM area_change")
    assert sorted(planned["preview"]["begun"]) == [grid_code(8), grid_code(9)]
    assert {move["to"] for move in planned["preview"]["moves"]} == {grid_code(9)}
    assert await violations(page) == []


async def test_a_border_moves_and_the_neighbour_takes_what_is_left(desk: BrowserContext, books: Books) -> None:
    page = await desk.new_page()
    await sign_in(page, books.world, "admin", then="/registry#changes")
    await page.get_by_role("button", name="拟订调整").click()
    form = page.locator("dialog form")
    await form.get_by_label("方式").select_option("MOVE_BORDER")
    await form.get_by_role("combobox", name="原区域").fill(grid_code(0))
    await form.get_by_label("新区域编码").fill(grid_code(1))
    await form.get_by_label("划出哪一侧").select_option("east")
    await form.get_by_label("划出的份额").fill("60")
    await form.get_by_label("生效日期").fill(f"{datetime.now(UTC).year + 1}-01-01")
    await form.get_by_label("理由").fill("以路为界")
    await form.get_by_role("button", name="预览影响").click()
    card = page.locator(".books-change", has_text="以路为界")
    await expect(card.locator("tbody")).to_contain_text("人口 1")
    await card.get_by_role("button", name="放弃").click()
    await page.locator("dialog").get_by_role("button", name="放弃").click()
    await expect(card).to_contain_text("已放弃")
    (planned,) = await books.registry.rows("SELECT preview FROM area_change WHERE reason = '以路为界'")
    assert [(move["from"], move["to"]) for move in planned["preview"]["moves"]] == [(grid_code(0), grid_code(1))]


async def test_data_is_asked_for_with_a_purpose_lent_by_its_owner_read_and_traced(
    desk: BrowserContext, books: Books
) -> None:
    admin = await books.registry.service("demo")
    await publish(admin, table("D05", "T-L", ("name", "房主姓名", catalogue_pb2.OPENNESS_RELATED, PERSON)))
    page = await desk.new_page()
    await sign_in(page, books.world, "borrower", then="/registry#lending")
    await page.get_by_role("checkbox", name="申请借阅: name").check()
    await page.get_by_role("button", name="申请借阅").click()
    form = page.locator("dialog form")
    await form.get_by_role("combobox", name="区域").fill(CITY)
    await form.get_by_label("用途").fill("核对租住人口")
    await form.get_by_role("button", name="申请借阅").click()
    card = page.locator(".books-change", has_text="核对租住人口")
    await expect(card).to_contain_text("待审批")
    await expect(card.get_by_role("button")).to_have_count(0)
    owner = await desk.new_page()
    await sign_in(owner, books.world, "lender", then="/registry#lending")
    waiting = owner.locator(".books-change", has_text="核对租住人口")
    await waiting.get_by_role("button", name="同意借出").click()
    await owner.locator("dialog").get_by_role("button", name="同意借出").click()
    await expect(waiting).to_contain_text("已借出")
    await sign_in(page, books.world, "borrower", then="/registry#lending")
    await page.reload()
    await card.get_by_role("button", name="读取").click()
    await expect(card.locator("tbody")).to_contain_text("李**")
    await expect(card).to_contain_text("已留痕")
    (read,) = await books.registry.rows("SELECT purpose, row_count FROM audit WHERE action = 'loan_read'")
    assert read == {"purpose": "核对租住人口", "row_count": 1}


async def test_neighbours_propose_deliberate_twice_and_vote(desk: BrowserContext, books: Books) -> None:
    page = await desk.new_page()
    await sign_in(page, books.world, "community", then="/registry#councils")
    await page.get_by_role("button", name="成立议事会").click()
    form = page.locator("dialog form")
    field = form.get_by_role("combobox", name="区域")
    # By words, with keys alone: the list closes and names what was chosen; Escape closes it, not the window.
    await field.press_sequentially(community_code()[-7:])
    found = form.locator(".area-list [role=option]")
    await expect(found.first).to_have_attribute("aria-selected", "true")
    await field.press("Escape")
    await expect(found.first).to_be_hidden()
    await field.press("ArrowDown")
    await expect(found.first).to_have_attribute("aria-selected", "true")
    assert await violations(page) == []
    await picture(page, "area-picker")
    await field.press("Enter")
    await expect(form.locator(".area-chips")).to_contain_text(f"区域{community_code()}")
    await form.get_by_label("名称").fill("松月议事会")
    await form.get_by_label("成员").fill("staff:community")
    await form.get_by_role("button", name="成立议事会").click()
    council = page.locator(".books-change", has_text="松月议事会").first
    for number in (1, 2):
        await council.get_by_role("button", name="记录会议").click()
        await form.get_by_label("纪要").fill(f"第{number}次会")
        await form.get_by_role("button", name="记录会议").click()
        await expect(council).to_contain_text(f"本年开会 {number}/12")
    await council.get_by_role("button", name="提交提案").click()
    await form.get_by_label("题目").fill("加装路灯")
    await form.get_by_label("内容").fill("巷口太暗")
    await form.get_by_role("button", name="提交提案").click()
    await expect(council).to_contain_text("提案 1")
    await council.get_by_role("button", name="打开").click()
    proposal = council.locator(".books-change", has_text="加装路灯")
    for number in (1, 2):
        await proposal.get_by_role("button", name="记录商议").click()
        chosen = form.get_by_label("会议", exact=False)
        await chosen.select_option(label=await chosen.locator("option", has_text=f"第{number}次会").inner_text())
        await form.get_by_label("意见").fill("可行")
        await form.get_by_role("button", name="记录商议").click()
        await expect(proposal).to_contain_text(f"第 {number} 次商议")
    await proposal.get_by_role("button", name="投票").click()
    await form.get_by_label("投票").select_option("VOTE_CHOICE_FOR")
    await form.get_by_role("button", name="投票").click()
    await proposal.get_by_role("button", name="计票").click()
    await form.get_by_role("button", name="计票").click()
    await expect(proposal).to_contain_text("已通过")
    await proposal.get_by_role("button", name="公开").click()
    await form.get_by_label("内容").fill("赞成一票,通过")
    await form.get_by_role("button", name="公开").click()
    await expect(proposal).to_contain_text("第 1 次公开")


async def test_the_force_is_placed_in_grids_and_gaps_are_shown(desk: BrowserContext, books: Books) -> None:
    page = await desk.new_page()
    await sign_in(page, books.world, "chief", then="/registry#force")
    await page.get_by_role("button", name="安排人员").click()
    form = page.locator("dialog form")
    await form.get_by_label("人员和网格").fill(f"staff:F1 {grid_code(0)} {grid_code(1)}\nstaff:F2 {grid_code(2)}")
    await form.get_by_role("button", name="安排人员").click()
    await expect(page.locator("#room")).to_contain_text("干部 2")
    await expect(page.locator("tr", has_text="staff:F1")).to_contain_text(f"{grid_code(0)} {grid_code(1)}")


async def test_an_emergency_is_declared_and_stood_down(desk: BrowserContext, books: Books) -> None:
    page = await desk.new_page()
    await sign_in(page, books.world, "chief", then="/registry#emergencies")
    await page.get_by_role("button", name="进入战时").click()
    form = page.locator("dialog form")
    field = form.get_by_role("combobox", name="区域")
    # Down the tree: into the district, then back, into it again by the mouse, and on.
    await field.click()
    offered = form.locator(".area-list [role=option]")
    await expect(offered).to_have_count(2)
    await field.press("ArrowDown")
    await field.press("ArrowDown")
    await field.press("ArrowRight")
    await expect(form.locator(".area-trail")).to_be_visible()
    await expect(offered).to_have_count(1)
    await field.press("ArrowLeft")
    await expect(offered).to_have_count(2)
    for code in (DISTRICT, f"{DISTRICT}001", community_code()):
        await form.get_by_role("option", name=f"区域{code} {code}", exact=True).locator(".area-in").click()
    await offered.filter(has_text=grid_code(3)).click()
    await expect(form.locator(".area-chips")).to_contain_text(f"区域{grid_code(3)}")
    await form.get_by_label("事由").fill("防汛")
    await form.get_by_label("理由").fill("水位超警")
    await form.get_by_role("button", name="进入战时").click()
    card = page.locator(".books-change")
    await expect(card).to_contain_text("每 60 分钟报平安")
    await card.get_by_role("button", name="解除").click()
    await page.locator("dialog").get_by_label("理由").fill("水位回落")
    await page.locator("dialog").get_by_role("button", name="解除").click()
    await expect(card).to_contain_text("已解除")
    assert await violations(page) == []


async def test_people_see_who_looked_at_them_and_anybody_takes_open_data_home(
    desk: BrowserContext, books: Books
) -> None:
    page = await desk.new_page()
    worker = await books.registry.person("grid_worker", WORKER_PATH, subject="staff:worker")
    admin = await books.registry.service("demo")
    await publish(admin, table("D05", "T-B", ("name", "楼栋名称", PUBLIC, BUILDING)))
    people = await worker.elements.ListElements(elements_pb2.ListElementsRequest(kind=PERSON))
    await worker.elements.RevealElement(
        elements_pb2.RevealElementRequest(id=people.elements[0].id, purpose="上门核实", items=["name"])
    )
    phone = await worker.elements.RevealElement(
        elements_pb2.RevealElementRequest(id=people.elements[0].id, purpose="核对电话", items=["phone"])
    )
    await sign_in(page, books.world, "resident", then="/my-data")
    await page.get_by_label("身份证号").fill(IDENTITY)
    await page.get_by_label("登记的电话").fill("13000000000")
    await page.get_by_role("button", name="查找", exact=True).click()
    await expect(page.locator(".wrong")).to_be_visible()
    await page.get_by_label("登记的电话").fill(phone.items["phone"])
    await page.get_by_role("button", name="查找", exact=True).click()
    await expect(page.locator("tbody tr", has_text="上门核实")).to_contain_text("网格员")
    await expect(page.locator("tbody")).not_to_contain_text("staff:worker")
    await page.get_by_label("类别").select_option("ELEMENT_KIND_BUILDING")
    async with page.expect_download() as taken:
        await page.get_by_role("button", name="下载").click()
    taken_home = await (await taken.value).path()
    content = await asyncio.to_thread(taken_home.read_text)
    assert "松月街3号楼" in content
    assert "李" not in content
    assert await violations(page) == []


async def open_borders(page: Page) -> None:
    """The form by which a border moves."""
    await page.locator(".steps-row .button.main").first.click()
    await page.locator("dialog select").first.select_option("MOVE_BORDER")
    await expect(page.locator("dialog .books-pair:visible")).to_have_count(1)


async def open_matters(page: Page) -> None:
    """What lies before the last council."""
    await page.locator(".books-change", has_text="听证会").last.locator(".steps-row .button").first.click()
    await expect(page.locator(".books-change .books-change h4", has_text="加装电梯").first).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
async def test_every_room_of_the_books_is_fit_for_everybody(
    browser: Browser, books: Books, look: tuple[int, str, str]
) -> None:
    width, language, colours = look
    await furnish(books.registry)
    context = await open_context(browser, books.world)
    await context.add_init_script(WITHOUT_MAP)
    await context.add_init_script(f"localStorage.setItem('gridward.theme', '{colours}')")
    await context.add_cookies([{"name": "gridward-language", "value": language, "url": books.world.url}])
    page = await context.new_page()
    await page.set_viewport_size({"width": width, "height": 900})
    rooms: tuple[tuple[str, str, Callable[[Page], Awaitable[None]] | None], ...] = (
        ("borrower", "lending", None),
        ("community", "councils", open_matters),
        ("admin", "changes", open_borders),
        ("admin", "force", None),
    )
    wrong: list[str] = []
    for login, room, act in rooms:
        await page.goto("about:blank")  # another room of the same page would not be loaded anew
        await context.clear_cookies(name=books.world.gate.visitors.cookie)
        await sign_in(page, books.world, login, then=f"/registry#{room}")
        await expect(page.locator("#room .skeleton, #room [aria-busy=true]")).to_have_count(0)
        await expect(page.locator("#room").get_by_role("button").first).to_be_visible()
        if act is not None:
            await act(page)
        wrong += [f"{room} {each}" for each in await faults_of(page)]
        await picture(page, f"registry-{room}-{width}-{language}-{colours}")
    await context.close()
    assert not wrong, "\n".join(wrong)
