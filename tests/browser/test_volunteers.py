"""A volunteer takes an order and fetches a reward: the code shown at redeeming is what the counter hands out by, once."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message
from gridward.points.v1 import honours_pb2, mall_pb2, orders_pb2, points_pb2, statements_pb2
from playwright.async_api import Page, expect

from services.gateway.contract import Call
from services.platform.identity import Caller
from services.points.domain.errors import CertificateUnknown
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import PICTURES
from tests.browser.test_pages import violations
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
CODE = "7K4M-2Q9X"


class Shop:
    """points as the gateway calls it: one order, one kind of goods."""

    def __init__(self) -> None:
        self.asked: list[tuple[Message, str]] = []
        self.order = orders_pb2.Order(
            id="o1", category="love_care", description="陪老人就医", minutes=90, people=1,
            state=orders_pb2.ORDER_STATE_PUBLISHED,
        )  # fmt: skip
        self.redeemed = mall_pb2.Redemption(
            id="r1", goods_code="rice", title="大米5公斤", points=30, place_code="P1",
            state=mall_pb2.REDEMPTION_STATE_HELD, quantity=1,
        )  # fmt: skip
        self.mine: list[mall_pb2.Redemption] = []

    def answer(self, request: Any) -> Message:
        goods = mall_pb2.Goods(
            code="rice", title="大米5公斤", points=30,
            shelves=[mall_pb2.Shelf(goods_code="rice", place_code="P1", on_hand=4, reserved=1)],
        )  # fmt: skip
        if isinstance(request, mall_pb2.RedeemRequest):
            self.mine = [self.redeemed]
        answers: dict[type[Any], Message] = {
            orders_pb2.ListOrdersRequest: orders_pb2.ListOrdersResponse(orders=[self.order]),
            orders_pb2.ClaimOrderRequest: orders_pb2.ClaimOrderResponse(order=self.order),
            mall_pb2.ListGoodsRequest: mall_pb2.ListGoodsResponse(goods=[goods]),
            mall_pb2.ListPlacesRequest: mall_pb2.ListPlacesResponse(
                places=[mall_pb2.PickupPlace(code="P1", name="社区服务站")]
            ),
            points_pb2.GetBalanceRequest: points_pb2.GetBalanceResponse(owner="volunteer:v1", balance=41),
            mall_pb2.ListRedemptionsRequest: mall_pb2.ListRedemptionsResponse(redemptions=self.mine),
            mall_pb2.RedeemRequest: mall_pb2.RedeemResponse(redemption=self.redeemed, code=CODE),
            mall_pb2.FindRedemptionRequest: mall_pb2.FindRedemptionResponse(redemption=self.redeemed),
            mall_pb2.FulfilRedemptionRequest: mall_pb2.FulfilRedemptionResponse(redemption=self.redeemed),
        }
        return answers[type(request)]


async def test_a_volunteer_takes_an_order_and_fetches_a_reward(
    page: Page, city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, whole = Shop(), city.gate.backends.call

    async def call(call: Call, request: Message, *, caller: Caller) -> Message:
        if call.service != "points":
            return await whole(call, request, caller=caller)
        shop.asked.append((request, caller.subject))
        return shop.answer(request)

    monkeypatch.setattr(city.gate.backends, "call", call)
    await page.set_viewport_size({"width": 390, "height": 844})
    await sign_in(page, city, "volunteer", then="/volunteer")
    await page.get_by_role("button", name="接单").click()
    await expect(page.locator(".toast")).to_have_text("已接单，请按时到场")
    await page.get_by_role("tab", name="积分商城").click()
    await expect(page.locator(".goods")).to_contain_text("余 4 件")
    await page.get_by_role("button", name="兑换").click()
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator(".pickup .code")).to_have_text(CODE)
    request = next(each for each, _ in shop.asked if isinstance(each, mall_pb2.RedeemRequest))
    assert (request.goods_code, request.place_code, request.quantity) == ("rice", "P1", 1)
    city.suite.hire("staff:partner", "mall_partner")
    await sign_in(page, city, "partner", then="/counter")
    await page.fill("input.code", CODE)
    await page.get_by_role("button", name="查询").click()
    await page.get_by_role("button", name="确认领取").click()
    await expect(page.locator(".toast")).to_have_text("已核销")
    assert [who for each, who in shop.asked if isinstance(each, mall_pb2.FulfilRedemptionRequest)] == ["staff:partner"]
    assert await violations(page) == []


async def test_whoever_scans_a_paper_sees_what_must_stand_on_it(
    page: Page, city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = statements_pb2.Certificate(
        number="GW2026-ABCDEF",
        name="王**",
        minutes=125,
        services=2,
        from_day="2026-01-01",
        until_day="2026-03-01",
        star=1,
    )
    letter = honours_pb2.Letter(
        number="GL2026-ABCDEF",
        kind=honours_pb2.LETTER_KIND_PRAISE,
        name="李*",
        unit="供电公司",
        words="2026",
        minutes=90,
    )
    whole = city.gate.backends.call

    async def call(call: Call, request: Message, *, caller: Caller) -> Message:
        if isinstance(request, statements_pb2.CheckCertificateRequest):
            if request.number != certificate.number:
                raise CertificateUnknown
            return statements_pb2.CheckCertificateResponse(certificate=certificate)
        if isinstance(request, honours_pb2.CheckLetterRequest):
            return honours_pb2.CheckLetterResponse(letter=letter)
        return await whole(call, request, caller=caller)

    monkeypatch.setattr(city.gate.backends, "call", call)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"/certificates/{certificate.number}")
    await expect(page.locator("h1")).to_have_text("志愿服务记录证明")
    await expect(page.locator(".board-list li b")).to_have_text(["王**", "2026-01-01 — 2026-03-01", "2", "★", "2.0"])
    assert await violations(page) == []
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/certificate-390-zh.png")
    await page.goto(f"/letters/{letter.number}")
    await expect(page.locator(".board-list li b")).to_have_text(["李*", "供电公司", "1.5"])
    refused = await page.goto("/certificates/GW2026-FORGED")
    assert refused is not None
    assert refused.status == 404
    await expect(page.locator("main")).to_contain_text("查无此证书")
