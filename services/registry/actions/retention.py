"""Lets go of what the city keeps for a while only: the places of tracks."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from services.platform.errors import Exhausted, Unavailable
from services.registry.actions.office import Office
from services.registry.store import field

log = structlog.get_logger()

EVERY_S: Final = 600.0
SLICE: Final = 5000


class Retention:
    """Looks every ten minutes for what is due to go."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def run(self) -> None:
        """Until cancelled; a database that is away for a while is waited for."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                count = await self.let_go()
            except (Unavailable, Exhausted) as error:
                log.warning("retention_waits", reason=error.reason)
            else:
                if count:
                    log.info("track_points_deleted", count=count)

    async def let_go(self) -> int:
        """Delete all track points that are too old, a slice at a time; how many."""
        before = self._office.clock.now() - timedelta(days=self._office.settings.tracks_kept_days)
        total = 0
        while True:
            async with self._office.database.transaction() as transaction:
                count = await field.delete_old_tracks(transaction, before=before, size=SLICE)
            total += count
            if count < SLICE:
                return total
