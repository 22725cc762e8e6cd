"""Who reads the newest events from memory reads the same as from the table."""

from gridward.events.v1 import events_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.platform.tail import Tail, Wanted

TYPES = ("case_closed", "case_rated", "incident_reported")


def event(position: int, type: str) -> events_pb2.Event:
    return events_pb2.Event(position=position, type=type, task_type="manhole" if position % 2 else "lamp")


batches = st.lists(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(TYPES)), max_size=6), max_size=8)


@given(batches, st.integers(1, 12), st.sets(st.sampled_from(TYPES)), st.integers(1, 5))
def test_a_reader_who_is_covered_gets_every_wanted_event_once_and_in_order(
    batches: list[list[tuple[int, str]]], kept_max: int, types: set[str], size: int
) -> None:
    tail, everything, position = Tail(kept_max=kept_max), [], 0
    for batch in batches:
        arrived = []
        for gap, kind in batch:  # positions may leave holes: a transaction that was rolled back took one
            position += gap
            arrived.append(event(position, kind))
        everything += arrived
        tail.extend(arrived, position)
    wanted = Wanted(types=types)
    for begin in range(position + 1):
        if not tail.covers(begin):
            continue
        seen, at = [], begin
        while at < tail.head:
            found, at = tail.after(at, wanted, size=size)
            seen += found
        assert seen == [e for e in everything if e.position > begin and wanted.includes(e)]


def test_a_reader_who_fell_behind_what_is_kept_is_not_covered() -> None:
    tail = Tail(kept_max=2)
    tail.extend([event(n, "case_closed") for n in range(1, 5)], 4)
    assert not tail.covers(1)
    assert tail.covers(2)
    assert [e.position for e in tail.after(2, Wanted(), size=10)[0]] == [3, 4]


def test_after_a_restart_nothing_older_is_claimed() -> None:
    tail = Tail()
    tail.extend([event(1, "case_closed")], 1)
    tail.restart(9)
    assert not tail.covers(1)
    assert tail.covers(9)
    assert tail.after(9, Wanted(), size=10) == ([], 9)


def test_task_types_narrow_the_choice() -> None:
    tail = Tail()
    tail.extend([event(n, "case_closed") for n in range(1, 5)], 4)
    assert [e.position for e in tail.after(0, Wanted(task_types={"lamp"}), size=10)[0]] == [2, 4]
