"""Brings what older keys sealed forward to the key in force, a slice at a time, while everything runs."""

import asyncio
from typing import Final

import structlog

from services.platform.errors import Exhausted, Unavailable
from services.registry.actions.office import Office
from services.registry.store.elements import FIRST_ID

log = structlog.get_logger()

EVERY_S: Final = 3600.0
REST_S: Final = 0.05
SLICE: Final = 500


class Rotation:
    """Runs once when the process starts, for a new key comes with a start, and then now and then."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def run(self) -> None:
        """Look again and again until cancelled; a database that is away for a while is waited for."""
        while True:
            try:
                count = await self.rotate()
            except (Unavailable, Exhausted) as error:
                log.warning("rotation_waits", reason=error.reason)
            else:
                if count:
                    log.info("resealed", slices=count)
            await asyncio.sleep(EVERY_S)

    async def rotate(self) -> int:
        """Bring everything forward; the number of slices there were."""
        after, slices = (0, FIRST_ID), 0
        while True:
            async with self._office.database.transaction() as transaction:
                ended = await self._office.elements.rotate(transaction, after=after, size=SLICE)
            if ended is None:
                return slices
            after, slices = ended, slices + 1
            await asyncio.sleep(REST_S)
