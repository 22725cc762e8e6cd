"""What waits is done together: all that came while one group was under way is the next one, so a rush costs little more.

Whoever comes alone waits for nobody. In a rush the next group is let grow for as long as the last one took, since what a
group costs by itself then weighs more than the wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.platform.errors import Exhausted, GridwardError, Unavailable

log = structlog.get_logger()

RETRY_AFTER_S: Final = 1
#: So many in a group are a rush.
RUSH_SIZE: Final = 4
#: The next group grows no longer than this, however long the last one took.
REST_S_MAX: Final = 0.02

GROUP_SIZE = Histogram("group_size", "Items done together", ["work"], buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500))
ITEMS_WAITING = Gauge("group_items_waiting", "Items that wait to be done", ["work"])
DONE_ALONE = Counter("group_done_alone_total", "Items done one by one because their group failed", ["work"])

Item = TypeVar("Item")


@dataclass(slots=True, eq=False)
class Waiting(Generic[Item]):
    """Somebody who waits for an answer."""

    item: Item
    tries: int = 0
    answer: "asyncio.Future[bytes]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def give(self, answer: bytes) -> None:
        """It is done."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def refuse(self, error: GridwardError) -> None:
        """It cannot be done."""
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(slots=True, kw_only=True)
class Gathering(Generic[Item]):
    """One line of waiting items; `do` answers every item of its group, or fails for the whole group.

    Items that share a name are never in one group: the later one waits for the next turn.
    """

    work: str
    do: Callable[[Sequence[Waiting[Item]]], Awaitable[None]]
    names: Callable[[Item], Collection[Hashable]]
    refusal: Callable[[Exception], GridwardError]
    group_max: int
    waiting_max: int
    _line: "asyncio.Queue[Waiting[Item]]" = field(init=False)
    _held: list[Waiting[Item]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._line = asyncio.Queue(self.waiting_max)

    @property
    def full(self) -> bool:
        """Whether whoever comes now is sent away."""
        return self._line.full()

    async def submit(self, item: Item) -> bytes:
        """The answer to an item, once it is done; fails with EXHAUSTED when too many wait."""
        waiting = Waiting(item)
        try:
            self._line.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Exhausted(retry_after_s=RETRY_AFTER_S) from None
        return await waiting.answer

    def again(self, waiting: Waiting[Item]) -> None:
        """Let an item take part in the next group too."""
        waiting.tries += 1
        self._held.append(waiting)

    async def run(self) -> None:
        """Do what waits, over and over, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            group = await self._next_group()
            GROUP_SIZE.labels(self.work).observe(len(group))
            began_s = loop.time()
            await self._do(group)
            if len(group) >= RUSH_SIZE:
                await asyncio.sleep(min(loop.time() - began_s, REST_S_MAX))

    async def _next_group(self) -> list[Waiting[Item]]:
        newest = [] if self._held else [await self._line.get()]
        # While this line waited another one may have put something back.
        arrived, self._held = [*self._held, *newest], []
        while len(arrived) < self.group_max and not self._line.empty():
            arrived.append(self._line.get_nowait())
        ITEMS_WAITING.labels(self.work).set(self._line.qsize())
        group: list[Waiting[Item]] = []
        taken: set[Hashable] = set()
        for waiting in arrived:
            names = self.names(waiting.item)
            if taken.isdisjoint(names):
                taken.update(names)
                group.append(waiting)
            else:
                self._held.append(waiting)
        return group

    async def _do(self, group: Sequence[Waiting[Item]]) -> None:
        """An item that cannot be done never takes its neighbours with it."""
        try:
            await self.do(group)
        except (Unavailable, Exhausted) as error:
            for waiting in group:
                waiting.refuse(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the line or hurt others
            if len(group) == 1:
                group[0].refuse(self.refusal(error))
                return
            log.warning("group_failed", work=self.work, size=len(group), error=str(error)[:200])
            DONE_ALONE.labels(self.work).inc(len(group))
            for waiting in group:
                await self._do([waiting])
