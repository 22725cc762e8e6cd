"""Watches over the books: seals what was added, checks it, and stops all writing when something is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import structlog
from prometheus_client import Gauge

from services.platform.rounds import again_and_again
from services.points.actions.ledger import LedgerActions
from services.points.domain.ledger import Audit
from services.points.domain.validity import today_in_city
from services.points.store import ledger as store

log = structlog.get_logger()

EVERY_S: Final = 60.0
SEAL_ROWS_MAX: Final = 50_000

FAULTS_FOUND = Gauge("ledger_faults", "Faults found by the last check; anything above 0 stops writing")
SEALED_UPTO = Gauge("ledger_sealed_upto", "The newest transfer under the chain of digests")


@dataclass(slots=True, kw_only=True)
class Keeper:
    """Runs in the background of the points service."""

    actions: LedgerActions
    every_s: float = EVERY_S
    chores: tuple[Callable[[], Awaitable[int]], ...] = ()
    _checked_upto: int | None = field(default=None)
    _expired_on: date | None = field(default=None)
    _counted_on: date | None = field(default=None)

    async def run(self) -> None:
        """Go on until cancelled; a database that is away for a while is waited for."""
        await again_and_again(self.step, every_s=self.every_s, waiting="keeper_waits")

    async def step(self) -> Audit:
        """Count what is new, every day once everything; seal what was found right; once a day expire; then the chores.

        After a start it goes on where the seals end, as only what was found right is sealed.
        """
        today = today_in_city(self.actions.clock.now())
        if self._checked_upto is None:
            self._checked_upto, self._counted_on = await self.actions.sealed_upto(), today
        everything = self._counted_on != today
        audit = await self.actions.verify(after=0 if everything else self._checked_upto)
        FAULTS_FOUND.set(len(audit.faults))
        if audit.faults:
            await self.stop_writing(audit)
            return audit
        self._checked_upto, self._counted_on = audit.upto, today
        await self._seal()
        if today != self._expired_on:
            log.info("points_expired", amount=await self.actions.expire(today))
            self._expired_on = today
        await self.actions.collect_debts()
        for chore in self.chores:
            await chore()
        return audit

    async def stop_writing(self, audit: Audit) -> None:
        """From now on nothing is posted by anybody; reading goes on."""
        for fault in audit.faults:
            log.error(
                "ledger_fault", kind=fault.kind, subject=fault.subject, expected=fault.expected, found=fault.found
            )
        first = audit.faults[0]
        async with self.actions.database.transaction() as transaction:
            await store.close_books(transaction, f"{first.kind} {first.subject}"[:200])

    async def _seal(self) -> None:
        while True:
            async with self.actions.database.transaction() as transaction:
                sealed = await store.seal_more(transaction, size=SEAL_ROWS_MAX, at=self.actions.clock.now())
            if sealed is None:
                return
            SEALED_UPTO.set(sealed[0])
            log.info("books_sealed", upto=sealed[0], digest=sealed[1].hex())
