"""Carries a claim from check-in to credit, and sets right what went wrong."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.points.actions.orders import change, free_places, live_claim
from services.points.domain import books, orders
from services.points.domain.errors import (
    BalanceInsufficient,
    NotYourOrder,
    OrderUnknown,
    OwnService,
    SettlementIncomplete,
)
from services.points.domain.ledger import MINT, POINTS, Group, key_for, require_done
from services.points.domain.orders import DONE, LIVE, NO_SHOW, Claim, ClaimState, Order, Photo, Spot, State
from services.points.domain.rules import Rules
from services.points.domain.validity import today_in_city
from services.points.events.orders import tell_order
from services.points.neighbours import Cases
from services.points.store import ledger as book_rows
from services.points.store import orders as store
from services.points.store import rules as rule_rows
from services.points.store.ledger import Ledger

log = structlog.get_logger()

ATTEMPTS: Final = 5
UNRATED_AT_ONCE: Final = 200
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceActions:
    """What can be done with an order once a place is taken."""

    database: Database
    clock: Clock
    ledger: Ledger
    cases: Cases

    async def _on(
        self, order_id: str, do: Callable[[Transaction, Order, Rules, datetime], Awaitable[Answer]]
    ) -> Answer:
        """Do something with an order nobody else changes meanwhile; again when a purse was emptied just then."""
        now = self.clock.now()
        for attempt in range(ATTEMPTS):
            try:
                async with self.database.transaction() as transaction:
                    order = await store.lock(transaction, order_id)
                    if order is None:
                        raise OrderUnknown
                    return await do(transaction, order, await rule_rows.rules_at(transaction, now), now)
            except BalanceInsufficient:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    async def check_in(self, order_id: str, subject: str, spot: Spot, *, device: str) -> tuple[Order, Claim]:
        """Begin the service at the place. Fails with TOO_FAR, TOO_EARLY, CLAIM_UNKNOWN, CLAIM_NOT_IN_STATE."""

        async def begin(tx: Transaction, order: Order, rules: Rules, now: datetime) -> tuple[Order, Claim]:
            claim = await live_claim(tx, order_id, subject)
            claim.require(ClaimState.TAKEN)
            orders.check_presence(order, spot, rules, now=now)
            there = replace(claim, state=ClaimState.CHECKED_IN, checked_in_at=now)
            await store.update_claim(tx, there)
            await store.note_claim(tx, claim.id, device=device)
            serving = await change(tx, replace(order, state=State.SERVING), at=now)
            return serving, there

        return await self._on(order_id, begin)

    async def check_out(self, order_id: str, subject: str, spot: Spot, *, device: str) -> tuple[Order, Claim]:
        """End the service at the place. Fails as check_in."""

        async def end(tx: Transaction, order: Order, rules: Rules, now: datetime) -> tuple[Order, Claim]:
            claim = await live_claim(tx, order_id, subject)
            claim.require(ClaimState.CHECKED_IN)
            orders.check_presence(order, spot, rules, now=now)
            gone = replace(claim, state=ClaimState.CHECKED_OUT, checked_out_at=now)
            await store.update_claim(tx, gone)
            await store.note_claim(tx, claim.id, device=device or None)
            return order, gone

        return await self._on(order_id, end)

    async def release(self, order_id: str, subject: str) -> Order:
        """Give a place back. Fails with CLAIM_UNKNOWN, CLAIM_NOT_IN_STATE."""

        async def let_go(tx: Transaction, order: Order, rules: Rules, now: datetime) -> Order:
            claim = await live_claim(tx, order_id, subject)
            claim.require(ClaimState.TAKEN)
            await store.update_claim(tx, replace(claim, state=ClaimState.RELEASED))
            return await self._without(tx, order, claim, rules, now)

        return await self._on(order_id, let_go)

    async def _without(self, tx: Transaction, order: Order, claim: Claim, rules: Rules, now: datetime) -> Order:
        """A claim has no part in the order any more: its place is free, and all others may be settled already."""
        await tell_order(tx, replace(order, left=order.left + 1), at=now)
        stands = await self._settle_if_all(tx, order, rules, now)
        await free_places(self.ledger, tx, order, [claim], at=now)
        return replace(stands, left=order.left + 1)

    async def request(self, order_id: str, subject: str, *, note: str, photos: Sequence[Photo]) -> tuple[Order, Claim]:
        """Ask for settlement. Fails with SETTLEMENT_INCOMPLETE."""

        async def ask(tx: Transaction, order: Order, _: Rules, now: datetime) -> tuple[Order, Claim]:
            claim = await live_claim(tx, order_id, subject)
            orders.check_settlement(claim, note=note, photos=photos)
            asked = replace(
                claim,
                state=ClaimState.REQUESTED,
                note=note,
                photos=tuple(photos),
                minutes_there=orders.minutes_between(claim),
            )
            await store.update_claim(tx, asked)
            await store.note_claim(tx, claim.id, requested_at=now)
            await tell_order(tx, order, at=now)
            return order, asked

        return await self._on(order_id, ask)

    async def decide(
        self, order_id: str, volunteer: str, *, approved: bool, reason: str, minutes: int, by: str
    ) -> tuple[Order, Claim]:
        """Approve or refuse a settlement. Fails with OWN_SERVICE, SETTLEMENT_INCOMPLETE, CLAIM_NOT_IN_STATE."""

        async def judge(tx: Transaction, order: Order, rules: Rules, now: datetime) -> tuple[Order, Claim]:
            claim = await live_claim(tx, order_id, volunteer)
            if by == volunteer:
                raise OwnService
            if minutes or not approved:
                _require_reason(reason)
            by_word = (ClaimState.TAKEN, ClaimState.CHECKED_IN, ClaimState.CHECKED_OUT) if minutes else ()
            claim.require(ClaimState.REQUESTED, *by_word)
            judged = replace(
                claim,
                state=ClaimState.SETTLED if approved else ClaimState.CHECKED_OUT,
                decision=reason,
                minutes_there=(minutes or claim.minutes_there) if approved else claim.minutes_there,
            )
            await store.update_claim(tx, judged)
            await store.note_claim(tx, claim.id, decided_by=by, settled_at=now if approved else None)
            return await self._settle_if_all(tx, order, rules, now), judged

        order, claim = await self._on(order_id, judge)
        if order.state in {State.SETTLED, State.CREDITED}:
            await self.cases.walk(order_id, _solved(claim))
        return order, claim

    async def _settle_if_all(self, tx: Transaction, order: Order, rules: Rules, now: datetime) -> Order:
        """An order is settled when everybody who has a part in it is; credited at once where it was rated before."""
        live = [claim for claim in await store.claims_of(tx, order.id) if claim.state in LIVE]
        if not live or any(claim.state not in DONE for claim in live):
            return order
        settled = await change(tx, replace(order, state=State.SETTLED, settled_at=now), at=now)
        return await self._credit(tx, settled, rules, now) if order.rating else settled

    async def rate(self, order_id: str, *, subject: str, rating: int, comment: str) -> Order:
        """Rate and credit, once. Fails with NOT_YOUR_ORDER, ORDER_NOT_IN_STATE."""

        async def judge(tx: Transaction, order: Order, rules: Rules, now: datetime) -> Order:
            if order.owner != subject:
                raise NotYourOrder
            order.require(State.SETTLED)
            return await self._credit(tx, replace(order, rating=rating), rules, now)

        rated = await self._on(order_id, judge)
        step = cases_pb2.Step(event=cases_pb2.CASE_EVENT_RATE, rating=rating, opinion=comment)
        await self.cases.walk(order_id, [step])
        return rated

    async def rated_case(self, order_id: str, rating: int) -> bool:
        """The case was rated: credit, or remember until the order is settled; whether there is such an order."""

        async def note(tx: Transaction, order: Order, rules: Rules, now: datetime) -> bool:
            if order.rating or not rating:
                return True
            noted = replace(order, rating=rating)
            if order.state is State.SETTLED:
                await self._credit(tx, noted, rules, now)
            else:
                await store.update(tx, noted)
            return True

        async with self.database.connection() as connection:
            # Most cases that are rated are no orders; for those nothing is locked.
            if await store.find(connection, order_id) is None:
                return False
        return await self._on(order_id, note)

    async def rate_by_default(self) -> int:
        """Count as good what nobody rated in time; how many."""
        now = self.clock.now()
        async with self.database.connection() as connection:
            rules = await rule_rows.rules_at(connection, now)
            until = now - timedelta(days=rules.default_rating_days)
            unrated = await store.unrated(connection, until=until, size=UNRATED_AT_ONCE)

        async def count(tx: Transaction, order: Order, rules: Rules, now: datetime) -> None:
            if order.state is State.SETTLED:
                rated = replace(order, rating=rules.default_rating, rated_by_default=True)
                await self._credit(tx, rated, rules, now)

        for order_id in unrated:
            await self._on(order_id, count)
        return len(unrated)

    async def _credit(self, tx: Transaction, order: Order, rules: Rules, now: datetime) -> Order:
        """Points and minutes for everybody who served, in the transaction that says so."""
        claims = [claim for claim in await store.claims_of(tx, order.id) if claim.state in DONE]
        groups: list[Group] = []
        for claim in sorted(claims, key=lambda claim: claim.volunteer):
            day = today_in_city(claim.checked_in_at or claim.claimed_at)
            given = await store.given_that_day(tx, claim.volunteer, day, but=claim.id)
            group, minutes, points = orders.crediting(
                order, claim, rules, rating=order.rating, given_that_day=given, generation=order.generation, now=now
            )
            credited = replace(claim, state=ClaimState.CREDITED, minutes=minutes, points=points)
            await store.update_claim(tx, credited)
            await store.note_claim(tx, claim.id, served_on=day, given_that_day=given)
            groups += [group] if group else []
        done = await change(tx, replace(order, state=State.CREDITED, credited_at=now), at=now)
        for receipts in await self.ledger.post(tx, groups, at=now) if groups else []:
            require_done(receipts)
        log.info("order_credited", order_id=order.id, claims=len(claims), rating=order.rating)
        return done

    async def dispute(self, order_id: str, *, subject: str, reason: str) -> Order:
        """Doubt a settlement or rating. Fails with TOO_LATE, ORDER_NOT_IN_STATE, NOT_YOUR_ORDER."""

        async def doubt(tx: Transaction, order: Order, rules: Rules, now: datetime) -> Order:
            served = {claim.volunteer for claim in await store.claims_of(tx, order.id) if claim.state in DONE}
            if subject != order.owner and subject not in served:
                raise NotYourOrder
            orders.check_dispute(order, rules, now=now)
            await store.note_dispute(tx, order.id, by=subject)
            return await change(tx, replace(order, state=State.DISPUTED, dispute_reason=reason), at=now)

        return await self._on(order_id, doubt)

    async def decide_dispute(self, order_id: str, *, upheld: bool, rating: int, reason: str, by: str) -> Order:
        """All stays, or what was credited is taken back and credited anew. Fails with OWN_SERVICE."""

        async def judge(tx: Transaction, order: Order, rules: Rules, now: datetime) -> Order:
            order.require(State.DISPUTED)
            claims = [claim for claim in await store.claims_of(tx, order.id) if claim.state in DONE]
            if by == order.owner or by in {claim.volunteer for claim in claims}:
                raise OwnService
            await store.note_dispute(tx, order.id, decision=reason)
            if not upheld:
                stays = State.CREDITED if order.credited_at else State.SETTLED
                return await change(tx, replace(order, state=stays), at=now)
            if order.credited_at is not None:
                await self._take_back(tx, order, claims, now)
            anew = replace(order, generation=order.generation + 1, rating=rating, rated_by_default=False)
            return await self._credit(tx, anew, rules, now)

        return await self._on(order_id, judge)

    async def _take_back(self, tx: Transaction, order: Order, claims: Sequence[Claim], now: datetime) -> None:
        groups: list[Group] = []
        for claim in claims:
            if claim.points:
                original = orders.credit_key(order, claim, orders.ORDER_SERVED, order.generation)
                has = (await book_rows.balances_of(tx, claim.volunteer, POINTS)).get("available", 0)
                groups.append(
                    books.taking(
                        owner=claim.volunteer, amount=claim.points, has=has, sink=MINT, reason=books.REVERSED,
                        cause=order.id, key=key_for(order.opened_at, "reverse", str(original)), reverses=original,
                    )
                )  # fmt: skip
            if claim.minutes:
                groups.append((orders.time_taken_back(order, claim, generation=order.generation),))
        for receipts in await self.ledger.post(tx, groups, at=now) if groups else []:
            require_done(receipts)

    async def no_show(self, order_id: str, volunteer: str, *, by: str) -> Order:
        """Somebody did not come: the place is free, the penalty applies once. Fails with TOO_EARLY, OWN_SERVICE."""

        async def note(tx: Transaction, order: Order, rules: Rules, now: datetime) -> Order:
            claim = await live_claim(tx, order_id, volunteer)
            if by == volunteer:
                raise OwnService
            orders.check_no_show(order, claim, now=now)
            await store.update_claim(tx, replace(claim, state=ClaimState.NO_SHOW))
            await store.note_claim(tx, claim.id, decided_by=by)
            has = (await book_rows.balances_of(tx, volunteer, POINTS)).get("available", 0)
            free = await self._without(tx, order, claim, rules, now)
            if rules.no_show_penalty:
                group = books.penalty(
                    owner=volunteer, amount=rules.no_show_penalty, has=has, reason=NO_SHOW, cause=order.id,
                    key=key_for(order.opened_at, NO_SHOW, str(claim.id)),
                )  # fmt: skip
                require_done((await self.ledger.post(tx, [group], at=now))[0])
            return free

        return await self._on(order_id, note)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise SettlementIncomplete(missing="reason")


def _solved(claim: Claim) -> Sequence[cases_pb2.Step]:
    """What a settled order means for its case: it is disposed of, with the volunteer's photos and words."""
    photos = [
        place_pb2.Evidence(
            object_key=photo.object_key,
            sha256=photo.sha256,
            content_type=photo.content_type,
            size_bytes=photo.size_bytes,
            kind=place_pb2.EVIDENCE_KIND_AFTER,
        )
        for photo in claim.photos
    ]
    words = claim.note or claim.decision
    return (
        cases_pb2.Step(event=cases_pb2.CASE_EVENT_DISPOSE, opinion=words, evidence=photos),
        cases_pb2.Step(event=cases_pb2.CASE_EVENT_FEEDBACK, opinion=words),
    )
