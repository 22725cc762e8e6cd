"""Keeps the mall: goods and shelves, setting aside, handing over, giving back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.points.domain import mall as domain
from services.points.domain.alerts import runs_low, stock_low
from services.points.domain.errors import (
    CodeUnknown,
    GoodsUnknown,
    HoldResolved,
    NotFetched,
    OwnCounter,
    PlaceUnknown,
    RedemptionUnknown,
    StockEmpty,
)
from services.points.domain.ledger import Entry, Group, Outcome, Receipt, group_outcome, require_done
from services.points.domain.mall import Goods, Place, Redemption, Shelf, State
from services.points.domain.validity import today_in_city
from services.points.events import mall as mall_events
from services.points.store import alerts
from services.points.store import ledger as books
from services.points.store import mall as store
from services.points.store import rules as rule_rows
from services.points.store.ledger import Ledger
from services.points.store.statements import titles

log = structlog.get_logger()

LAPSED_AT_ONCE: Final = 200
REDEMPTIONS = Counter("mall_redemptions_total", "Redemptions by what became of them", ["state"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Goods and where they lie."""

    goods: Goods
    shelves: list[Shelf]


@dataclass(frozen=True, slots=True, kw_only=True)
class MallActions:
    """What can be done in the mall. `secret` makes the pick-up codes."""

    database: Database
    clock: Clock
    ledger: Ledger
    secret: bytes

    async def save_goods(self, goods: Goods) -> Offer:
        """Offer goods, or change them."""
        async with self.database.transaction() as transaction:
            await store.save_goods(transaction, goods, at=self.clock.now())
        return (await self.list_goods(goods.code))[0]

    async def list_goods(self, code: str = "", *, place: str = "", with_withdrawn: bool = True) -> list[Offer]:
        """The catalogue with its shelves."""
        async with self.database.connection() as connection:
            goods = await store.goods(connection, code, with_withdrawn=with_withdrawn)
            shelves = await store.shelves(connection, goods_code=code, place_code=place)
        by_code: dict[str, list[Shelf]] = {}
        for shelf in shelves:
            by_code.setdefault(shelf.goods_code, []).append(shelf)
        offers = [Offer(goods=item, shelves=by_code.get(item.code, [])) for item in goods]
        return [offer for offer in offers if offer.shelves] if place else offers

    async def save_place(self, place: Place) -> Place:
        """Add a place, or change it."""
        async with self.database.transaction() as transaction:
            await store.save_place(transaction, place)
        return place

    async def list_places(self) -> list[Place]:
        """By code."""
        async with self.database.connection() as connection:
            return await store.places(connection)

    async def stock(self, goods_code: str, place_code: str, *, quantity: int, request_id: str) -> Shelf:
        """Put goods on a shelf, once for a request."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            await self._known(transaction, goods_code, place_code)
            leg = domain.stocking(goods_code, place_code, quantity=quantity, request_id=request_id, at=now)
            require_done((await self.ledger.post(transaction, [(leg,)], at=now))[0])
            return (await store.shelves(transaction, goods_code=goods_code, place_code=place_code))[0]

    async def stock_moves(
        self, goods_code: str, place_code: str, *, reserved: bool, before: int | None, size: int
    ) -> tuple[list[Entry], dict[str, str]]:
        """How what lies on a shelf came about, newest first, with causes in words."""
        account = (domain.set_aside if reserved else domain.on_shelf)(goods_code, place_code)
        async with self.database.connection() as connection:
            await self._known(connection, goods_code, place_code)
            entries = await books.list_entries(connection, account, before=before, size=size)
            return entries, await titles(connection, [entry.cause for entry in entries])

    async def low_stock(self) -> list[Shelf]:
        """Shelves below their mark."""
        async with self.database.connection() as connection:
            return await store.shelves(connection, low_only=True)

    async def redeem(
        self, *, owner: str, request_id: str, goods_code: str, place_code: str, quantity: int
    ) -> tuple[Redemption, str]:
        """Set points and goods aside, both or none; the redemption and its code."""
        now = self.clock.now()
        redemption_id = domain.redemption_id_of(owner, request_id)
        async with self.database.transaction() as transaction:
            goods = await self._known(transaction, goods_code, place_code)
            month = today_in_city(now).replace(day=1)
            had = await store.had_this_month(transaction, owner, goods_code, month)
            before = await store.find(transaction, id=redemption_id)
            if before is None:
                domain.check_wish(goods, quantity=quantity, had_this_month=had)
                rules = await rule_rows.rules_at(transaction, now)
                wish = domain.new_redemption(
                    goods, owner=owner, request_id=request_id, place_code=place_code, quantity=quantity,
                    secret=self.secret, at=now, today=today_in_city(now), kept_days=rules.pickup_days,
                )  # fmt: skip
                await store.insert(transaction, wish)
                receipts = (await self.ledger.post(transaction, [domain.redeeming(wish)], at=now))[0]
                _require_both(receipts, goods)
                await mall_events.tell_redemption(transaction, wish, at=now)
                await self._watch_shelf(transaction, goods, wish, left=receipts[1].debit_after, at=now)
                REDEMPTIONS.labels(State.HELD).inc()
                before = wish
        return before, domain.pickup_code(self.secret, before.id)

    async def _known(self, transaction: Transaction, goods_code: str, place_code: str) -> Goods:
        goods = await store.goods(transaction, goods_code)
        if not goods or not goods_code:
            raise GoodsUnknown
        if not place_code or not await store.places(transaction, place_code):
            raise PlaceUnknown
        return goods[0]

    async def find(self, code: str) -> Redemption:
        """What a code is good for. Fails with CODE_UNKNOWN."""
        async with self.database.transaction() as transaction:
            return await self._by_code(transaction, code)

    async def _by_code(self, transaction: Transaction, code: str) -> Redemption:
        found = await store.find(transaction, digest=domain.digest_of(code))
        if found is None or found.state is not State.HELD:
            raise CodeUnknown
        return found

    async def fulfil(self, code: str, *, by: str) -> Redemption:
        """Hand over what a code stands for, once. Fails with CODE_UNKNOWN, OWN_COUNTER."""
        async with self.database.transaction() as transaction:
            found = await self._by_code(transaction, code)
            if found.owner == by:
                raise OwnCounter
            return await self._end(transaction, found, State.FETCHED, by=by)

    async def cancel(self, redemption_id: UUID, *, by: str, anybodys: bool) -> Redemption:
        """Give back what was set aside. Fails with REDEMPTION_UNKNOWN, HOLD_RESOLVED."""
        async with self.database.transaction() as transaction:
            found = await store.find(transaction, id=redemption_id)
            if found is None or (found.owner != by and not anybodys):
                raise RedemptionUnknown
            return await self._end(transaction, found, State.CANCELLED, by=by)

    async def lapse(self) -> int:
        """Give back what was not fetched in time; how many."""
        count = 0
        now = self.clock.now()
        async with self.database.connection() as connection:
            late = await store.lapsed(connection, now=now, size=LAPSED_AT_ONCE)
        for redemption_id in late:
            async with self.database.transaction() as transaction:
                found = await store.find(transaction, id=redemption_id)
                if found is not None and found.state is State.HELD:
                    await self._end(transaction, found, State.LAPSED, by="")
                    count += 1
        return count

    @staticmethod
    async def _watch_shelf(
        transaction: Transaction, goods: Goods, wish: Redemption, *, left: int, at: datetime
    ) -> None:
        """Tell, once, when a shelf falls below its mark: as an event, and whoever keeps the shelf."""
        if runs_low(goods, wish, left=left):
            (place,) = await store.places(transaction, wish.place_code)
            await mall_events.tell_low_stock(transaction, goods, wish, left=left, at=at)
            await alerts.insert(transaction, stock_low(goods, place, wish, left=left), at=at)

    async def take_back(self, redemption_id: UUID, *, is_broken: bool, by: str) -> Redemption:
        """Fetched goods come back. Fails with REDEMPTION_UNKNOWN, NOT_FETCHED, OWN_COUNTER."""
        async with self.database.transaction() as transaction:
            found = await store.find(transaction, id=redemption_id)
            if found is None:
                raise RedemptionUnknown
            if found.owner == by:
                raise OwnCounter
            if found.state is not State.FETCHED:
                raise NotFetched
            group = domain.returning(found, is_broken=is_broken)
            return await self._close(transaction, found, State.RETURNED, group, by=by)

    async def _end(self, transaction: Transaction, found: Redemption, state: State, *, by: str) -> Redemption:
        if found.state is not State.HELD:
            raise HoldResolved(cause=str(found.id))
        return await self._close(transaction, found, state, domain.ending(found, state), by=by)

    async def _close(
        self, transaction: Transaction, found: Redemption, state: State, group: Group, *, by: str
    ) -> Redemption:
        now = self.clock.now()
        await store.end(transaction, found.id, state, by=by, at=now)
        require_done((await self.ledger.post(transaction, [group], at=now))[0])
        ended = replace(found, state=state, ended_at=now)
        await mall_events.tell_redemption(transaction, ended, at=now)
        REDEMPTIONS.labels(state).inc()
        return ended

    async def list_redemptions(
        self,
        *,
        owner: str = "",
        place: str = "",
        states: Sequence[State] = (),
        before: tuple[datetime, UUID] | None = None,
        size: int,
    ) -> list[Redemption]:
        """Newest first."""
        async with self.database.connection() as connection:
            return await store.redemptions(
                connection, owner=owner, place=place, states=states, before=before, size=size
            )


def _require_both(receipts: Sequence[Receipt], goods: Goods) -> None:
    """Fails with STOCK_EMPTY where the shelf, with BALANCE_INSUFFICIENT where the purse is too empty."""
    guilty = group_outcome(receipts)
    if guilty.outcome is Outcome.INSUFFICIENT and guilty.leg.debit.kind == "on_hand":
        raise StockEmpty(title=goods.title)
    require_done(receipts)
