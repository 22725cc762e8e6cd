"""A volunteer takes an order and fetches a reward: the code shown at redeeming is what the counter hands out by, once."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message
from gridward.points.v1 import mall_pb2, orders_pb2, points_pb2
from playwright.async_api import Page, expect

from services.gateway.contract import Call
from services.platform.identity import Caller
from tests.browser.conftest import sign_in
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
    await expect(page.locator(".goods")).to_contain_text("余 3 件")
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
