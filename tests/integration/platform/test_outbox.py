"""Events reach every reader in order and none is passed over, however late its transaction commits."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.events.v1 import events_pb2

from services.platform import outbox
from services.platform.database import Database, open_database
from services.platform.events import EventsServicer
from services.platform.lifecycle import Drain
from services.platform.outbox import Sequencer
from services.platform.tail import Wanted
from tests.conftest import MakeDatabase

WRITERS = 16
EVENTS_EACH = 25
AT = datetime(2026, 3, 2, tzinfo=UTC)


class ChangedMind(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture
async def database(make_database: MakeDatabase) -> AsyncIterator[Database]:
    database = await open_database(make_database("incidents"), service="incidents", connections_max=WRITERS + 6)
    yield database
    await database.close()


async def tell(database: Database, subject: str, number: int, *, delay_s: float = 0.0, fail: bool = False) -> str:
    """Tell something in a transaction that takes its time; the id of the event."""
    async with database.transaction() as transaction:
        event_id = await outbox.publish(
            transaction, type="counted", subject=subject, payload=Timestamp(seconds=number), at=AT
        )
        await asyncio.sleep(delay_s)
        if fail:
            raise ChangedMind
    return str(event_id)


class Reader:
    """Reads on from where it was, as a consumer does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._position = 0
        self.seen: list[tuple[int, str, str]] = []

    async def read(self, head: int) -> None:
        while self._position < head:
            rows, self._position = await outbox.read_batch(
                self._database, after=self._position, head=head, types=[], task_types=[], size=50
            )
            self.seen += [(row["position"], row["subject"], str(row["id"])) for row in rows]


async def test_no_event_is_passed_over_under_concurrent_writers_with_delayed_commits(database: Database) -> None:
    chance = random.Random(7)
    sequencers = [Sequencer(database) for _ in range(3)]
    reader = Reader(database)
    committed: dict[str, list[str]] = defaultdict(list)

    async def write(writer: int) -> None:
        for number in range(EVENTS_EACH):
            delay_s = chance.uniform(0, 0.02) if chance.random() < 0.3 else 0.0
            try:
                event_id = await tell(database, f"w{writer}", number, delay_s=delay_s, fail=chance.random() < 0.05)
            except ChangedMind:
                continue
            committed[f"w{writer}"].append(event_id)

    async def follow(done: asyncio.Event) -> None:
        while not done.is_set():
            for sequencer in sequencers:
                await sequencer.step()
                await reader.read(sequencer.head)

    done = asyncio.Event()
    running = [asyncio.create_task(sequencer.run()) for sequencer in sequencers]
    following = asyncio.create_task(follow(done))
    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    done.set()
    await following
    for task in running:
        task.cancel()
    await asyncio.wait(running, timeout=5)
    await sequencers[0].step()
    await reader.read(sequencers[0].head)
    told: dict[str, list[str]] = defaultdict(list)
    for _, subject, event_id in reader.seen:
        told[subject].append(event_id)
    assert told == committed  # every committed one, once, in each subject's own order; none that was given up
    positions = [position for position, _, _ in reader.seen]
    assert positions == sorted(set(positions))


async def test_a_slow_transaction_holds_up_nobody_else(database: Database) -> None:
    sequencer, reader = Sequencer(database), Reader(database)
    slow_may_end = asyncio.Event()

    async def slow() -> None:
        async with database.transaction() as transaction:
            await outbox.publish(transaction, type="counted", subject="slow", payload=Timestamp(), at=AT)
            await slow_may_end.wait()

    waiting = asyncio.create_task(slow())
    quick = [await tell(database, "quick", number) for number in range(3)]
    await sequencer.step()
    await reader.read(sequencer.head)
    assert [event_id for _, _, event_id in reader.seen] == quick
    slow_may_end.set()
    await waiting
    await sequencer.step()
    await reader.read(sequencer.head)
    assert [subject for _, subject, _ in reader.seen] == ["quick", "quick", "quick", "slow"]


async def test_whoever_waits_is_woken_by_a_commit(database: Database) -> None:
    sequencer = Sequencer(database)
    running = asyncio.create_task(sequencer.run())
    waiting = asyncio.create_task(sequencer.wait_beyond(0, 30))
    await tell(database, "one", 1)
    assert await waiting > 0
    running.cancel()
    await asyncio.wait([running], timeout=5)


async def test_a_group_never_moves_backward(database: Database) -> None:
    await outbox.move_reader(database, "host", 7)
    await outbox.move_reader(database, "host", 3)
    assert await outbox.reader_position(database, "host") == 7
    assert await outbox.reader_position(database, "nobody") == 0


async def test_a_new_reader_is_told_at_once_where_the_stream_stands_though_nothing_is_for_it(
    database: Database,
) -> None:
    sequencer, drain = Sequencer(database), Drain()
    servicer = EventsServicer(database, sequencer, drain=drain)
    for number in range(3):
        await tell(database, "one", number)
    await sequencer.step()
    request = events_pb2.WatchBatchesRequest(group="newcomer", after=0, types=["nobody_tells_this"])
    batches = servicer.WatchBatches(request, context=None)  # type: ignore[arg-type]  # the context is not used
    first = await anext(batches)
    assert (list(first.events), first.position) == ([], sequencer.head)
    drain.begin()
    assert [batch async for batch in batches] == []


async def test_a_reader_is_woken_for_what_it_asked_for_alone_and_still_learns_how_far_the_stream_has_come(
    database: Database,
) -> None:
    sequencer = Sequencer(database)
    await tell(database, "one", 1)
    await sequencer.step()
    with sequencer.reading(Wanted(types={"counted"})) as counting, sequencer.reading(Wanted(types={"none"})) as idle:
        for reader in (counting, idle):
            assert await reader.news_within(5)  # from the beginning there is something to look at
            reader.news.clear()
        await tell(database, "one", 2)
        await sequencer.step()
        assert await counting.news_within(5)
        assert not await idle.news_within(0)
        assert (counting.passed, idle.passed) == (0, sequencer.head)
