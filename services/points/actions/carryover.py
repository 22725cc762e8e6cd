"""Brings credits from the ledger of the first release into the books, once, with the moment they were made."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from services.platform import sql
from services.platform.database import Database, Row
from services.platform.errors import Exhausted, Unavailable
from services.points.actions.batcher import Batcher
from services.points.domain.ledger import EPOCH, MINT, RESERVED_PREFIX, Leg, available, key_for, require_done
from services.points.domain.validity import expires_after, today_in_city

queries = sql.load("services.points.store", "carryover.sql")
log = structlog.get_logger()

PAGE: Final = 500
RETRY_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver:
    """Runs when the service starts; with nothing to bring it costs one question."""

    database: Database
    batcher: Batcher

    async def run(self) -> None:
        """Bring everything over that is not there yet; a database that is away for a while is waited for."""
        while True:
            try:
                return await self.bring()
            except (Unavailable, Exhausted) as error:
                log.warning("carry_over_waits", reason=error.reason)
            await asyncio.sleep(RETRY_S)

    async def bring(self) -> None:
        """One pass over all old rows, which stay where they are; what is there already is found by its key."""
        after, count = UUID(int=0), 0
        while True:
            async with self.database.connection() as connection:
                rows = await (
                    await connection.execute(queries.list_old_transfers, {"after": after, "size": PAGE})
                ).fetchall()
            legs = [self._leg(row) for row in rows if not row["credit_owner"].startswith(RESERVED_PREFIX)]
            for receipts in await self.batcher.post_many([(leg,) for leg in legs]):
                require_done(receipts)
            count += len(rows)
            if len(rows) < PAGE:
                break
            after = rows[-1]["id"]
        if count:
            log.info("credits_carried_over", count=count)

    @staticmethod
    def _leg(row: Row) -> Leg:
        at, owner = row["at"], row["debit_owner"]
        return Leg(
            # The key of a credit told again by its event is the same, so that it does not earn a second time.
            key=key_for(EPOCH, "credit", row["key"]),
            debit=MINT if owner == MINT.owner else available(owner),
            credit=available(row["credit_owner"]),
            amount=row["amount"],
            reason=row["reason"],
            cause=row["cause"],
            expires_on=expires_after(today_in_city(at)),
        )
