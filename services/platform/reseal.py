"""Brings what older keys sealed forward to the key in force, a slice at a time, while everything runs.

A shelf is a column of sealed values. Its first statement finds those that an older key sealed, each with its key, the
place it is sealed for, and itself; its second puts the new one where the old one still is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

import structlog

from services.platform.database import Database
from services.platform.errors import Exhausted, Unavailable
from services.platform.seal import SealBroken, Sealer

log = structlog.get_logger()

EVERY_S: Final = 3600.0
REST_S: Final = 0.05
SLICE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One column of sealed values."""

    name: str
    find: LiteralString
    save: LiteralString


class Resealing:
    """Runs once when the process starts, for a new key comes with a start, and then now and then."""

    def __init__(self, database: Database, sealer: Sealer, shelves: Sequence[Shelf]) -> None:
        self._database = database
        self._sealer = sealer
        self._shelves = shelves

    async def run(self) -> None:
        """Look again and again until cancelled; a database that is away for a while is waited for."""
        while True:
            try:
                count = await self.reseal()
            except (Unavailable, Exhausted) as error:
                log.warning("resealing_waits", reason=error.reason)
            else:
                if count:
                    log.info("resealed", values=count)
            await asyncio.sleep(EVERY_S)

    async def reseal(self) -> int:
        """Bring everything forward; how many values there were."""
        return sum([await self._clear(shelf) for shelf in self._shelves])

    async def _clear(self, shelf: Shelf) -> int:
        after, count = "", 0
        while True:
            ended, done = await self._slice(shelf, after)
            count += done
            if ended is None:
                return count
            after = ended
            await asyncio.sleep(REST_S)

    async def _slice(self, shelf: Shelf, after: str) -> tuple[str | None, int]:
        """A slice brought forward: the key it ended with, and how many; none is left where there is no such key."""
        asked = {"prefix": self._sealer.prefix, "after": after, "size": SLICE}
        done = 0
        async with self._database.transaction() as transaction:
            rows = await (await transaction.execute(shelf.find, asked)).fetchall()
            for row in rows:
                before = bytes(row["sealed"])
                try:
                    sealed = self._sealer.resealed(before, place=row["place"])
                except SealBroken as error:
                    log.warning("reseal_broken", shelf=shelf.name, place=row["place"], error=str(error))
                    continue
                changed = {"key": row["key"], "before": before, "sealed": sealed}
                done += (await transaction.execute(shelf.save, changed)).rowcount
        return (rows[-1]["key"] if rows else None), done
