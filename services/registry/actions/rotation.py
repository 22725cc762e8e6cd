"""Brings what older keys sealed forward to the key in force, a slice at a time, while everything runs."""

import asyncio
from typing import Final, Protocol
from uuid import UUID

import structlog

from services.platform.database import Transaction
from services.platform.errors import Exhausted, Unavailable
from services.platform.seal import Sealer
from services.registry.actions.office import Office
from services.registry.store import claims
from services.registry.store.elements import FIRST_ID

log = structlog.get_logger()

EVERY_S: Final = 3600.0
REST_S: Final = 0.05
SLICE: Final = 500


class Shelf(Protocol):
    """How a slice of one kind of sealed row is brought forward; where it ended, None when nothing is left."""

    async def __call__(self, transaction: Transaction, sealer: Sealer, *, after: UUID, size: int) -> UUID | None:
        """Bring a slice forward."""


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
        slices = await self._rotate_elements()
        for shelf in (claims.rotate_claims, claims.rotate_clues):
            slices += await self._rotate_shelf(shelf)
        return slices

    async def _rotate_elements(self) -> int:
        after, slices = (0, FIRST_ID), 0
        while True:
            async with self._office.database.transaction() as transaction:
                ended = await self._office.elements.rotate(transaction, after=after, size=SLICE)
            if ended is None:
                return slices
            after, slices = ended, slices + 1
            await asyncio.sleep(REST_S)

    async def _rotate_shelf(self, rotate: Shelf) -> int:
        after, slices = FIRST_ID, 0
        while True:
            async with self._office.database.transaction() as transaction:
                ended = await rotate(transaction, self._office.sealer, after=after, size=SLICE)
            if ended is None:
                return slices
            after, slices = ended, slices + 1
            await asyncio.sleep(REST_S)
