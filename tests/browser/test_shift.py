"""At the change of shift what waits is taken over in one act, and what is in hand is left with words for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gridward.incidents.v1 import shifts_pb2
from playwright.async_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.steering_room import stand_in
from tests.browser.test_pages import violations

if TYPE_CHECKING:
    from tests.browser.shift_room import ShiftRoom
    from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def room(city: World, monkeypatch: pytest.MonkeyPatch) -> ShiftRoom:
    return stand_in(city, monkeypatch)[0].shifts


async def test_a_shift_is_taken_over_in_one_act_and_ones_own_is_left_with_words(
    page: Page, city: World, room: ShiftRoom
) -> None:
    await sign_in(page, city, "chief", then="/shift")
    waiting, mine, book = page.locator(".shift-waiting"), page.locator(".shift-mine"), page.locator(".shift-book")
    await expect(waiting).to_contain_text("城南积水两件在等泵车")
    await waiting.get_by_role("button", name="接班：接过 3 件").click()
    await expect(page.locator(".toast")).to_contain_text("已接班，接过 2 件；1 件您不能接")
    await expect(waiting).to_contain_text("没有等您接班的交班")

    await expect(mine).to_contain_text("井盖缺失破损")
    await mine.get_by_role("button", name="交班", exact=True).click()
    window = page.get_by_role("dialog")
    await window.get_by_label("交代事项").fill("两件要回访")
    await window.get_by_role("button", name="交班", exact=True).click()
    await expect(mine).to_contain_text("已交班，等对方接班")
    offered = [each for each in room.asked if isinstance(each, shifts_pb2.OfferShiftRequest)]
    assert [(each.note, each.to_staff) for each in offered] == [("两件要回访", "")]
    await mine.get_by_role("button", name="撤回交班").click()
    await expect(mine.get_by_role("button", name="交班", exact=True)).to_be_visible()
    await expect(book.locator("tbody tr")).to_have_count(2)
    await expect(book.locator("tbody tr").first).to_contain_text("已撤回")

    absent = page.locator(".shift-absent")
    await expect(absent.locator("li")).to_contain_text("超期 1")
    await absent.get_by_role("button", name="代接班").click()
    await expect(window).to_contain_text("接手后 2 件由您负责，立即生效；对方会收到通知。 另有 1 件您不能接")
    await window.get_by_role("button", name="代接 2 件").click()
    await expect(window).to_be_visible()  # not without a reason
    await window.get_by_label("原因").fill("突发疾病送医")
    await window.get_by_role("button", name="代接 2 件").click()
    await expect(book.locator("tbody tr").first).to_contain_text("突发疾病送医")
    await expect(absent).to_contain_text("现在没有可以代接的人")
    relieved = [each for each in room.asked if isinstance(each, shifts_pb2.RelieveShiftRequest)]
    assert [(each.from_staff, each.reason) for each in relieved] == [("staff:dispatcher-999100", "突发疾病送医")]
    assert await violations(page) == []


async def test_who_cannot_take_a_shift_over_says_why(page: Page, city: World, room: ShiftRoom) -> None:
    room.book[0].to_staff = "staff:chief"
    await sign_in(page, city, "chief", then="/shift")
    waiting, window = page.locator(".shift-waiting"), page.get_by_role("dialog")
    await waiting.get_by_role("button", name="不能接班").click()
    await expect(window).to_contain_text("案件仍由对方负责")
    await window.get_by_label("原因").fill("在医院")
    await window.get_by_role("button", name="不能接班").click()
    await expect(waiting).to_contain_text("没有等您接班的交班")
    await expect(page.locator(".shift-book tbody tr")).to_contain_text("未接 在医院")
