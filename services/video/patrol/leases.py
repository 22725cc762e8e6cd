"""Shares the cameras out among the replicas: each holds shards for seconds, and takes over what another left behind."""

import asyncio
import contextlib
import math
from collections.abc import Mapping
from typing import Final

import structlog
from prometheus_client import Gauge

from services.platform.database import Database
from services.platform.errors import Exhausted, Unavailable
from services.video.patrol.plan import SHARDS
from services.video.store import watches

log = structlog.get_logger()

LIFE_S: Final = 6.0
#: How often in a life it is renewed.
RENEWALS: Final = 4

SHARDS_HELD = Gauge("video_shards_held", "Shards of cameras that this replica patrols")


class Leases:
    """The shards of this replica. Time is the database's own, so clocks that differ do no harm."""

    def __init__(self, database: Database, member: str, *, life_s: float = LIFE_S) -> None:
        self._database = database
        self._life_s = life_s
        self.every_s = life_s / RENEWALS
        self.member = member
        self.fences: dict[int, int] = {}
        self._good_until_s = 0.0

    @property
    def held(self) -> Mapping[int, int]:
        """Shards with their fences; none as soon as they may belong to somebody else."""
        return self.fences if asyncio.get_running_loop().time() < self._good_until_s else {}

    async def step(self) -> bool:
        """Renew, share fairly, take what is free; whether anything changed."""
        asked_at_s = asyncio.get_running_loop().time()
        before = dict(self.fences)
        async with self._database.transaction() as transaction:
            alive = await watches.beat(transaction, self.member, life_s=self._life_s)
            held = await watches.renew(transaction, self.member, life_s=self._life_s)
            fair = math.ceil(SHARDS / alive)
            if len(held) > fair:
                surplus = sorted(held)[fair:]
                await watches.release(transaction, self.member, surplus)
                held = {shard: fence for shard, fence in held.items() if shard not in surplus}
            elif len(held) < fair:
                held |= await watches.take(transaction, self.member, count=fair - len(held), life_s=self._life_s)
        self.fences = held
        self._good_until_s = asked_at_s + self._life_s
        SHARDS_HELD.set(len(held))
        if set(before) != set(held):
            log.info("shards_changed", held=len(held), replicas=alive)
        return before != held

    async def leave(self) -> None:
        """Give everything back at once."""
        held, self.fences = self.fences, {}
        with contextlib.suppress(Unavailable, Exhausted):
            async with self._database.transaction() as transaction:
                await watches.leave(transaction, self.member, list(held))
