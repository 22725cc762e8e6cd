"""Opens and publishes orders, offers them ring by ring, and gives out their places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import structlog
from gridward.incidents.v1 import cases_pb2
from prometheus_client import Counter

from services.platform.clock import Clock
from services.platform.database import Database, Row, Transaction
from services.platform.identity import Caller
from services.platform.wall import Wall
from services.points.domain import orders as domain
from services.points.domain import volunteers as seats
from services.points.domain.errors import ClaimUnknown, NotYourOrder, OrderUnknown, PlacesTaken
from services.points.domain.ledger import POINTS, require_done
from services.points.domain.orders import LIVE, Claim, ClaimState, Order, Standing, State
from services.points.domain.rules import Rules
from services.points.events.orders import tell_order
from services.points.neighbours import Cases, Wish
from services.points.store import ledger as books
from services.points.store import orders as store
from services.points.store import rules as rule_rows
from services.points.store import volunteers as people
from services.points.store.ledger import Ledger

log = structlog.get_logger()

READ: Final = "points.orders.read"
CANDIDATES_MAX: Final = 200
ORDERS = Counter("orders_total", "Orders by where they came to stand", ["state"])
#: What publishing an order means for its case, as far as whoever publishes may say so.
TAKEN_ON: Final = (
    cases_pb2.Step(event=cases_pb2.CASE_EVENT_ACCEPT),
    cases_pb2.Step(event=cases_pb2.CASE_EVENT_REGISTER, filing_condition="order"),
    cases_pb2.Step(event=cases_pb2.CASE_EVENT_DISPATCH),
    cases_pb2.Step(event=cases_pb2.CASE_EVENT_SIGN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An order as one person sees it."""

    order: Order
    ring: int
    mine: Claim | None = None
    #: Ring in which the person lives; 0 where it was not looked at.
    nearness: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderActions:
    """What can be done with orders until somebody serves."""

    database: Database
    clock: Clock
    ledger: Ledger
    cases: Cases
    wall: Wall

    async def open(self, wish: Wish, *, estate: str, wanted_at: datetime | None) -> Order:
        """Report a wish as a case, and keep the order it stands for."""
        order = replace(await self.cases.open(wish), estate=estate, wanted_at=wanted_at)
        return await self.keep(order)

    async def keep(self, order: Order) -> Order:
        """Keep the order of a case, once; whether its case was told of here or by incidents."""
        async with self.database.transaction() as transaction:
            if await store.insert(transaction, order):
                ORDERS.labels(State.OPENED).inc()
                await tell_order(transaction, order, at=self.clock.now())
            kept = await store.find(transaction, order.id)
        return kept or order

    async def publish(self, order_id: str, *, at: datetime | None, weekend: bool) -> Order:
        """Offer an order to volunteers. Fails with ORDER_UNKNOWN, ORDER_NOT_IN_STATE."""
        now = self.clock.now()
        when = domain.weekend_batch(now) if weekend else max(at or now, now)
        async with self.database.transaction() as transaction:
            order = await self._locked(transaction, order_id)
            order.require(State.OPENED)
            published = await change(transaction, replace(order, state=State.PUBLISHED, published_at=when), at=now)
            legs = seats.seats(order.seats, of=order.seats, quota=order.people, was=0, at=order.opened_at)
            require_done((await self.ledger.post(transaction, [legs], at=now))[0])
        await self.cases.walk(order_id, TAKEN_ON)
        return replace(published, left=order.people)

    async def _locked(self, transaction: Transaction, order_id: str) -> Order:
        order = await store.lock(transaction, order_id)
        if order is None:
            raise OrderUnknown
        return order

    async def find(self, order_id: str) -> tuple[Order, list[Claim], Rules]:
        """An order with all its claims, and the rules now. Fails with ORDER_UNKNOWN."""
        async with self.database.connection() as connection:
            order = await store.find(connection, order_id)
            if order is None:
                raise OrderUnknown
            claims = await store.claims_of(connection, order_id)
            return order, claims, await rule_rows.rules_at(connection, self.clock.now())

    async def require_shown(self, order_id: str, caller: Caller) -> None:
        """What our own checks let somebody see, the database must as well. Fails with ORDER_UNKNOWN."""
        async with self.database.connection() as connection:
            if not await self.wall.shown(connection, [order_id], caller=caller, permission=READ, own=True):
                raise OrderUnknown

    async def volunteer_ring(self, subject: str, order: Order) -> int:
        """How near somebody is to an order; 0 for who is no volunteer."""
        async with self.database.connection() as connection:
            volunteer = await people.volunteer(connection, subject)
        return domain.ring_of(volunteer, order) if volunteer else 0

    async def search(
        self,
        caller: Caller,
        *,
        offered: bool = False,
        owner: str = "",
        volunteer: str = "",
        scope_areas: Sequence[str] | None = None,
        states: Sequence[State] = (),
        before: tuple[datetime, str] | None = None,
        size: int,
    ) -> list[Seen]:
        """Orders, newest first, each with the caller's claim on it."""
        now = self.clock.now()
        subject = caller.subject
        async with self.database.connection() as connection:
            rules = await rule_rows.rules_at(connection, now)
            if offered:
                found = await store.list_offered(
                    connection, subject, ring_minutes=rules.ring_minutes, now=now, before=before, size=size
                )
            else:
                found = await store.list_orders(
                    connection, owner=owner, volunteer=volunteer, scope_areas=scope_areas, states=states,
                    before=before, size=size,
                )  # fmt: skip
            shown = await self.wall.shown(connection, [o.id for o in found], caller=caller, permission=READ, own=True)
            mine = await store.my_claims(connection, subject, found)
            person = await people.volunteer(connection, subject) if offered else None
        return [
            Seen(
                order=o,
                ring=domain.ring_open(o, rules, now),
                mine=mine.get(o.id),
                nearness=domain.ring_of(person, o) if person else 0,
            )
            for o in found
            if o.id in shown
        ]

    async def candidates(self, order_id: str) -> list[Row]:
        """Who could come. Fails with ORDER_UNKNOWN."""
        async with self.database.connection() as connection:
            if await store.find(connection, order_id) is None:
                raise OrderUnknown
            return await store.candidates(connection, order_id, size=CANDIDATES_MAX)

    async def claim(self, order_id: str, subject: str) -> Seen:
        """Take a place. Fails with all that the rules say against it, PLACES_TAKEN, ORDER_CLAIMED, CLAIM_OVERLAPS."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            order = await store.keep_as_it_is(transaction, order_id)
            if order is None:
                raise OrderUnknown
            rules = await rule_rows.rules_at(transaction, now)
            volunteer = await people.volunteer(transaction, subject)
            standing = await self._standing(transaction, subject, now)
            domain.check_claim(order, volunteer, standing, rules, now=now)
            claim = Claim(id=uuid4(), order_id=order_id, volunteer=subject, claimed_at=now)
            begin, end = domain.period_of(order, now=now)
            await store.insert_claim(transaction, claim, begin=begin, end=end)
            leg = seats.take_seat(order.seats, of=order.seats, claim=str(claim.id), at=now)
            receipt = (await self.ledger.post(transaction, [(leg,)], at=now))[0][0]
            if not receipt.outcome.done:
                raise PlacesTaken
            taken = replace(order, left=receipt.debit_after)
            await tell_order(transaction, taken, at=now)
        return Seen(order=taken, ring=domain.ring_open(order, rules, now), mine=claim)

    async def _standing(self, transaction: Transaction, subject: str, now: datetime) -> Standing:
        since = datetime(now.year, 1, 1, tzinfo=UTC)
        balances = await books.balances_of(transaction, subject, POINTS)
        return Standing(
            no_shows_this_year=await store.count_no_shows(transaction, subject, since=since),
            owed=-balances.get("debt", 0),
        )

    async def cancel(self, order_id: str, *, subject: str, reason: str, anybodys: bool) -> Order:
        """End an order that is not served. Fails with ORDER_NOT_IN_STATE, NOT_YOUR_ORDER."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            order = await self._locked(transaction, order_id)
            if order.owner != subject and not anybodys:
                raise NotYourOrder
            ended = await self._end(transaction, order, now)
        step = cases_pb2.Step(event=cases_pb2.CASE_EVENT_CANCEL, opinion=reason)
        await self.cases.walk(order_id, [step])
        return ended

    async def _end(self, transaction: Transaction, order: Order, now: datetime) -> Order:
        order.require(State.OPENED, State.PUBLISHED)
        claims = [c for c in await store.claims_of(transaction, order.id) if c.state in LIVE]
        for claim in claims:
            await store.update_claim(transaction, replace(claim, state=ClaimState.RELEASED))
        ended = await change(transaction, replace(order, state=State.CANCELLED), at=now)
        await free_places(self.ledger, transaction, order, claims, at=now)
        return ended

    async def follow_case(self, order_id: str, case_state: str) -> None:
        """Note where the case stands; an order whose case was refused or ended unsolved ends too, unless it is served."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            order = await store.lock(transaction, order_id)
            if order is None:
                return
            ended = case_state in {"CASE_STATE_CANCELLED", "CASE_STATE_REJECTED"}
            noted = replace(order, case_state=case_state)
            if ended and order.state in {State.OPENED, State.PUBLISHED}:
                await self._end(transaction, noted, now)
            else:
                await store.update(transaction, noted)


async def change(transaction: Transaction, order: Order, *, at: datetime) -> Order:
    """Let an order stand somewhere else, and tell."""
    await store.update(transaction, order)
    await tell_order(transaction, order, at=at)
    ORDERS.labels(order.state).inc()
    return order


async def live_claim(transaction: Transaction, order_id: str, subject: str) -> Claim:
    """Somebody's claim that still has a part in the order. Fails with CLAIM_UNKNOWN."""
    claims = [c for c in await store.claims_of(transaction, order_id, volunteer=subject) if c.state in LIVE]
    if not claims:
        raise ClaimUnknown
    return claims[-1]


async def free_places(
    ledger: Ledger, transaction: Transaction, order: Order, claims: Sequence[Claim], *, at: datetime
) -> None:
    """The places of claims are free again."""
    groups = [
        (seats.free_seat(order.seats, of=order.seats, claim=str(claim.id), taken_at=claim.claimed_at),)
        for claim in claims
    ]
    for receipts in await ledger.post(transaction, groups, at=at) if groups else []:
        require_done(receipts)
