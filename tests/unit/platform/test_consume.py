"""What is told is handled in the order of its subject; what concerns others need not wait for it."""

import asyncio

from gridward.events.v1 import events_pb2

from services.platform.consume import handle_all
from services.platform.errors import Unavailable


def event(subject: str, number: int) -> events_pb2.Event:
    return events_pb2.Event(id=f"{subject}{number}", subject=subject, type="counted")


BATCH = [event(subject, number) for number in range(3) for subject in "abc"]


async def test_one_subject_is_handled_in_order_and_others_beside_it() -> None:
    under_way: set[str] = set()
    beside: list[int] = []
    done: list[str] = []

    async def handle(told: events_pb2.Event) -> None:
        assert told.subject not in under_way
        under_way.add(told.subject)
        beside.append(len(under_way))
        await asyncio.sleep(0)
        under_way.discard(told.subject)
        done.append(told.id)

    await handle_all(BATCH, group="counters", handle=handle, at_once=2)
    assert [[each for each in done if each.startswith(subject)] for subject in "abc"] == [
        ["a0", "a1", "a2"],
        ["b0", "b1", "b2"],
        ["c0", "c1", "c2"],
    ]
    assert max(beside) == 2


async def test_one_at_a_time_is_the_order_in_which_it_was_told() -> None:
    done: list[str] = []

    async def handle(told: events_pb2.Event) -> None:
        await asyncio.sleep(0)
        done.append(told.id)

    await handle_all(BATCH, group="counters", handle=handle, at_once=1)
    assert done == [told.id for told in BATCH]


async def test_what_fails_is_tried_again_before_the_next_of_its_subject_and_holds_up_no_other() -> None:
    done: list[str] = []
    all_others_done = asyncio.Event()

    async def handle(told: events_pb2.Event) -> None:
        if told.id == "a0" and not all_others_done.is_set():
            await all_others_done.wait()
            raise Unavailable(part="database")
        done.append(told.id)
        if len(done) == 6:
            all_others_done.set()

    await handle_all(BATCH, group="counters", handle=handle, at_once=3)
    assert set(done[:6]) == {told.id for told in BATCH if told.subject != "a"}
    assert done[6:] == ["a0", "a1", "a2"]
