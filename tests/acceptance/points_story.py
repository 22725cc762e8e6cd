"""The story of one wish before the pages, from the resident's words to the rice at the counter, each number traced."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import uuid4

from playwright.async_api import Locator, Page, expect

from tests.acceptance.pages import People, look

#: An hour of care at 10 points an hour, 120 per cent for the kind, 110 for five stars; the rest of a point is dropped.
EARNED = 13
RICE = "大米"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a statement shows."""

    points: int
    hours: float
    lines: list[tuple[str, int, int]]


async def figure(page: Page | Locator, label: str) -> float:
    """A large number by what stands under it."""
    words = (page if isinstance(page, Page) else page.page).get_by_text(label, exact=True)
    shown = page.locator(".figure").filter(has=words).locator("b")
    found = NUMBER.search(await shown.first.inner_text())
    assert found
    return float(found.group())


async def lines_of(table: Locator) -> list[tuple[str, int, int]]:
    """Reason, change and what was there afterwards of each line, newest first."""
    rows = [await row.locator("td").all_inner_texts() for row in await table.locator("tbody tr").all()]
    return [(why, int(change), int(after)) for _, why, change, after in rows]


def trace_all(lines: list[tuple[str, int, int]], *, total: int) -> None:
    """The newest line leaves what is shown, each follows from the one before, and together they are all there is."""
    assert lines[0][2] == total
    befores = [after for _, _, after in lines[1:]] + [0]
    assert all(after == before + change for (_, change, after), before in zip(lines, befores, strict=True)), lines
    assert sum(change for _, change, _ in lines) == total


async def book_of(page: Page) -> Book:
    """The volunteer's own statement: points and minutes, each traced to its lines."""
    await page.goto("/volunteer#points")
    await page.reload()
    await expect(page.locator("table.rows tbody tr").first).to_be_visible()
    points, hours = int(await figure(page, "积分")), await figure(page, "服务时长")
    lines = await lines_of(page.locator("table.rows"))
    trace_all(lines, total=points)
    await page.get_by_role("button", name="服务时长", exact=True).click()
    await expect(page.get_by_role("button", name="服务时长", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("table.rows tbody tr").last).to_contain_text("历史时长")
    minutes = await lines_of(page.locator("table.rows"))
    trace_all(minutes, total=minutes[0][2])
    assert hours == round(minutes[0][2] / 60, 1)
    return Book(points=points, hours=hours, lines=lines)


async def card_of(page: Page, words: str) -> Locator:
    card = page.locator("li.card", has_text=words)
    await expect(card).to_be_visible()
    return card


async def asked_for(resident: Page, words: str) -> None:
    """The resident asks for an hour of care."""
    await resident.get_by_text("我要点单", exact=True).last.click()
    form = resident.locator("details form")
    await form.locator("select").first.select_option("love_care")
    await form.locator("textarea").fill(words)
    await form.locator("input").first.fill("3幢201")
    await look(resident, "points-1-wish")
    await form.get_by_role("button", name="提交点单").click()
    await card_of(resident, words)


async def served(volunteer: Page, words: str, picture: object) -> None:
    """The volunteer claims, comes, goes, and asks for settlement with a photo."""
    await volunteer.goto("/volunteer#near")
    await (await card_of(volunteer, words)).get_by_role("button", name="接单").click()
    await expect(volunteer.locator(".toast")).to_have_text("已接单，请按时到场")
    await volunteer.get_by_role("tab", name="我接的").click()
    await (await card_of(volunteer, words)).get_by_role("button", name="到场打卡").click()
    await (await card_of(volunteer, words)).get_by_role("button", name="服务结束").click()
    await (await card_of(volunteer, words)).get_by_role("button", name="申请结单").click()
    form = volunteer.locator("dialog form")
    await form.locator("textarea").fill("理好了")
    await form.locator("input[type=file]").set_input_files(picture)  # type: ignore[arg-type]  # a path
    await expect(form.locator(".uploads img")).to_have_count(1)
    await look(volunteer, "points-3-settle")
    await form.locator("button[type=submit]").click()
    await expect(await card_of(volunteer, words)).to_contain_text("结单审核中")


async def settled(desk: Page, words: str) -> None:
    """The community sees the proof, and says how long it was."""
    await desk.get_by_role("button", name="服务中", exact=True).click()
    card = await card_of(desk, words)
    await card.get_by_role("button", name="接单与服务").click()
    await expect(card.locator(".shot img")).to_have_js_property("complete", True)
    await expect(card).to_contain_text("理好了")
    await look(desk, "points-4-proof")
    await card.get_by_role("button", name="核定时长").click()
    form = desk.locator("dialog form")
    await form.locator("input[type=number]").fill("60")
    await form.locator("input").last.fill("邻居作证")
    await form.get_by_role("button", name="通过").click()
    await expect(card).to_have_count(0)


async def traced(volunteer: Page, words: str) -> None:
    """Behind the newest line stand its row in the books, the service, and the rules of that day."""
    await volunteer.reload()
    line = volunteer.locator("table.rows tbody tr").filter(has_text=words).first
    await line.get_by_role("button", name="来历").click()
    window = volunteer.locator("dialog")
    await expect(window).to_contain_text(f"+{EARNED}")
    await expect(window).to_contain_text("账目行")
    await expect(window).to_contain_text("评价 5 星")
    await expect(window).to_contain_text("计 60 分钟")
    await expect(window).to_contain_text(
        "每小时 10 分，每 30 分钟计一次，每天最多 8 小时；本类服务 120%，评价系数 110%"
    )
    await look(volunteer, "points-6-trace")
    await window.get_by_role("button", name="关闭").click()


async def redeemed(volunteer: Page, counter: Page) -> int:
    """Rice for points: the code fetches it once, and the counter sees what it stands for; the price."""
    await volunteer.goto("/volunteer#mall")
    card = volunteer.locator(".goods .card").filter(has_text=RICE).first
    price = int(await figure_in(card.locator(".price")))
    left = int(await figure_in(card.locator(".faint").first))
    await card.get_by_role("button", name="兑换").click()
    await volunteer.locator("dialog button[type=submit]").click()
    code = await volunteer.locator(".pickup .code").inner_text()
    await look(volunteer, "points-7-code")
    await volunteer.get_by_role("button", name="关闭").click()
    await expect(card.locator(".faint").first).to_have_text(f"余 {left - 1} 件")
    await counter.fill("input.code", code)
    await counter.get_by_role("button", name="查询").click()
    await expect(counter.locator(".card")).to_contain_text(f"{price} 分")
    await counter.get_by_role("button", name="确认领取").click()
    await expect(counter.locator(".toast")).to_have_text("已核销")
    await counter.fill("input.code", code)
    await counter.get_by_role("button", name="查询").click()
    await expect(counter.locator(".wrong")).to_be_visible()
    return price


async def figure_in(element: Locator) -> float:
    found = NUMBER.search(await element.inner_text())
    assert found
    return float(found.group())


async def looked_up(coordinator: Page, words: str, book: Book) -> None:
    """Whoever looks after volunteers sees the same lines and the same sums."""
    await coordinator.goto("/volunteering#people")
    await coordinator.get_by_role("searchbox").fill("红马甲")
    await coordinator.get_by_role("button", name="查找").click()
    nickname = coordinator.get_by_role("cell", name="红马甲", exact=True)
    row = coordinator.locator("tr").filter(has=nickname).filter(has_text="陈**")
    await row.get_by_role("button", name="账本").click()
    window = coordinator.locator("dialog")
    await expect(window.locator("table").first).to_contain_text(words)
    assert (await figure(window, "积分"), await figure(window, "服务时长")) == (book.points, book.hours)
    assert await lines_of(window.locator("table").first) == book.lines
    await look(coordinator, "points-8-book")


async def tell(people: People) -> None:
    """From the wish to the rice."""
    words = f"奶奶行动不便,请上门理发 {uuid4().hex[:6]}"
    resident = await people.person("resident", "/volunteer#order", phone=True)
    volunteer = await people.person("volunteer", "/volunteer#points", phone=True)
    desk = await people.person("community", "/volunteering#orders")
    before = await book_of(volunteer)

    await asked_for(resident, words)
    await desk.reload()
    await (await card_of(desk, words)).get_by_role("button", name="立即发布").click()
    await expect(desk.locator(".toast")).to_have_text("已发布")
    await look(desk, "points-2-published")
    await served(volunteer, words, people.picture(repaired=True, seed=5))
    await settled(desk, words)

    await resident.reload()
    await (await card_of(resident, words)).get_by_role("button", name="5★").click()
    await expect(await card_of(resident, words)).to_contain_text("已完成")
    after = await book_of(volunteer)
    assert (after.points - before.points, after.hours - before.hours) == (EARNED, 1.0)
    assert words in after.lines[0][0]
    await look(volunteer, "points-5-statement")
    await traced(volunteer, words)

    coordinator = await people.person("coordinator", "/counter")
    price = await redeemed(volunteer, coordinator)
    last = await book_of(volunteer)
    assert last.points == after.points - price
    assert (RICE in last.lines[0][0], last.lines[0][1]) == (True, -price)
    await looked_up(coordinator, words, last)
