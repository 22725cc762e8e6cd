"""Whatever people, counters and the clock do in the mall, purses and shelves agree with a list on paper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from services.platform.clock import ManualClock
from services.points.domain.books import credit
from services.points.domain.mall import Goods, Place, State
from services.points.wiring import Points
from tests.integration.points.walking import PointsMachine, walk

PRICE = 7
KEPT = timedelta(days=7)


class MallMachine(PointsMachine):
    """Each run has goods and people of its own."""

    clock: ClassVar[ManualClock]

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0
        self.purse = dict.fromkeys("ab", 0)
        self.shelf = 0
        #: id -> owner, quantity, until, state, code
        self.wishes: dict[UUID, list[Any]] = {}
        self.must(self.points.mall.save_goods(
            Goods(code=f"G{self.mark}", title="米", title_en="", description="", kind="goods", points=PRICE)))  # fmt: skip

    def number(self) -> str:
        self.numbers += 1
        return f"number-{self.mark}-{self.numbers}"

    @rule(who=st.sampled_from("ab"), amount=st.integers(1, 30))
    def earns(self, who: str, amount: int) -> None:
        leg = credit(key=self.number(), owner=f"{who}{self.mark}", amount=amount, reason="TEST", cause="test")

        async def post() -> None:
            ledger = self.points.ledger
            async with ledger.database.transaction() as transaction:
                await ledger.batcher.ledger.post(transaction, [(leg,)], at=self.clock.now())

        self.must(post())
        self.purse[who] += amount

    @rule(quantity=st.integers(1, 4))
    def goods_arrive(self, quantity: int) -> None:
        self.must(self.points.mall.stock(f"G{self.mark}", "P1", quantity=quantity, request_id=self.number()))
        self.shelf += quantity

    @rule(who=st.sampled_from("ab"), quantity=st.integers(1, 3))
    def wishes_for(self, who: str, quantity: int) -> None:
        answer, reason = self.told(
            self.points.mall.redeem(owner=f"{who}{self.mark}", request_id=self.number(), goods_code=f"G{self.mark}",
                                    place_code="P1", quantity=quantity))  # fmt: skip
        if self.purse[who] < PRICE * quantity:
            assert reason == "BALANCE_INSUFFICIENT"
        elif self.shelf < quantity:
            assert reason == "STOCK_EMPTY"
        else:
            wish, code = answer
            self.purse[who] -= PRICE * quantity
            self.shelf -= quantity
            self.wishes[wish.id] = [who, quantity, self.clock.now() + KEPT, State.HELD, code]

    @rule(data=st.data(), how=st.sampled_from(["fetch", "cancel", "return", "break"]))
    def ends(self, data: st.DataObject, how: str) -> None:
        if not self.wishes:
            return
        wish_id = data.draw(st.sampled_from(sorted(self.wishes)))
        wish = self.wishes[wish_id]
        who, quantity, _, state, code = wish
        mall = self.points.mall
        if how == "fetch":
            _, reason = self.told(mall.fulfil(code, by="counter"))
            assert reason == ("" if state is State.HELD else "CODE_UNKNOWN")
            wish[3] = State.FETCHED if state is State.HELD else state
        elif how == "cancel":
            _, reason = self.told(mall.cancel(wish_id, by=f"{who}{self.mark}", anybodys=False))
            assert reason == ("" if state is State.HELD else "HOLD_RESOLVED")
            if state is State.HELD:
                self.give_back(wish, State.CANCELLED)
        else:
            _, reason = self.told(mall.take_back(wish_id, is_broken=how == "break", by="counter"))
            assert reason == ("" if state is State.FETCHED else "NOT_FETCHED")
            if state is State.FETCHED:
                self.give_back(wish, State.RETURNED)
                self.shelf -= quantity if how == "break" else 0

    def give_back(self, wish: list[Any], state: State) -> None:
        self.purse[wish[0]] += PRICE * wish[1]
        self.shelf += wish[1]
        wish[3] = state

    @rule(days=st.integers(1, 9))
    def time_passes(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))
        self.must(self.points.mall.lapse())
        for wish in self.wishes.values():
            if wish[3] is State.HELD and wish[2] <= self.clock.now():
                self.give_back(wish, State.LAPSED)

    @invariant()
    def purses_and_shelves_agree(self) -> None:
        for who, left in self.purse.items():
            waiting = sum(PRICE * w[1] for w in self.wishes.values() if w[0] == who and w[3] is State.HELD)
            found = self.must(self.points.ledger.balances(f"{who}{self.mark}"))
            assert (found.get("available", 0), found.get("held", 0)) == (left, waiting)
        shelves = self.must(self.points.mall.list_goods(f"G{self.mark}"))[0].shelves
        reserved = sum(w[1] for w in self.wishes.values() if w[3] is State.HELD)
        assert [(s.on_hand, s.reserved) for s in shelves] in ([(self.shelf, reserved)], [])


async def open_the_counter(points: Points) -> None:
    await points.mall.save_place(Place(code="P1", name="中心", address="", hours="", area_path="999100"))


def test_the_mall_agrees_with_its_model(points_dsn: str) -> None:
    MallMachine.clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    walk(MallMachine, points_dsn, MallMachine.clock, before=open_the_counter, max_examples=15, stateful_step_count=20)
