"""Does what the points service is asked for, each in one transaction."""

from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter

from services.platform import consume
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.ids import uuid7
from services.points import events, store
from services.points.domain import Audit, Entry, Posting, RatedCase, Transfer, reward

log = structlog.get_logger()

PAGE_SIZE: Final = 50
POINTS_CREDITED = Counter("points_credited_total", "Points that were credited", ["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some entries, newest first; `before` is where the next page begins, None after the last."""

    entries: list[Entry]
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What can be done with the ledger."""

    database: Database
    clock: Clock

    async def credit_account(self, posting: Posting) -> Transfer:
        """Credit an account once for each key; the same key again finds the first transfer."""
        async with self.database.transaction() as transaction:
            return await self._credit(transaction, posting)

    async def credit_rated_case(self, rated: RatedCase, *, source: str, event_id: str) -> Transfer | None:
        """Credit whom a rating rewards; None when the event was handled before or rewards nobody."""
        async with self.database.transaction() as transaction:
            fresh = await consume.first_time(transaction, source=source, event_id=event_id)
            if not fresh or not rated.earns:
                return None
            return await self._credit(transaction, reward(rated))

    async def _credit(self, transaction: Transaction, posting: Posting) -> Transfer:
        posted = await store.post(transaction, posting, id=uuid7(), at=self.clock.now())
        if posted.new:
            await events.publish_points_credited(transaction, posted.transfer)
            POINTS_CREDITED.labels(posting.reason).inc(posting.amount)
            log.info("points_credited", transfer_id=str(posted.transfer.id), amount=posting.amount, cause=posting.cause)
        return posted.transfer

    async def read_balance(self, owner: str) -> int:
        """What somebody has."""
        async with self.database.connection() as connection:
            return await store.balance_of(connection, owner)

    async def list_transfers(self, owner: str, *, before: int | None, size: int) -> Page:
        """One page of somebody's statement."""
        size = size or PAGE_SIZE
        async with self.database.connection() as connection:
            entries = await store.list_entries(connection, owner, before=before, size=size + 1)
        page = entries[:size]
        return Page(entries=page, before=page[-1].sequence if len(entries) > size else None)

    async def verify(self) -> Audit:
        """Recompute the whole ledger from its transfers and say what is wrong."""
        async with self.database.transaction() as transaction:
            return await store.audit(transaction)
