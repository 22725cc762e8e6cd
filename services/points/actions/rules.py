"""Writes, tries and puts in force the rules of points; corrects by two people; lists what looks odd."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import structlog

from services.platform.clock import Clock
from services.platform.database import Database, Row
from services.points.domain import books
from services.points.domain import rules as domain
from services.points.domain.errors import (
    AdjustmentDecided,
    AdjustmentUnknown,
    OwnAccount,
    PointRulesPast,
    PointRulesUnknown,
    PointRulesUntried,
    SecondPersonNeeded,
)
from services.points.domain.ledger import ADJUSTMENT, PENALTY, POINTS, Group, Leg, available, key_for, require_done
from services.points.domain.rules import Rules, Version
from services.points.domain.validity import expires_after, today_in_city
from services.points.store import ledger as book_rows
from services.points.store import orders as order_rows
from services.points.store import rules as store
from services.points.store import statements as reading
from services.points.store.ledger import Ledger
from services.points.store.rules import Adjustment

log = structlog.get_logger()

SERVICES_TRIED: Final = 500
ADJUSTED: Final = "ADJUSTED"
#: From when on it looks odd: the same two people, one device, settlements at night; points an hour above twice the rule.
PAIR_MIN: Final = 4
DEVICE_MIN: Final = 3
NIGHT_MIN: Final = 2
POINTS_PER_HOUR_FACTOR: Final = 2
_NAMES: Final = UUID("8a7d6a1c-5b0e-4f3e-8a83-36a3a2f5d0c4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What other rules would have made of past services, by volunteer: before and after."""

    by_volunteer: dict[str, tuple[int, int]]
    services: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleActions:
    """What can be done with rules and corrections."""

    database: Database
    clock: Clock
    ledger: Ledger

    async def versions(self) -> tuple[list[Version], Version | None]:
        """Newest first, and the one that holds now; the rules the city begins with stand as version 0."""
        async with self.database.connection() as connection:
            known = await store.versions(connection)
        return known, domain.in_force(known, self.clock.now())

    async def draft(self, rules: Rules, *, reason: str, author: str) -> Version:
        """Write a version down; it does nothing yet."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            number = await store.insert(transaction, rules, reason=reason, author=author, at=now)
        return Version(number=number, rules=rules, reason=reason, author=author, written_at=now)

    async def _version(self, number: int) -> Version:
        known, _ = await self.versions()
        found = next((version for version in known if version.number == number), None)
        if found is None:
            raise PointRulesUnknown(version=number)
        return found

    async def try_out(self, number: int, *, services: int) -> Tried:
        """Who would have got what. Fails with POINT_RULES_UNKNOWN."""
        version = await self._version(number)
        async with self.database.transaction() as transaction:
            past = await order_rows.served(transaction, size=services or SERVICES_TRIED)
            await store.mark_tried(transaction, number, at=self.clock.now())
        return Tried(by_volunteer=domain.try_out(version.rules, past), services=len(past))

    async def activate(self, number: int, *, effective_at: datetime | None) -> Version:
        """Let a tried version hold from a moment on. Fails with POINT_RULES_UNTRIED, POINT_RULES_PAST."""
        now = self.clock.now()
        when = effective_at or now
        if when < now:
            raise PointRulesPast
        await self._version(number)
        async with self.database.transaction() as transaction:
            if not await store.activate(transaction, number, effective_at=when):
                raise PointRulesUntried(version=number)
        log.info("point_rules_activated", version=number, effective_at=when.isoformat())
        return await self._version(number)

    async def propose(self, *, owner: str, amount: int, reason: str, proposer: str, request_id: str) -> Adjustment:
        """Ask for a correction. Fails with OWN_ACCOUNT, ACCOUNT_RESERVED."""
        books.require_person(owner)
        if owner == proposer:
            raise OwnAccount
        wanted = Adjustment(
            id=uuid5(_NAMES, f"{proposer}/{request_id}"),
            owner=owner,
            amount=amount,
            reason=reason,
            proposer=proposer,
            proposed_at=self.clock.now(),
        )
        async with self.database.transaction() as transaction:
            await store.insert_adjustment(transaction, wanted)
            kept = await store.lock_adjustment(transaction, wanted.id)
        return kept or wanted

    async def decide(self, adjustment_id: UUID, *, approved: bool, decider: str) -> Adjustment:
        """Approve or refuse. Fails with ADJUSTMENT_UNKNOWN, ADJUSTMENT_DECIDED, SECOND_PERSON_NEEDED, OWN_ACCOUNT."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            found = await store.lock_adjustment(transaction, adjustment_id)
            if found is None:
                raise AdjustmentUnknown
            if found.state != "proposed":
                raise AdjustmentDecided
            if decider == found.proposer:
                raise SecondPersonNeeded
            if decider == found.owner:
                raise OwnAccount
            state = "approved" if approved else "refused"
            await store.decide_adjustment(transaction, adjustment_id, state=state, decider=decider, at=now)
            decided = await store.lock_adjustment(transaction, adjustment_id)
            if approved:
                rules = await store.rules_at(transaction, now)
                has = (await book_rows.balances_of(transaction, found.owner, POINTS)).get("available", 0)
                group = _correction(found, rules, has=has, now=now)
                require_done((await self.ledger.post(transaction, [group], at=now))[0])
        return decided or found

    async def adjustments(self, *, open_only: bool) -> list[Adjustment]:
        """Newest first."""
        async with self.database.connection() as connection:
            return await store.list_adjustments(connection, open_only=open_only)

    async def anomalies(self, days: int) -> list[Row]:
        """What looks odd among the services of the last days."""
        now = self.clock.now()
        async with self.database.connection() as connection:
            rules = await store.rules_at(connection, now)
            return await reading.anomalies(
                connection,
                since=now - timedelta(days=days),
                points_per_hour_max=rules.points_per_hour * POINTS_PER_HOUR_FACTOR,
                pair_min=PAIR_MIN,
                device_min=DEVICE_MIN,
                night_min=NIGHT_MIN,
            )


def _correction(found: Adjustment, rules: Rules, *, has: int, now: datetime) -> Group:
    key, cause = key_for(found.proposed_at, ADJUSTED, str(found.id)), str(found.id)
    if found.amount < 0:
        return books.taking(
            owner=found.owner, amount=-found.amount, has=has, sink=PENALTY, reason=ADJUSTED, cause=cause, key=key
        )
    return (
        Leg(
            key=key,
            debit=ADJUSTMENT,
            credit=available(found.owner),
            amount=found.amount,
            reason=ADJUSTED,
            cause=cause,
            expires_on=expires_after(today_in_city(now), rules.validity_months),
        ),
    )
