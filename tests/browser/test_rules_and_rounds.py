"""Rules, rounds, the bell and the texts as people meet them, with the real case engine behind the pages."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from gridward.incidents.v1 import cases_pb2, inspections_pb2, inspections_pb2_grpc
from gridward.registry.v1 import staff_pb2
from playwright.async_api import Browser, Page, expect

from services.demo import city
from services.gateway.transcode import to_json
from services.platform.clock import ManualClock
from tests.browser.conftest import WITHOUT_MAP, open_context, sign_in
from tests.browser.test_every_page import faults_of
from tests.conftest import clone_database
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import World, settings_for, world_of
from tests.integration.incidents import town
from tests.integration.incidents.conftest import running_hall
from tests.integration.incidents.hall import Hall, eventually
from tests.support.servers import ObjectStoreServer, PostgresServer
from tests.support.tokens import TestTokens

pytestmark = pytest.mark.asyncio(loop_scope="session")
PICTURES = os.environ.get("GRIDWARD_TEST_PICTURES", "")
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hall(
    postgres: PostgresServer, database_templates: Callable[[str], str], tokens: TestTokens
) -> AsyncIterator[Hall]:
    """The case engine, with somebody on the post of a grid."""
    dsn = clone_database(postgres, database_templates("incidents"), "incidents")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("GRIDWARD_SEAL_FILE", str(tokens.seal_file("incidents")))
        async with running_hall(dsn, tokens, ManualClock(MONDAY), timers=False) as hall:
            post = staff_pb2.Post(
                code=f"P-{town.GRID}", role="grid_worker", area_code=town.GRID, staff_code="staff:worker"
            )
            hall.view.take_posts(staff_pb2.WatchPostsResponse(posts=[post], version=101, complete=True))
            yield hall


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town_hall(  # noqa: PLR0917 - each is a fixture
    hall: Hall,
    postgres: PostgresServer,
    database_templates: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    demo_data: Path,
) -> AsyncIterator[World]:
    """A gateway before the real case engine and a stand-in for registry."""
    suite = FakeSuite(tokens, demo_data)
    addresses = {**await suite.start(), "incidents_address": f"127.0.0.1:{hall.process.port}"}
    dsn = clone_database(postgres, database_templates("gateway"), "gateway")
    async with world_of(settings_for(dsn, object_store, tokens, addresses, demo=True), suite) as world:
        yield world
    await suite.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, town_hall: World) -> AsyncIterator[Page]:
    context = await open_context(browser, town_hall)
    await context.add_init_script(WITHOUT_MAP)
    yield await context.new_page()
    await context.close()


async def looked_at(page: Page, world: World, name: str) -> None:
    """Fit for everybody on a phone and at a desk, in both languages and colours; a picture of each for whoever asks."""
    for width, language, colours in ((1366, "zh", "light"), (390, "en", "dark"), (390, "zh", "light")):
        await page.set_viewport_size({"width": width, "height": 844})
        await page.context.add_cookies([{"name": "gridward-language", "value": language, "url": world.url}])
        await page.evaluate(f"localStorage.setItem('gridward.theme', '{colours}')")
        await page.reload()
        await expect(page.locator("#app:empty")).to_have_count(0)
        await expect(page.locator("#app :is(.empty, table, .plan, .place):visible").first).to_be_visible()
        assert await faults_of(page) == [], (name, width, language)
        if PICTURES:
            await page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{language}.png")
    await page.set_viewport_size({"width": 1366, "height": 768})
    await page.context.add_cookies([{"name": "gridward-language", "value": "zh", "url": world.url}])
    await page.reload()


async def write_rule(page: Page, name: str, department: str) -> None:
    await page.get_by_role("button", name="添加规则").click()
    window = page.locator("dialog.window")
    await window.get_by_label("名称", exact=True).fill(name)
    kinds = window.get_by_role("group", name="事项")
    await kinds.locator(f"[value={town.GARBAGE}]").check()
    await kinds.locator(f"[value={town.MANHOLE}]").check()
    await window.get_by_label("将派往").select_option(department)
    await window.get_by_role("group", name="协办部门").get_by_label("市政公用服务中心").check()
    await window.get_by_role("button", name="放入草稿").click()
    await expect(window).to_have_count(0)


async def test_rules_are_written_in_place_tried_and_put_in_force_by_their_page(
    page: Page, town_hall: World, hall: Hall
) -> None:
    hall.view.take_owner_units(city.owner_units())
    for _ in range(3):
        assert (await hall.report()).department_code == "D07"
    await sign_in(page, town_hall, then="/admin#rules")
    await page.get_by_role("button", name="编写规则").click()
    await write_rule(page, "垃圾归市政", "D09")
    await write_rule(page, "垃圾归城管", "D06")
    names = page.locator(".rule-lines li > div > b:first-child")
    await expect(names).to_have_text(["垃圾归城管", "垃圾归市政"])
    await page.locator(".rule-lines li").nth(1).get_by_role("button", name="上移").click()
    await expect(names).to_have_text(["垃圾归市政", "垃圾归城管"])
    await page.locator(".rule-lines li").nth(0).get_by_role("button", name="下移").click()
    await page.locator(".rule-lines li").nth(1).get_by_role("button", name="修改").click()
    window = page.locator("dialog.window")
    await window.get_by_text("更多条件").click()
    await window.get_by_role("group", name="产权单位").get_by_label("供水公司").check()
    await window.get_by_role("button", name="放入草稿").click()
    await expect(page.locator(".rule-lines li").nth(1)).to_contain_text("U01")
    await page.get_by_label("说明").fill("城管接手垃圾")
    await page.get_by_role("button", name="存为新版本").click()
    version = page.locator("table tbody tr").first
    await expect(version).to_contain_text("城管接手垃圾")
    await version.get_by_role("button", name="试算").click()
    trial = page.locator(".rule-body")
    await trial.get_by_role("button", name="试算", exact=True).click()
    await expect(trial.locator(".figure")).to_have_text("试算 3 件，3 件去向改变")
    await expect(trial.locator("table").first).to_contain_text("D06")
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "rules-trial.png", full_page=True)
    await trial.get_by_role("button", name="使这一版生效").click()
    await expect(page.locator(".badge")).to_have_text(["生效中"])
    assert (await hall.report()).department_code == "D06"
    await looked_at(page, town_hall, "rules")


async def test_another_system_is_added_with_a_secret_shown_once_and_told_again_what_it_missed(
    page: Page, town_hall: World, hall: Hall
) -> None:
    await sign_in(page, town_hall, then="/admin#webhooks")
    await page.get_by_role("button", name="登记系统").click()
    window = page.locator("dialog.window")
    await window.get_by_label("接收地址").fill("http://127.0.0.1:9/hook")
    await window.get_by_role("button", name="登记系统").click()
    await expect(window.locator(".wrong")).to_have_text("请至少选择一种消息。")
    await window.get_by_label("新案件").check()
    await window.get_by_role("button", name="登记系统").click()
    await expect(window.get_by_label("签名密钥")).to_have_value(re.compile(r"^[\w-]{40,}$"))
    await window.get_by_role("button", name="已记下").click()
    await expect(window).to_have_count(0)
    case = await hall.report()
    shown = page.locator("tbody tr", has_text="/hook")

    async def given_up() -> bool:
        async with hall.database.transaction() as transaction:
            found = await transaction.execute(
                "UPDATE notice SET state = 'failed' WHERE channel = 'webhook' AND problem <> '' RETURNING id"
            )
            return bool(await found.fetchall())

    await eventually(given_up)
    await page.reload()
    await expect(shown).to_contain_text("放弃 1")
    await shown.get_by_role("button", name="最近发送").click()
    sent = page.locator(".rule-body tbody tr")
    await expect(sent).to_contain_text(case.number)
    await expect(sent).to_contain_text("已放弃")
    await sent.locator("summary").click()
    await expect(sent.locator("pre")).to_contain_text("incident_reported")
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "webhooks-sent.png", full_page=True)
    await shown.get_by_role("button", name="重发放弃的").click()
    await expect(page.locator(".toast")).to_have_text("重新发送 1 条")
    await looked_at(page, town_hall, "webhooks")
    await shown.get_by_role("button", name="停用").click()
    await window.get_by_role("button", name="停用").click()
    await expect(shown).to_contain_text("已停用")


async def test_an_edition_of_classes_is_read_from_a_sheet_tried_and_kept_by_its_page(
    page: Page, town_hall: World
) -> None:
    await sign_in(page, town_hall, then="/admin#classes")
    await page.get_by_role("button", name="导入新版本").click()

    async def read(text: str) -> None:
        sheet = {"name": "classes.csv", "mimeType": "text/csv", "buffer": text.encode()}
        await page.get_by_label("表格").set_input_files(files=[sheet])  # type: ignore[list-item]
        await page.get_by_role("button", name="试算").click()

    await page.get_by_label("版本名称").fill("二〇二六版")
    await page.get_by_label("生效日期").fill("2026-04-01")
    await read("代码,名称,时限\nC0101,上水井盖,缺失:2uh\nX9,不明,很快\n")
    faults = page.locator(".rule-body tbody tr")
    await expect(faults).to_contain_text(["“X9”不像 C0101 或 E0110", "“很快”不像 缺失:2uh"])
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "classes-faults.png", full_page=True)
    await read("代码,名称,时限\nC0101,上水井盖,缺失:2uh\nC0102,污水井盖,缺失:2uh\n")
    await expect(page.locator(".rule-body .figure")).to_contain_text("可以导入")
    await page.get_by_role("button", name="保存这一版").click()
    await expect(page.locator(".toast")).to_contain_text("2026-04-01 起生效")
    kept = page.locator("tbody tr", has_text="二〇二六版")
    await expect(kept).to_contain_text("2026-04-01")
    await kept.get_by_role("button", name="查看").click()
    await expect(page.locator(".rule-body tbody tr")).not_to_have_count(0)
    await looked_at(page, town_hall, "classes")


async def test_the_share_of_urgent_cases_is_settled_by_its_page(page: Page, town_hall: World, hall: Hall) -> None:
    await sign_in(page, town_hall, then="/steering#limits")
    urgent = page.locator("tbody tr", has_text="紧急")
    await expect(urgent).to_contain_text("50%")
    await urgent.get_by_role("button", name="修改").click()
    window = page.locator("dialog.window")
    await window.get_by_label("时限的百分之几").fill("40")
    await window.get_by_label("理由").fill("汛期")
    await window.get_by_role("button", name="保存").click()
    await expect(urgent).to_contain_text("40%")
    settled = await hall.rows("SELECT document -> 'shares' ->> 'urgent' AS share FROM area_limits")
    assert [row["share"] for row in settled] == ["0.4"]
    await looked_at(page, town_hall, "limits")


def rounds(hall: Hall) -> inspections_pb2_grpc.InspectionsServiceAsyncStub:
    caller = hall.person("duty_chief", subject="staff:chief")
    hall.stub(caller)
    return inspections_pb2_grpc.InspectionsServiceStub(hall.channels[repr(caller)])


async def with_places(hall: Hall) -> None:
    """Two shops, and three things to look at in each by two lines."""
    lines = [
        inspections_pb2.InspectionLine(code="fire", name="消防", name_en="Fire safety"),
        inspections_pb2.InspectionLine(code="city", name="城管", name_en="City management"),
    ]
    items = [
        inspections_pb2.InspectionItem(
            code=f"{line}-{number}", line=line, title=title, title_en=title_en, severity=severity,
            rectify_department="D07", task_type=town.GARBAGE,
        )
        for line, number, title, title_en, severity in (
            ("fire", 1, "安全出口上锁", "Exit locked", inspections_pb2.SEVERITY_CRITICAL),
            ("fire", 2, "灭火器过期", "Extinguisher expired", inspections_pb2.SEVERITY_MAJOR),
            ("city", 1, "门前垃圾", "Litter at the door", inspections_pb2.SEVERITY_MINOR),
        )
    ]  # fmt: skip
    sites = [
        inspections_pb2.Site(code=f"shop-{number}", name=f"幸福超市{number}号", kind="merchant", point=town.point_in(town.GRID))
        for number in (1, 2)
    ]  # fmt: skip
    await rounds(hall).ImportItems(
        inspections_pb2.ImportItemsRequest(request_id=town.request_id(), lines=lines, items=items)
    )
    await rounds(hall).ImportSites(inspections_pb2.ImportSitesRequest(request_id=town.request_id(), sites=sites))


async def plan(page: Page, title: str, before: str = "") -> None:
    await page.get_by_role("button", name="新建一轮").click()
    window = page.locator("dialog.window")
    await window.get_by_label("名称", exact=True).fill(title)
    if before:
        await window.get_by_label("上一轮").select_option(label=before)
    await window.get_by_label("点位类型").fill("merchant")
    await window.get_by_label("完成期限").fill((MONDAY + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M"))
    await window.get_by_role("button", name="保存").click()
    await expect(window).to_have_count(0)


async def test_a_round_is_planned_walked_and_looked_at_again_by_its_page(
    page: Page, town_hall: World, hall: Hall
) -> None:
    await with_places(hall)
    await sign_in(page, town_hall, then="/inspections")
    await plan(page, "三月商户检查")
    await page.locator(".place", has_text="幸福超市1号").click()
    await page.locator(".check-line summary", has_text="消防").click()
    await page.locator(".check-entry", has_text="灭火器过期").locator("input[type=checkbox]").first.check()
    await page.locator(".check-entry", has_text="灭火器过期").locator("textarea").fill("去年十月到期")
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "inspections-list.png")
    await page.get_by_role("button", name="记录 1 个问题").click()
    await expect(page.locator(".place")).to_have_count(1)
    await page.locator(".place", has_text="幸福超市2号").click()
    await expect(page.locator(".inspection-work h2")).to_have_text("幸福超市2号")
    await page.get_by_role("button", name="没有问题，记录本次检查").click()
    await expect(page.locator(".inspection-places")).to_contain_text("都查完了")
    await plan(page, "三月复查", before="三月商户检查 · 第 1 轮")
    await page.locator(".place", has_text="幸福超市1号").click()
    await expect(page.locator(".found-before")).to_contain_text("去年十月到期")
    await expect(page.locator(".check-entry", has_text="灭火器过期").locator("textarea")).to_have_value("去年十月到期")
    await page.locator(".plan", has_text="三月商户检查").click()
    await page.get_by_role("button", name="未销号问题").click()
    await page.get_by_role("button", name="复查", exact=True).click()
    window = page.locator("dialog.window")
    await window.get_by_label("结果").select_option("yes")
    await window.get_by_role("button", name="保存").click()
    await expect(page.locator(".plan", has_text="三月商户检查")).to_contain_text("问题 1，销号 1")
    await looked_at(page, town_hall, "inspections")


async def test_the_bell_counts_what_is_unread_and_forgets_it_once_it_was_read(
    page: Page, town_hall: World, hall: Hall
) -> None:
    case = await hall.report(task_type=town.MANHOLE, description="井盖不见了")
    await sign_in(page, town_hall, "worker", then="/inspections")
    await expect(page.locator("#bell-count")).to_be_visible()
    await page.locator("#bell summary").click()
    item = page.locator(".bell-item", has_text=case.number)
    await expect(item).to_have_attribute("data-read", "no")
    assert await item.get_attribute("href") == f"/cases/{case.number}"
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "bell.png")
    await expect(page.locator("#bell-count")).to_be_hidden()
    await page.reload()
    await page.locator("#bell summary").click()
    await expect(item).to_have_attribute("data-read", "yes")


async def test_the_city_sets_a_text_of_its_own_and_takes_it_away_again(page: Page, town_hall: World) -> None:
    await sign_in(page, town_hall, then="/admin#templates")
    await page.get_by_role("button", name="添加模板").click()
    window = page.locator("dialog.window")
    await window.get_by_label("场合").select_option("OCCASION_CLOSED")
    await window.get_by_label("事项").select_option(town.GARBAGE)
    await window.get_by_label("内容").fill("垃圾{number}已清。")
    await expect(window.locator(".notice").first).to_have_text("垃圾9991-20260306-00017已清。")
    await window.get_by_role("button", name="保存").click()
    own = page.locator("tr", has_text="垃圾{number}已清。")
    await expect(own).to_contain_text(town.GARBAGE)
    await looked_at(page, town_hall, "templates")
    await own.get_by_role("button", name="恢复自带").click()
    await window.get_by_role("button", name="恢复自带").click()
    await expect(own).to_have_count(0)


async def test_what_a_phone_kept_becomes_cases_in_its_order_and_sent_again_none_is_there_twice(
    town_hall: World, hall: Hall
) -> None:
    """The gateway's row of reports before the real case engine; last here, for it leaves cases behind."""
    before = await hall.count("incident")
    row = [to_json(town.report_request(description=f"路边第{number}堆")) for number in range(12)]
    row[4]["report"]["taskType"] = "dragon_sighting"
    lines = "\n".join(json.dumps(each) for each in row)
    async with town_hall.signed_in("worker") as phone:
        sent = [
            await phone.post("/v1/cases:replay", content=lines, headers={"content-type": "application/x-ndjson"})
            for _ in range(2)
        ]
    assert [answer.status_code for answer in sent] == [200, 200]
    assert sent[0].text == sent[1].text
    told = [json.loads(line) for line in sent[0].text.splitlines()]
    assert [each["requestId"] for each in told] == [each["requestId"] for each in row]
    assert (told[4]["reason"], told[4]["message"]) == ("TASK_TYPE_UNKNOWN", "本市没有这个事项类别。")
    numbers = [each["caseNumber"] for each in told if "caseNumber" in each]
    assert numbers == sorted(numbers)
    assert (len(numbers), await hall.count("incident") - before) == (11, 11)
    seen = (await hall.get(cases_pb2.Case(id=told[0]["caseId"]), by=hall.acceptor)).case
    assert (seen.reporter, seen.source) == ("staff:worker", cases_pb2.SOURCE_GRID_WORKER)
