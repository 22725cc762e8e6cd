"""Tells whoever answers for a shelf that runs low or a pair out of touch, each once, however long the notices are away."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.points.neighbours import Needs
from services.points.store import alerts as store

log = structlog.get_logger()

TOLD_AT_ONCE: Final = 200
#: So long somebody is looked for who answers for it.
WAITED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertActions:
    """Telling of alerts."""

    database: Database
    clock: Clock
    needs: Needs

    async def push(self) -> int:
        """Tell of everything nobody was told of; how many alerts. Whoever tells people is waited for."""
        now = self.clock.now()
        async with self.database.connection() as connection:
            untold = await store.untold(connection, since=now - WAITED, size=TOLD_AT_ONCE)
        count = 0
        for alert in untold:
            try:
                reached = await self.needs.alert(alert)
            except (Unavailable, Exhausted) as error:
                log.warning("alerts_wait", reason=error.reason)
                break
            except GridwardError as error:
                # What can never be told holds up nothing else.
                log.exception("alert_not_told", alert_id=str(alert.id), reason=error.reason)
                reached = 1
            if reached:
                async with self.database.transaction() as transaction:
                    await store.note_told(transaction, alert.id, at=now)
                count += 1
        return count
