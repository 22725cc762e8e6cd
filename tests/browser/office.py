"""The points service itself behind the gateway, with its books in PostgreSQL: what is pressed on a page happens there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from services.platform.clock import ManualClock
from services.platform.grpc_client import connect
from services.points.domain.mall import Goods, Place
from services.points.domain.volunteers import Volunteer
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import PICTURES
from tests.integration.gateway.fakes import CITY
from tests.integration.gateway.world import World
from tests.integration.points.conftest import Ledger, fresh_database, opened, points_template
from tests.integration.points.hall import Hall
from tests.integration.points.test_orders import Scene
from tests.support.servers import PostgresServer
from tests.support.tokens import TestTokens

__all__ = ["Office", "books", "desk", "points_template"]
VOLUNTEER = "volunteer:v1"
#: An hour of care, five stars: 10 points an hour, 120 per cent for the kind, 110 for the rating, no parts of a point.
EARNED = 13
GIVEN = 100
PRICE = 30
#: Who works where in this office.
POSTS = (("chief", "volunteer_coordinator"), ("admin", "volunteer_coordinator"), ("worker", "community_admin"),
         ("partner", "mall_partner"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Pages of several people over one set of books."""

    city: World
    page: Page
    ledger: Ledger
    scene: Scene
    order_id: str

    async def at(self, login: str, path: str) -> Page:
        """The page as somebody sees it now."""
        await self.page.goto("about:blank")
        await sign_in(self.page, self.city, login, then=path)
        return self.page

    async def press(self, name: str) -> None:
        """Press a button by its words."""
        await self.page.get_by_role("button", name=name, exact=True).first.click()

    async def send(self, name: str, **fields: str) -> None:
        """Fill the open window by the words of its fields, send it, and wait until it is gone."""
        window = self.page.locator("dialog[open]")
        for label, value in fields.items():
            control = window.locator(".field", has_text=label).locator("input, textarea, select").first
            if await control.evaluate("each => each.tagName") == "SELECT":
                await control.select_option(label=value)
            else:
                await control.fill(value)
        await window.locator("form").get_by_role("button", name=name, exact=True).click()
        await expect(window.locator("form")).to_have_count(0)

    async def look(self, name: str) -> None:
        """Keep a picture where somebody wants to look at it."""
        if PICTURES:
            await self.page.screenshot(path=f"{PICTURES}/office-{name}.png")

    async def points(self, owner: str = VOLUNTEER) -> tuple[int, int]:
        """Free and set aside."""
        purse = await self.ledger.points.ledger.balances(owner)
        return purse.get("available", 0), purse.get("held", 0)


@pytest.fixture
def books(postgres: PostgresServer, points_template: str) -> tuple[PostgresServer, str]:
    """Empty books of a test's own."""
    return postgres, fresh_database(postgres, points_template)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(
    city: World,
    page: Page,
    monkeypatch: pytest.MonkeyPatch,
    books: tuple[PostgresServer, str],
    tokens: TestTokens,
) -> AsyncIterator[Office]:
    """An office, with one order served and credited, some points, and rice on a shelf."""
    posts = dict(city.suite.staff.grants)
    monkeypatch.setattr(city.suite.staff, "grants", posts)
    monkeypatch.setattr(city.gate.visitors, "_grants", type(city.gate.visitors._grants)())
    for login, role in POSTS:
        city.suite.hire(f"staff:{login}", role, CITY)
    async with (
        opened(books[1], books[0], ManualClock(datetime.now(UTC))) as ledger,
        Hall.open(ledger, tokens) as hall,
    ):
        channel = connect(hall.address, signer=tokens.signer())
        monkeypatch.setitem(city.gate.backends._people, "points", channel)
        monkeypatch.setitem(city.gate.backends._lines, "points", city.gate.backends._line("points"))
        monkeypatch.setattr(city.gate.backends, "_calls", {})
        scene = Scene(hall)
        order, volunteer = await scene.claimed(VOLUNTEER)
        person = Volunteer(subject=VOLUNTEER, name="陈小明", nickname="红马甲", name_public=False, community_code="C1",
                           area_path="", grid_code="C1-01", unit="供电公司")  # fmt: skip
        await ledger.points.volunteers.import_volunteers([person])
        await scene.serve(order, volunteer)
        await scene.settle(order, VOLUNTEER)
        await scene.rate(order, 5)
        await ledger.credit(VOLUNTEER, GIVEN)
        await scene.published("order-02")
        mall = ledger.points.mall
        await mall.save_place(Place(code="P1", name="社区服务站", address="", hours="", area_path=CITY))
        await mall.save_goods(
            Goods(code="rice", title="大米5公斤", title_en="Rice", description="", kind="goods", points=PRICE)
        )
        await mall.stock("rice", "P1", quantity=2, request_id="first-stock")
        yield Office(city=city, page=page, ledger=ledger, scene=scene, order_id=order.id)
        assert (await ledger.verify()).faults == ()
        await channel.close()
