"""Knows the newest version of everything, so that streams wait for news instead of asking over and over."""

import asyncio
import contextlib
from collections.abc import Mapping

import structlog

from services.platform.database import Database
from services.platform.errors import Exhausted, Unavailable
from services.platform.lifecycle import Drain
from services.platform.rounds import again_and_again
from services.registry.store import changes
from services.registry.store.changes import Head

log = structlog.get_logger()

#: How long a change made by another replica may go unnoticed.
POLL_S = 0.5
#: How often a stream without news looks whether it is time to finish.
WAIT_SLICE_S = 0.5


class Heads:
    """The newest versions, read twice a second, and at once after each change made here."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moved = asyncio.Condition()
        self._versions = dict.fromkeys(Head, 0)

    def of(self, head: Head) -> int:
        """The newest version of a kind, as last seen."""
        return self._versions[head]

    async def run(self) -> None:
        """Look again and again until cancelled; a database that is away for a while is waited for."""
        await again_and_again(self.look, every_s=POLL_S, waiting="heads_wait")

    async def look(self) -> None:
        """Read the newest versions, and wake those who wait when one moved."""
        async with self._database.connection() as connection:
            found = await changes.read_heads(connection)
        if any(found[head] > self._versions[head] for head in Head):
            async with self._moved:
                self._versions = {head: max(found[head], self._versions[head]) for head in Head}
                self._moved.notify_all()

    async def look_after_change(self) -> None:
        """The same after a commit, which stands whether or not it can be looked for now."""
        with contextlib.suppress(Unavailable, Exhausted):
            await self.look()

    async def wait_beyond(self, seen: Mapping[Head, int], *, drain: Drain) -> None:
        """Until anything lies beyond what was seen, or it is time to finish."""
        while not (drain.begun or self._beyond(seen)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT_SLICE_S), self._moved:
                    await self._moved.wait_for(lambda: self._beyond(seen))

    def _beyond(self, seen: Mapping[Head, int]) -> bool:
        return any(self._versions[head] > seen[head] for head in seen)
