"""Brings pictures that wait to the object store, and takes away what is kept no longer."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, Unavailable
from services.platform.objects import ObjectStore
from services.video.domain.evidence import KEPT, KeepClass, blurred_key
from services.video.store import evidence as evidence_store
from services.video.store import snapshots, watches

log = structlog.get_logger()

EVERY_S: Final = 3.0
SLICE: Final = 20
VISITS_KEPT: Final = timedelta(days=7)
#: Every so many rounds what is old is looked for too.
CLEAR_EVERY: Final = 200

WAITING = Gauge("video_evidence_waiting", "Pictures that the object store has not taken; alarm when it stays above 0")


class Upkeep:
    """Runs beside the patrol."""

    def __init__(self, database: Database, clock: Clock, objects: ObjectStore) -> None:
        self._database, self._clock, self._objects = database, clock, objects

    async def run(self) -> None:
        """Until cancelled."""
        number = 0
        while True:
            try:
                await self.bring()
                if number % CLEAR_EVERY == 0:
                    await self.clear()
            except (Unavailable, Exhausted):
                log.warning("upkeep_waits")
            number += 1
            await asyncio.sleep(EVERY_S)

    async def bring(self) -> int:
        """Bring some pictures to the object store; how many it took."""
        brought = 0
        async with self._database.transaction() as transaction:
            for row in await evidence_store.waiting(transaction, size=SLICE):
                try:
                    await self._objects.put(row["object_key"], bytes(row["waiting"]), row["content_type"])
                except Unavailable:
                    break
                await evidence_store.mark_stored(transaction, row["id"])
                brought += 1
            WAITING.set(await evidence_store.count_waiting(transaction))
        return brought

    async def clear(self) -> None:
        """Take away pictures whose time is over, snapshots that came to nothing, and visits of long ago."""
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            await watches.delete_old_visits(transaction, now - VISITS_KEPT)
        while True:
            async with self._database.transaction() as transaction:
                over = await evidence_store.over(transaction, at=now, size=SLICE)
            for evidence_id, object_key in over:
                await self._remove(object_key)
                async with self._database.transaction() as transaction:
                    await evidence_store.forget(transaction, evidence_id)
            if len(over) < SLICE:
                break
        await self._clear_snapshots(now)

    async def _clear_snapshots(self, now: datetime) -> None:
        """What people took is kept as long as what the patrol took: of a case like a case, else like a suspicion."""
        alone, reported = now - KEPT[KeepClass.SUSPICION], now - KEPT[KeepClass.CASE]
        while True:
            async with self._database.transaction() as transaction:
                over = await snapshots.over(transaction, alone=alone, reported=reported, size=SLICE)
            for snapshot_id, object_key in over:
                await self._remove(object_key)
                async with self._database.transaction() as transaction:
                    await snapshots.forget(transaction, snapshot_id)
            if len(over) < SLICE:
                return

    async def _remove(self, object_key: str) -> None:
        """The picture, after the form of it that everybody may see."""
        await self._objects.remove(blurred_key(object_key))
        await self._objects.remove(object_key)
