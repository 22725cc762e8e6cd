"""A small city in trouble: people rate cases, incidents tells of it, points credits, and everything between may fail.

The code under trial is the real one: answers kept with the deed, events written with it, positions given after the
commit, readers that acknowledge, a ledger that knows what it has seen. What lies between is the simulation's: when a
commit happens, which process dies and when, what the wire drops, doubles, reorders or holds back. Every choice comes
from one random number generator, so a seed is a story that can be told again.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2

from services.platform import outbox
from services.platform.database import Database
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.outbox import Sequencer
from tests.integration.points.conftest import Ledger

CASES = 3
STEPS = 26
OPEN_MAX = 2
IN_FLIGHT_MAX = 12
BEGINNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Killed(Exception):
    """The process died here."""


def die() -> None:
    """End the process in the middle of what it does."""
    raise Killed


@dataclass(slots=True)
class Rating:
    """What one person wants: to rate a case once, however often the request must be sent."""

    number: int
    case: str
    owner: str
    points: int
    answered: bool = False


@dataclass(slots=True)
class Unfinished:
    """A transaction that has written everything and not committed yet."""

    rating: Rating
    stack: AsyncExitStack


@dataclass(slots=True)
class World:
    """Everything in one story."""

    seed: int
    incidents: Database
    ledger: Ledger
    rng: random.Random = field(init=False)
    ratings: list[Rating] = field(init=False)
    sequencers: list[Sequencer] = field(init=False)
    open: list[Unfinished] = field(default_factory=list)
    in_flight: list[events_pb2.Event] = field(default_factory=list)
    committed: set[str] = field(default_factory=set)
    handled: set[int] = field(default_factory=set)
    credited: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    read_upto: int = 0
    acknowledged: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.ratings = [
            Rating(n, f"case-{self.seed}-{n}", f"resident:{self.seed}-{self.rng.randrange(2)}", self.rng.randint(1, 20))
            for n in range(CASES)
        ]
        self.sequencers = [Sequencer(self.incidents, service="incidents") for _ in range(2)]

    @property
    def group(self) -> str:
        return f"points-{self.seed}"

    async def begin(self) -> None:
        """The reader starts where the stream ends now."""
        await self.sequencers[0].step()
        self.read_upto = self.acknowledged = self.sequencers[0].head
        await outbox.move_reader(self.incidents, self.group, self.acknowledged)

    async def live(self) -> None:
        """Trouble for a while, then peace until nothing is left to do."""
        await self.begin()
        for _ in range(STEPS):
            act = self.rng.choice(self._possible())
            self.told.append(act.__name__)
            await act()
            if act in {self.handles, self.dies_after_handling, self.acknowledges}:
                await self.check_always()
        await self._peace()
        await self.check_at_the_end()

    def _possible(self) -> list[Callable[[], Awaitable[None]]]:
        acts = [self.sequencer_steps, self.sequencer_dies, self.reads, self.connection_drops]
        waiting = [rating for rating in self.ratings if not rating.answered]
        if waiting and len(self.open) < OPEN_MAX:
            acts += [self.somebody_rates] * 3
        if self.open:
            acts += [self.commits, self.commits, self.dies_before_commit, self.dies_after_commit]
        if self.in_flight:
            acts += [self.handles] * 4
            acts += [self.dies_after_handling, self.wire_doubles, self.wire_reorders, self.wire_loses]
        if self.read_upto > self.acknowledged:
            acts.append(self.acknowledges)
        return acts

    # --- incidents -------------------------------------------------------------------------------------------------

    async def somebody_rates(self) -> None:
        """A request arrives, perhaps for the second time, and is written; the commit comes later, or never."""
        busy = {unfinished.rating.number for unfinished in self.open}
        free = [rating for rating in self.ratings if not rating.answered and rating.number not in busy]
        if not free:
            return
        rating = self.rng.choice(free)
        stack = AsyncExitStack()
        transaction = await stack.enter_async_context(self.incidents.transaction())
        request = cases_pb2.CaseRated(
            case=cases_pb2.Case(id=rating.case, rating=5), beneficiary=rating.owner, points=rating.points
        )
        key = RequestKey.of(request, subject=rating.owner, request_id=f"rate-{rating.case}")
        if await answer_given(transaction, key) is None:
            at = BEGINNING + timedelta(seconds=len(self.told))
            await outbox.publish(transaction, type="case_rated", subject=rating.case, payload=request, at=at)
            await keep_answer(transaction, key, b"rated")
        self.open.append(Unfinished(rating, stack))

    async def commits(self) -> None:
        """The slowest transaction need not be the first to commit."""
        unfinished = self.open.pop(self.rng.randrange(len(self.open)))
        await unfinished.stack.aclose()
        self.committed.add(unfinished.rating.case)
        unfinished.rating.answered = True

    async def dies_before_commit(self) -> None:
        unfinished = self.open.pop(self.rng.randrange(len(self.open)))
        with suppress(Killed):
            async with unfinished.stack:
                die()

    async def dies_after_commit(self) -> None:
        """The person hears nothing and will send it again."""
        unfinished = self.open.pop(self.rng.randrange(len(self.open)))
        await unfinished.stack.aclose()
        self.committed.add(unfinished.rating.case)

    async def sequencer_steps(self) -> None:
        """Either of two replicas."""
        await self.rng.choice(self.sequencers).step()

    async def sequencer_dies(self) -> None:
        self.sequencers[self.rng.randrange(len(self.sequencers))] = Sequencer(self.incidents, service="incidents")

    # --- the wire --------------------------------------------------------------------------------------------------

    async def reads(self) -> None:
        """A batch from either replica, as the stream gives it."""
        sequencer = self.rng.choice(self.sequencers)
        if sequencer.head <= self.read_upto or len(self.in_flight) >= IN_FLIGHT_MAX:
            return
        rows, self.read_upto = await outbox.read_batch(
            self.incidents,
            after=self.read_upto,
            head=sequencer.head,
            types=["case_rated"],
            task_types=[],
            size=self.rng.randint(1, 3),
        )
        self.in_flight += [outbox.event_of(row, "incidents") for row in rows]

    async def connection_drops(self) -> None:
        """What was on its way is gone; the reader begins again where it had acknowledged."""
        self.in_flight.clear()
        self.read_upto = await outbox.reader_position(self.incidents, self.group)

    async def wire_doubles(self) -> None:
        self.in_flight.append(self.rng.choice(self.in_flight))

    async def wire_reorders(self) -> None:
        self.rng.shuffle(self.in_flight)

    async def wire_loses(self) -> None:
        self.in_flight.pop(self.rng.randrange(len(self.in_flight)))

    # --- points ----------------------------------------------------------------------------------------------------

    async def handles(self) -> None:
        event = self.in_flight.pop(self.rng.randrange(len(self.in_flight)))
        await self.ledger.listen(event)
        self.handled.add(event.position)
        self.credited.add(event.subject)

    async def dies_after_handling(self) -> None:
        """It was done, and nobody will ever know; so it is told again."""
        event = self.in_flight[0]
        await self.ledger.listen(event)
        self.credited.add(event.subject)
        await self.connection_drops()

    async def acknowledges(self) -> None:
        """Up to the lowest position that was read and not handled."""
        async with self.incidents.connection() as connection:
            cursor = await connection.execute(
                "SELECT position FROM outbox WHERE position > %s AND position <= %s ORDER BY position",
                (self.acknowledged, self.read_upto),
            )
            positions = [row["position"] for row in await cursor.fetchall()]
        for position in positions:
            if position not in self.handled:
                break
            self.acknowledged = position
        await outbox.move_reader(self.incidents, self.group, self.acknowledged)

    # --- the end ---------------------------------------------------------------------------------------------------

    async def _peace(self) -> None:
        """Nothing fails any more: people are answered, what was lost is told again, all is handled."""
        while self.open:
            await self.commits()
        while any(not rating.answered for rating in self.ratings):
            await self.somebody_rates()
            await self.commits()
        await self.sequencers[0].step()
        await self.connection_drops()
        while self.read_upto < self.sequencers[0].head:
            rows, self.read_upto = await outbox.read_batch(
                self.incidents, after=self.read_upto, head=self.sequencers[0].head, types=[], task_types=[], size=3
            )
            self.in_flight += [outbox.event_of(row, "incidents") for row in rows]
        while self.in_flight:
            await self.handles()
        await self.acknowledges()

    async def balances(self) -> dict[str, int]:
        owners = sorted({rating.owner for rating in self.ratings})
        return {owner: await self.ledger.points.ledger.balance(owner) for owner in owners}

    def owed(self, cases: set[str]) -> dict[str, int]:
        owed: dict[str, int] = dict.fromkeys(sorted({rating.owner for rating in self.ratings}), 0)
        for rating in self.ratings:
            if rating.case in cases:
                owed[rating.owner] += rating.points
        return owed

    async def check_always(self) -> None:
        """Nobody is credited for what was never committed, nor twice; nothing is acknowledged that was not handled."""
        assert self.credited <= self.committed, self._story("credited for what was not committed")
        found: Any = await self.balances()
        assert found == self.owed(self.credited), self._story(f"{found} ≠ {self.owed(self.credited)}")
        position = await outbox.reader_position(self.incidents, self.group)
        assert position == self.acknowledged, self._story("the reader is elsewhere than acknowledged")

    async def check_at_the_end(self) -> None:
        """Everything that was wanted happened, once."""
        everything = {rating.case for rating in self.ratings}
        assert self.committed == everything, self._story("somebody was answered and nothing was kept")
        found = await self.balances()
        assert found == self.owed(everything), self._story(f"{found} ≠ {self.owed(everything)}")
        position = await outbox.reader_position(self.incidents, self.group)
        assert position == self.sequencers[0].head, self._story("something was never acknowledged")

    def _story(self, what: str) -> str:
        return f"seed {self.seed}: {what}; " + " → ".join(self.told)
