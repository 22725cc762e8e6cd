"""Keeps everybody's points: credits, takes back, expires, and says who has what."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from services.platform.clock import Clock
from services.platform.database import Database, Row, Transaction
from services.points.actions.batcher import Batcher, Lane
from services.points.domain import books
from services.points.domain.errors import AccountUnknown, HoldResolved
from services.points.domain.ledger import (
    POINTS,
    Account,
    Audit,
    Entry,
    Group,
    Leg,
    Outcome,
    Receipt,
    Sort,
    key_for,
    require_done,
)
from services.points.domain.validity import expires_after, today_in_city
from services.points.store import audit as audits
from services.points.store import ledger as store

log = structlog.get_logger()

PAGE_SIZE: Final = 50
OWNERS_AT_ONCE: Final = 500
POINTS_CREDITED = Counter("points_credited_total", "Points that were credited", ["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some entries, newest first; `before` is where the next page begins, None after the last."""

    entries: list[Entry]
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerActions:
    """What can be done with the ledger."""

    database: Database
    clock: Clock
    batcher: Batcher

    async def credit(self, leg: Leg, *, announce: bool = True, lane: Lane = Lane.INTERACTIVE) -> Receipt:
        """Credit an account once for each key; the same key again finds the first transfer."""
        receipts = await self.batcher.post((leg,), announce=announce, lane=lane)
        told = require_done(receipts)
        if told.outcome is Outcome.POSTED:
            POINTS_CREDITED.labels(leg.reason).inc(leg.amount)
            log.info("points_credited", key=str(leg.key), amount=leg.amount, cause=leg.cause)
        return told

    async def credit_rated_case(self, rated: books.RatedCase) -> Receipt | None:
        """Credit whom a rating rewards; None when it rewards nobody."""
        if not rated.earns:
            return None
        return await self.credit(books.reward(rated, expires_on=expires_after(today_in_city(self.clock.now()))))

    async def post(self, group: Group, *, lane: Lane = Lane.INTERACTIVE) -> list[Receipt]:
        """Post a group as it is."""
        return await self.batcher.post(group, lane=lane)

    async def reverse(self, key: UUID, *, cause: str) -> list[Receipt]:
        """Take a credit back, whole and once; what is spent already becomes a debt. Fails with HOLD_RESOLVED."""
        async with self.database.connection() as connection:
            posted = await store.find_transfer(connection, key)
            if posted is None:
                raise AccountUnknown(owner=str(key))
            has = (await store.balances_of(connection, posted.credit.owner, POINTS)).get("available", 0)
        group = books.taking(
            owner=posted.credit.owner,
            amount=posted.amount,
            has=has,
            sink=posted.debit,
            reason=books.REVERSED,
            cause=cause,
            key=key_for(posted.at, "reverse", str(key)),
            reverses=key,
        )
        if posted.reversed_by is not None:
            raise HoldResolved(cause=cause)
        receipts = await self.batcher.post(group)
        require_done(receipts)
        return receipts

    async def posted_at(self, key: UUID) -> datetime:
        """When a transfer entered the books."""
        async with self.database.connection() as connection:
            posted = await store.find_transfer(connection, key)
        if posted is None:
            raise AccountUnknown(owner=str(key))
        return posted.at

    async def balances(self, owner: str, unit: str = POINTS) -> dict[str, int]:
        """What somebody has in each pocket."""
        async with self.database.connection() as connection:
            return await store.balances_of(connection, owner, unit)

    async def balance(self, owner: str) -> int:
        """What somebody may spend."""
        return (await self.balances(owner)).get("available", 0)

    async def list_entries(self, account: Account, *, before: int | None, size: int) -> Page:
        """One page of a book."""
        size = size or PAGE_SIZE
        async with self.database.connection() as connection:
            entries = await store.list_entries(connection, account, before=before, size=size + 1)
        page = entries[:size]
        return Page(entries=page, before=page[-1].sequence if len(entries) > size else None)

    async def expire(self, today: date) -> int:
        """Expire what is due, for everybody; how many points went. Doing it again expires nothing more."""
        gone = 0
        after = 0
        while True:
            async with self.database.connection() as connection:
                rows = await store.owners_of(
                    connection, unit=POINTS, kind="available", after=after, size=OWNERS_AT_ONCE
                )
                legs = [leg for row in rows if (leg := await self._due(connection, row, today))]
            receipts = await self.batcher.post_many([(leg,) for leg in legs])
            gone += sum(r.leg.amount for group in receipts for r in group if r.outcome is Outcome.POSTED)
            if len(rows) < OWNERS_AT_ONCE:
                return gone
            after = rows[-1]["id"]

    async def _due(self, connection: Transaction, row: Row, today: date) -> Leg | None:
        validity = await store.validity_of(connection, row["owner"])
        due = books.due_for_expiry(grants=validity.grants, used=validity.used, expired=validity.expired, today=today)
        amount = min(due, row["balance"])
        return books.expiry(owner=row["owner"], amount=amount, today=today, line=row["seq"]) if amount > 0 else None

    async def give_back_late_holds(self) -> int:
        """Give back what was set aside until a moment that has passed; how many. Whoever settles first, settles."""
        async with self.database.connection() as connection:
            late = await store.expired_holds(connection, now=self.clock.now(), size=OWNERS_AT_ONCE)
        legs = [
            Leg(
                key=key_for(hold.expires_at, "hold-late", str(hold.key)),
                debit=hold.account,
                credit=hold.origin,
                amount=hold.amount,
                reason="HOLD_LAPSED",
                cause=hold.cause,
                sort=Sort.RESOLVE,
                ref=hold.key,
            )
            for hold in late
        ]
        receipts = await self.batcher.post_many([(leg,) for leg in legs])
        return sum(1 for group in receipts if group[0].outcome is Outcome.POSTED)

    async def collect_debts(self) -> int:
        """Let earnings pay what is owed; how many points went."""
        async with self.database.connection() as connection:
            owing = await store.owners_of(connection, unit=POINTS, kind="debt", after=0, size=OWNERS_AT_ONCE)
            owners = [row["owner"] for row in owing]
            has = await store.balances_of_many(connection, owners, unit=POINTS, kind="available")
        legs = [
            books.debt_payment(
                owner=row["owner"], owed=-row["balance"], has=has.get(row["owner"], 0), debt_seq=row["seq"]
            )
            for row in owing
        ]
        receipts = await self.batcher.post_many([(leg,) for leg in legs if leg is not None])
        return sum(r.leg.amount for group in receipts for r in group if r.outcome is Outcome.POSTED)

    async def sealed_upto(self) -> int:
        """How far the books were found right and sealed."""
        async with self.database.connection() as connection:
            return await store.sealed_upto(connection)

    async def why_closed(self) -> str:
        """Why nothing may be posted now; empty when the books are open."""
        async with self.database.connection() as connection:
            return (await store.read_head(connection))[1]

    async def verify(self, *, after: int = 0) -> Audit:
        """Count again, all or what came after a place, and say what is wrong."""
        async with self.database.transaction() as transaction:
            return await audits.audit(transaction, after=after)
