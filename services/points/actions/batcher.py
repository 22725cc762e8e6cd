"""Takes what many callers want posted and writes it together: one transaction, one flush to disk, for hundreds.

There is no timer. While one batch is being written, what comes in waits; then all of it, up to a limit, is the next
batch. A caller alone waits for nobody, and the busier it gets the larger the batches become by themselves. Where a
whole batch waits, it is packed and sent while the one before is still being written, and takes its turn at the lock of
the books.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.platform.lifecycle import together
from services.points.domain.errors import GroupTooLarge
from services.points.domain.ledger import LEGS_MAX, Group, Outcome, Receipt
from services.points.events.points import publish_points_credited
from services.points.store.ledger import Ledger

log = structlog.get_logger()

WAITING_MAX: Final = 20_000
BATCH_LEGS_MAX: Final = 1_000
WRITERS: Final = 2
#: While interactive callers wait, a bulk job gets at most this share of a batch.
BULK_SHARE: Final = 4
ATTEMPTS: Final = 6
RETRY_S: Final = 0.2

LEGS_POSTED = Counter("ledger_legs_total", "Legs by what became of them", ["outcome"])
LEGS_IN_BATCH = Histogram(
    "ledger_batch_legs", "Legs written together", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
)
GROUPS_WAITING = Gauge("ledger_groups_waiting", "Groups that wait to be written")


class Lane(Enum):
    """Who waits: a person, or a job that brings thousands."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


@dataclass(slots=True, eq=False)
class _Wish:
    """A group somebody wants posted, and where the answer goes."""

    group: Group
    announce: bool
    deadline_s: float
    answer: asyncio.Future[list[Receipt]]


@dataclass(slots=True, kw_only=True)
class Batcher:
    """One for each process and ledger."""

    database: Database
    ledger: Ledger
    clock: Clock
    _lanes: dict[Lane, deque[_Wish]] = field(default_factory=lambda: {lane: deque() for lane in Lane})
    _under_way: dict[UUID, _Wish] = field(default_factory=dict)
    _legs_waiting: int = 0
    _some: asyncio.Event = field(default_factory=asyncio.Event)
    _plenty: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(
        self,
        group: Group,
        *,
        announce: bool = False,
        lane: Lane = Lane.INTERACTIVE,
        timeout_s: float = 30.0,
    ) -> list[Receipt]:
        """Have a group posted; returns after the commit. Two callers with the same group share one posting.

        Fails with EXHAUSTED when too many wait, UNAVAILABLE when its time is up before it was begun.
        """
        return await asyncio.shield(self.begin(group, announce=announce, lane=lane, timeout_s=timeout_s))

    async def post_many(
        self, groups: Iterable[Group], *, lane: Lane = Lane.BULK, timeout_s: float = 30.0
    ) -> list[list[Receipt]]:
        """Have many groups posted, each by itself; answers in order."""
        answers = [self.begin(group, lane=lane, timeout_s=timeout_s) for group in groups]
        return list(await asyncio.gather(*answers))

    def begin(
        self, group: Group, *, announce: bool = False, lane: Lane = Lane.INTERACTIVE, timeout_s: float = 30.0
    ) -> asyncio.Future[list[Receipt]]:
        """The answer to come for a group, shared by all who ask for the same: never cancel it."""
        if not 0 < len(group) <= LEGS_MAX:
            raise GroupTooLarge(legs=len(group), limit=LEGS_MAX)
        twin = self._under_way.get(group[0].key)
        if twin is not None and twin.group == group:
            return twin.answer
        if self._legs_waiting >= WAITING_MAX:
            raise Exhausted(retry_after_s=1)
        wish = _Wish(group, announce, time.monotonic() + timeout_s, asyncio.get_running_loop().create_future())
        if twin is None:
            self._under_way[group[0].key] = wish
        self._lanes[lane].append(wish)
        self._count(len(group))
        return wish.answer

    def _count(self, change: int) -> None:
        """So many legs more, or less, wait: one writer begins where there are some, all where there are plenty."""
        self._legs_waiting += change
        for event, least in ((self._some, 1), (self._plenty, BATCH_LEGS_MAX)):
            if self._legs_waiting >= least:
                event.set()
            else:
                event.clear()

    async def run(self) -> None:
        """Write what waits, batch after batch, until cancelled."""
        try:
            await together(self._write_on(self._some), *(self._write_on(self._plenty) for _ in range(WRITERS - 1)))
        finally:
            for lane in self._lanes.values():
                for wish in lane:
                    self._fail(wish, Unavailable(part="points"))
                lane.clear()

    async def _write_on(self, enough: asyncio.Event) -> None:
        """Write a batch whenever enough waits."""
        while True:
            await enough.wait()
            batch = self._take()
            try:
                if batch:
                    await self._write(batch, ATTEMPTS)
            finally:
                for wish in batch:
                    self._fail(wish, Unavailable(part="points"))

    def _take(self) -> list[_Wish]:
        """The next batch: people first, with some room for bulk; what is too old is dropped unwritten."""
        people, bulk = self._lanes[Lane.INTERACTIVE], self._lanes[Lane.BULK]
        batch: list[_Wish] = []
        room = BATCH_LEGS_MAX
        for lane, share in ((bulk, BATCH_LEGS_MAX // BULK_SHARE if people else 0), (people, room), (bulk, room)):
            limit = min(share, room)
            while lane and limit >= len(lane[0].group):
                wish = lane.popleft()
                self._count(-len(wish.group))
                if time.monotonic() > wish.deadline_s:
                    self._fail(wish, Unavailable(part="points"))
                    continue
                batch.append(wish)
                limit -= len(wish.group)
                room -= len(wish.group)
        GROUPS_WAITING.set(len(people) + len(bulk))
        return batch

    async def _write(self, batch: Sequence[_Wish], attempts: int) -> None:
        """Write a batch; one that breaks is halved until what breaks it stands alone."""
        try:
            receipts = await self._commit(batch)
        except (Unavailable, Exhausted) as error:
            # Whether the commit came through nobody knows; the same keys again find out.
            if attempts > 1 and type(error) in {Unavailable, Exhausted}:
                await asyncio.sleep(RETRY_S)
                await self._write(batch, attempts - 1)
            else:
                for wish in batch:
                    self._fail(wish, error)
        except Exception as error:
            if len(batch) == 1:
                log.exception("group_broke", cause=batch[0].group[0].cause)
                self._fail(batch[0], error if isinstance(error, GridwardError) else GridwardError())
                return
            middle = len(batch) // 2
            await self._write(batch[:middle], attempts)
            await self._write(batch[middle:], attempts)
        else:
            self._answer(batch, receipts)

    async def _commit(self, batch: Sequence[_Wish]) -> list[list[Receipt]]:
        at, groups = self.clock.now(), [wish.group for wish in batch]
        if not any(wish.announce for wish in batch):
            # One statement is a transaction of its own: the server commits at once, and nobody waits for us at the lock.
            async with self.database.connection() as connection:
                return await self.ledger.post(connection, groups, at=at)
        async with self.database.transaction() as transaction:
            receipts = await self.ledger.post(transaction, groups, at=at)
            news = [
                receipt
                for wish, of_group in zip(batch, receipts, strict=True)
                if wish.announce
                for receipt in of_group
                if receipt.outcome is Outcome.POSTED
            ]
            await publish_points_credited(transaction, news, at=at)
        return receipts

    def _answer(self, batch: Sequence[_Wish], receipts: list[list[Receipt]]) -> None:
        LEGS_IN_BATCH.observe(sum(map(len, receipts)))
        counts: dict[Outcome, int] = {}
        for wish, of_group in zip(batch, receipts, strict=True):
            for receipt in of_group:
                counts[receipt.outcome] = counts.get(receipt.outcome, 0) + 1
            if self._ended(wish):
                wish.answer.set_result(of_group)
        for outcome, count in counts.items():
            LEGS_POSTED.labels(outcome.name.lower()).inc(count)

    def _fail(self, wish: _Wish, error: Exception) -> None:
        if self._ended(wish):
            wish.answer.set_exception(error)

    def _ended(self, wish: _Wish) -> bool:
        """The wish is not under way any more; whether anybody still waits for its answer."""
        if self._under_way.get(wish.group[0].key) is wish:
            del self._under_way[wish.group[0].key]
        return not wish.answer.done()
