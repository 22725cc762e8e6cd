"""What waits is done together, and what goes wrong with one is nobody else's trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from services.incidents.gathering import REST_S_MAX, RUSH_SIZE, Gathering, Waiting
from services.platform.errors import Exhausted, GridwardError, Unavailable


class Broken(GridwardError):
    """{item} cannot be done."""

    reason = "BROKEN"


def as_broken(_: Exception) -> GridwardError:
    return Broken()


class Doer:
    """Answers each item with itself in bytes; fails for a whole group that holds a word that cannot be done."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def do(self, group: Sequence[Waiting[str]]) -> None:
        self.groups.append([waiting.item for waiting in group])
        self.begun.set()
        await self.gate.wait()
        if any(waiting.item == "away" for waiting in group):
            raise Unavailable(part="database")
        if any(waiting.item.startswith("bad") for waiting in group):
            raise ValueError("bad")
        for waiting in group:
            waiting.give(waiting.item.encode())


@asynccontextmanager
async def line(
    doer: Doer, *, names: Callable[[str], list[str]] = lambda item: [item], waiting_max: int = 100
) -> AsyncIterator[Gathering[str]]:
    gathering = Gathering(
        work="test", do=doer.do, names=names, refusal=as_broken, group_max=10, waiting_max=waiting_max
    )
    running = asyncio.create_task(gathering.run())
    yield gathering
    running.cancel()
    await asyncio.wait([running])


async def answers(gathering: Gathering[str], items: Sequence[str]) -> list[bytes | BaseException]:
    return await asyncio.gather(*(gathering.submit(item) for item in items), return_exceptions=True)


async def test_all_who_wait_are_done_together_up_to_the_largest_group() -> None:
    doer = Doer()
    async with line(doer) as gathering:
        items = [f"{n}" for n in range(25)]
        assert await answers(gathering, items) == [item.encode() for item in items]
    assert sorted(map(len, doer.groups)) == [5, 10, 10]


async def test_whoever_comes_alone_waits_for_nobody() -> None:
    doer = Doer()
    async with line(doer) as gathering:
        assert await gathering.submit("alone") == b"alone"
    assert doer.groups == [["alone"]]


async def test_items_of_one_name_are_never_in_one_group_and_keep_their_order() -> None:
    doer = Doer()
    async with line(doer, names=lambda item: [item[0]]) as gathering:
        await answers(gathering, ["a1", "b1", "a2", "a3", "b2"])
    assert doer.groups == [["a1", "b1"], ["a2", "b2"], ["a3"]]


async def test_a_bad_item_fails_alone() -> None:
    doer = Doer()
    async with line(doer) as gathering:
        told = await answers(gathering, ["x", "bad", "y"])
    assert [told[0], told[2]] == [b"x", b"y"]
    assert isinstance(told[1], Broken)


async def test_a_part_that_is_away_is_told_to_all_and_the_line_goes_on() -> None:
    doer = Doer()
    async with line(doer) as gathering:
        told = await answers(gathering, ["x", "away"])
        assert all(isinstance(error, Unavailable) for error in told)
        assert await gathering.submit("later") == b"later"


async def test_who_finds_the_line_full_is_sent_away_at_once_and_nobody_else() -> None:
    doer = Doer()
    doer.gate.clear()
    async with line(doer, waiting_max=3) as gathering:
        first = asyncio.create_task(gathering.submit("first"))
        await doer.begun.wait()
        waiting = [asyncio.create_task(gathering.submit(item)) for item in ("a", "b", "c")]
        await asyncio.sleep(0)
        assert gathering.full
        with pytest.raises(Exhausted):
            await gathering.submit("one too many")
        doer.gate.set()
        assert await asyncio.gather(first, *waiting) == [b"first", b"a", b"b", b"c"]


async def test_an_item_may_take_part_again() -> None:
    gathering: Gathering[str]
    seen: list[int] = []

    async def twice(group: Sequence[Waiting[str]]) -> None:
        for waiting in group:
            seen.append(waiting.tries)
            if waiting.tries:
                waiting.give(b"now")
            else:
                gathering.again(waiting)

    gathering = Gathering(
        work="test", do=twice, names=lambda item: [item], refusal=as_broken, group_max=5, waiting_max=5
    )
    running = asyncio.create_task(gathering.run())
    assert await gathering.submit("x") == b"now"
    assert seen == [0, 1]
    running.cancel()
    await asyncio.wait([running])


async def test_what_one_line_puts_back_is_not_lost_to_another_that_was_waiting() -> None:
    doer = Doer()
    doer.gate.clear()
    async with line(doer) as gathering:
        second = asyncio.create_task(gathering.run())
        twice = asyncio.create_task(answers(gathering, ["a", "a"]))
        await doer.begun.wait()  # one line is at work with the first and has put the second back; the other waits
        doer.begun.clear()
        other = asyncio.create_task(answers(gathering, ["b"]))
        await doer.begun.wait()
        doer.gate.set()
        async with asyncio.timeout(5):
            assert (await twice, await other) == ([b"a", b"a"], [b"b"])
        second.cancel()
        await asyncio.wait([second])


class Rests:
    """Takes the place of the clock: rests are written down, and last until they are ended."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.begun = asyncio.Event()
        self.end = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.begun.set()
        await self.end.wait()


async def test_after_a_rush_the_next_group_is_let_grow_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    doer, rests = Doer(), Rests()
    monkeypatch.setattr(asyncio, "sleep", rests.sleep)
    rush = [f"rush {number}" for number in range(RUSH_SIZE)]
    async with line(doer) as gathering:
        await answers(gathering, rush)
        await asyncio.wait_for(rests.begun.wait(), 10)
        late = [asyncio.create_task(gathering.submit(item)) for item in ("late", "later")]
        await asyncio.wait(late, timeout=0)
        assert doer.groups == [rush]
        rests.end.set()
        await asyncio.wait(late)
    assert doer.groups == [rush, ["late", "later"]]
    assert 0 <= rests.taken[0] <= REST_S_MAX


async def test_whoever_comes_with_few_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    doer, rests = Doer(), Rests()
    monkeypatch.setattr(asyncio, "sleep", rests.sleep)
    async with line(doer) as gathering:
        await answers(gathering, [f"few {number}" for number in range(RUSH_SIZE - 1)])
        await answers(gathering, ["alone"])
    assert rests.taken == []
