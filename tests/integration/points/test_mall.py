"""The mall: the last one is sold once, a code fetches once, and what is not fetched goes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import pytest
from gridward.points.v1 import mall_pb2 as pb
from gridward.points.v1 import mall_pb2_grpc

from services.platform import errors
from services.points.actions.mall import MallActions
from services.points.domain.mall import Goods, Place, State
from tests.integration.points.conftest import FakeNeeds, Ledger, insist
from tests.integration.points.hall import CITY, Hall
from tests.support.tokens import TestTokens

Stub: TypeAlias = "mall_pb2_grpc.MallServiceAsyncStub"
RICE = Goods(code="G01", title="大米5公斤", title_en="Rice 5 kg", description="", kind="goods", points=120, low_mark=2)


@pytest.fixture
async def mall(ledger: Ledger) -> MallActions:
    """A mall with rice at one place, five of it."""
    actions = ledger.points.mall
    await actions.save_place(Place(code="P1", name="明桂社区服务中心", address="", hours="", area_path=CITY))
    await actions.save_goods(RICE)
    await actions.stock("G01", "P1", quantity=5, request_id="first-stock")
    return actions


async def redeem(mall: MallActions, owner: str, request: str = "r-1", quantity: int = 1) -> str:
    _, code = await mall.redeem(owner=owner, request_id=request, goods_code="G01", place_code="P1", quantity=quantity)
    return code


async def stock_of(mall: MallActions) -> tuple[int, int]:
    shelf = (await mall.list_goods("G01"))[0].shelves[0]
    return shelf.on_hand, shelf.reserved


@pytest.mark.mechanism(36)
async def test_the_last_item_is_sold_to_one_of_200_buyers_and_no_balance_is_below_zero(
    ledger: Ledger, mall: MallActions
) -> None:
    await mall.redeem(
        owner=(await rich(ledger, "first")), request_id="r", goods_code="G01", place_code="P1", quantity=4
    )
    buyers = [await rich(ledger, f"b{n}", 130) for n in range(200)]
    answers = await asyncio.gather(*(insist(partial(redeem, mall, buyer)) for buyer in buyers), return_exceptions=True)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, errors.GridwardError)} == {"STOCK_EMPTY"}
    assert await stock_of(mall) == (0, 5)
    lowest = await ledger.value("SELECT min(balance) FROM ledger.account WHERE kind <> 'source'")
    assert lowest == 0
    total = await ledger.value("SELECT sum(balance) FROM ledger.account WHERE unit = 'points'")
    assert total == 0
    assert (await ledger.verify()).faults == ()


async def rich(ledger: Ledger, owner: str, amount: int = 500) -> str:
    await ledger.credit(owner, amount)
    return owner


async def test_two_wishes_of_one_person_never_overdraw_the_purse(ledger: Ledger, mall: MallActions) -> None:
    await rich(ledger, "a", 130)
    answers = await asyncio.gather(*(redeem(mall, "a", f"r-{n}") for n in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert {a.reason for a in answers if isinstance(a, errors.GridwardError)} == {"BALANCE_INSUFFICIENT"}
    assert await ledger.points.ledger.balances("a") == {"available": 10, "held": 120}


async def test_a_code_fetches_once_and_only_for_somebody_else(ledger: Ledger, mall: MallActions) -> None:
    code = await redeem(mall, await rich(ledger, "a"))
    assert (await mall.find(f" {code[:5].lower()}-{code[5:]} ")).owner == "a"
    with pytest.raises(errors.Forbidden):
        await mall.fulfil(code, by="a")
    answers = await asyncio.gather(*(mall.fulfil(code, by=f"counter{n}") for n in range(5)), return_exceptions=True)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert await stock_of(mall) == (4, 0)
    assert await ledger.points.ledger.balances("a") == {"available": 380, "held": 0}
    kept = await ledger.value("SELECT string_agg(redemption::text, ' ') FROM redemption")
    assert code not in str(kept)


async def test_fetching_giving_up_and_lapsing_race_and_one_of_them_happens(ledger: Ledger, mall: MallActions) -> None:
    for n in range(5):
        owner = await rich(ledger, f"a{n}")
        redemption, code = await mall.redeem(
            owner=owner, request_id="r-1", goods_code="G01", place_code="P1", quantity=1
        )
        ledger.clock.advance(timedelta(days=7))
        answers = await asyncio.gather(
            mall.fulfil(code, by="counter"),
            mall.cancel(redemption.id, by=owner, anybodys=False),
            mall.lapse(),
            return_exceptions=True,
        )
        done = [answer for answer in answers[:2] if not isinstance(answer, Exception)]
        assert len(done) + (answers[2] == 1) == 1
        spent = 120 if done and getattr(done[0], "state", None) is State.FETCHED else 0
        assert await ledger.points.ledger.balances(owner) == {"available": 500 - spent, "held": 0}
    assert (await ledger.verify()).faults == ()


async def test_what_is_not_fetched_in_time_goes_back_to_purse_and_shelf(ledger: Ledger, mall: MallActions) -> None:
    await redeem(mall, await rich(ledger, "a"), quantity=2)
    ledger.clock.advance(timedelta(days=6, hours=23))
    assert await mall.lapse() == 0
    ledger.clock.advance(timedelta(hours=1))
    assert (await mall.lapse(), await mall.lapse()) == (1, 0)
    assert await stock_of(mall) == (5, 0)
    assert await ledger.points.ledger.balance("a") == 500


async def test_goods_brought_back_return_the_points_once_and_broken_ones_leave_the_shelf(
    ledger: Ledger, mall: MallActions
) -> None:
    owner = await rich(ledger, "a")
    ended = [await mall.fulfil(await redeem(mall, owner, f"r-{n}"), by="counter") for n in range(2)]
    await mall.take_back(ended[0].id, is_broken=False, by="counter")
    await mall.take_back(ended[1].id, is_broken=True, by="counter")
    with pytest.raises(errors.Conflict):
        await mall.take_back(ended[0].id, is_broken=False, by="counter")
    assert await stock_of(mall) == (4, 0)
    assert await ledger.points.ledger.balance("a") == 500
    assert (await ledger.verify()).faults == ()


async def test_the_month_s_limit_counts_what_was_kept(ledger: Ledger, mall: MallActions) -> None:
    await mall.save_goods(Goods(**{**as_dict(RICE), "limit_per_month": 2}))
    owner = await rich(ledger, "a", 1000)
    first = await mall.redeem(owner=owner, request_id="1", goods_code="G01", place_code="P1", quantity=1)
    answers = await asyncio.gather(*(redeem(mall, owner, f"x{n}") for n in range(3)), return_exceptions=True)
    assert {a.reason for a in answers if isinstance(a, errors.GridwardError)} == {"LIMIT_REACHED"}
    assert sum(isinstance(answer, str) for answer in answers) == 1
    await mall.cancel(first[0].id, by=owner, anybodys=False)
    await redeem(mall, owner, "again")
    ledger.clock.advance(timedelta(days=31))
    await redeem(mall, owner, "next-month")


def as_dict(goods: Goods) -> dict[str, object]:
    return {name: getattr(goods, name) for name in Goods.__slots__}


async def test_a_redemption_keeps_the_price_and_name_of_its_day(ledger: Ledger, mall: MallActions) -> None:
    owner = await rich(ledger, "a")
    before, code = await mall.redeem(owner=owner, request_id="r-1", goods_code="G01", place_code="P1", quantity=1)
    changed = await mall.save_goods(Goods(**{**as_dict(RICE), "points": 200, "title": "新米"}))
    assert changed.goods.version == 2
    again = await mall.redeem(owner=owner, request_id="r-1", goods_code="G01", place_code="P1", quantity=1)
    assert again == (before, code)
    assert (before.points, before.title, before.goods_version) == (120, "大米5公斤", 1)
    withdrawn = await mall.save_goods(Goods(**{**as_dict(RICE), "withdrawn": True}))
    assert withdrawn.goods.version == 3
    with pytest.raises(errors.Conflict):
        await redeem(mall, owner, "r-2")


async def test_a_shelf_that_runs_low_is_told_of_once(ledger: Ledger, mall: MallActions) -> None:
    for n in range(5):
        await redeem(mall, await rich(ledger, f"a{n}"))
    assert await ledger.value("SELECT count(*) FROM outbox WHERE type = 'stock_low'") == 1
    needs = ledger.points.needs.needs
    assert isinstance(needs, FakeNeeds)
    needs.away = True
    assert await ledger.points.alerts.push() == 0
    needs.away = False
    assert [await ledger.points.alerts.push() for _ in range(2)] == [1, 0], "told when the notices are back, and once"
    (alert,) = needs.alerts
    assert (alert.occasion, alert.title, alert.place, alert.count) == ("stock_low", RICE.title, "明桂社区服务中心", 1)
    assert (alert.area_path, alert.roles, alert.subjects) == (CITY, ("mall_partner", "volunteer_coordinator"), ())
    assert [(shelf.goods_code, shelf.on_hand) for shelf in await mall.low_stock()] == [("G01", 0)]
    await mall.stock("G01", "P1", quantity=9, request_id="second-stock")
    await mall.stock("G01", "P1", quantity=9, request_id="second-stock")
    assert (await stock_of(mall), await mall.low_stock()) == ((9, 5), [])


@pytest.fixture
async def hall(ledger: Ledger, mall: MallActions, tokens: TestTokens) -> AsyncIterator[Hall]:
    async with Hall.open(ledger, tokens) as hall:
        yield hall


async def test_a_resident_redeems_and_a_counter_hands_over(hall: Hall, ledger: Ledger) -> None:
    resident: Stub = mall_pb2_grpc.MallServiceStub(hall.person("resident", await rich(ledger, "resident:1")))
    counter: Stub = mall_pb2_grpc.MallServiceStub(hall.person("mall_partner", "staff:counter"))
    wish = pb.RedeemRequest(request_id="my-first-wish", goods_code="G01", place_code="P1", quantity=1)
    told = await resident.Redeem(wish)
    assert await resident.Redeem(wish) == told
    assert told.code_svg.startswith("<svg")
    with pytest.raises(errors.Forbidden):
        await resident.FulfilRedemption(pb.FulfilRedemptionRequest(code=told.code))
    waiting = await counter.ListRedemptions(pb.ListRedemptionsRequest(place_code="P1"))
    assert [(r.id, r.owner) for r in waiting.redemptions] == [(told.redemption.id, "resident:1")]
    assert (await counter.FindRedemption(pb.FindRedemptionRequest(code=told.code))).redemption == told.redemption
    fetched = await counter.FulfilRedemption(pb.FulfilRedemptionRequest(code=told.code))
    assert fetched.redemption.state == pb.REDEMPTION_STATE_FETCHED
    keeper: Stub = mall_pb2_grpc.MallServiceStub(hall.person("volunteer_coordinator", "staff:vc"))
    shelf = pb.ListStockMovesRequest(goods_code="G01", place_code="P1")
    free = await keeper.ListStockMoves(shelf)
    assert [(line.change, line.after, line.cause_title) for line in free.lines] == [
        (-1, 4, "大米5公斤 × 1"),
        (5, 5, ""),
    ]
    shelf.reserved, shelf.page_size = True, 1
    aside = await keeper.ListStockMoves(shelf)
    assert [(line.change, line.after, line.reason) for line in aside.lines] == [(-1, 0, "REDEEM_FETCHED")]
    shelf.page_token = aside.next_page_token
    assert [(line.change, line.after) for line in (await keeper.ListStockMoves(shelf)).lines] == [(1, 1)]
    with pytest.raises(errors.NotFound):
        await counter.FulfilRedemption(pb.FulfilRedemptionRequest(code=told.code))
    mine = await resident.ListRedemptions(pb.ListRedemptionsRequest(page_size=1))
    assert [r.state for r in mine.redemptions] == [pb.REDEMPTION_STATE_FETCHED]
    other: Stub = mall_pb2_grpc.MallServiceStub(hall.person("resident", "resident:2"))
    assert list((await other.ListRedemptions(pb.ListRedemptionsRequest(place_code="P1"))).redemptions) == []
    with pytest.raises(errors.NotFound):
        await other.CancelRedemption(pb.CancelRedemptionRequest(redemption_id=told.redemption.id))
