"""Tells volunteers who fit of orders that reach them, ring by ring, each person once for an order."""

from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter

from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.points.neighbours import Needs
from services.points.store import needs as store
from services.points.store import rules as rule_rows

log = structlog.get_logger()

#: So many are told in one round; the next round goes on.
TOLD_AT_ONCE: Final = 1000
TOLD_IN_ONE_CALL: Final = 200
NEEDS_TOLD = Counter("order_needs_told_total", "Volunteers who were told of an order they fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedActions:
    """Pushing of needs to those who fit."""

    database: Database
    clock: Clock
    needs: Needs

    async def push(self) -> int:
        """Tell everybody who fits, is reached by now and was not told; how many. Whoever tells them is waited for."""
        now = self.clock.now()
        async with self.database.connection() as connection:
            rules = await rule_rows.rules_at(connection, now)
            untold = await store.list_untold(connection, ring_minutes=rules.ring_minutes, now=now, size=TOLD_AT_ONCE)
        count = 0
        for order_id, subjects in untold.items():
            for begin in range(0, len(subjects), TOLD_IN_ONE_CALL):
                part = subjects[begin : begin + TOLD_IN_ONE_CALL]
                try:
                    await self.needs.tell(order_id, part)
                except (Unavailable, Exhausted) as error:
                    log.warning("needs_wait", reason=error.reason)
                    return count
                except GridwardError as error:
                    # What can never be told holds up nobody else.
                    log.exception("need_not_told", order_id=order_id, reason=error.reason)
                async with self.database.transaction() as transaction:
                    await store.note_told(transaction, order_id, part, at=now)
                count += len(part)
        NEEDS_TOLD.inc(count)
        return count
