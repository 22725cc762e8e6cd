"""Counting what is handled: nothing below the mark is open, nothing is forgotten, nothing waits for ever."""

from hypothesis import given
from hypothesis import strategies as st

from services.host.delivery import Patience, Seen, Watermark


@given(st.data(), st.integers(min_value=1, max_value=40))
def test_the_mark_never_passes_an_open_event_and_reaches_the_end(data: st.DataObject, count: int) -> None:
    mark = Watermark()
    positions = sorted(data.draw(st.sets(st.integers(1, 200), min_size=count, max_size=count)))
    for position in positions:
        mark.begin(position)
    mark.looked_at(250)
    open_positions = set(positions)
    lows = [mark.low]
    for position in data.draw(st.permutations(positions)):
        mark.finish(position)
        open_positions.discard(position)
        assert all(mark.low < still_open for still_open in open_positions)
        lows.append(mark.low)
    assert lows == sorted(lows)
    assert mark.low == 250


def test_events_that_do_not_concern_us_move_the_mark() -> None:
    mark = Watermark()
    mark.looked_at(7)
    assert mark.low == 7
    mark.begin(9)
    mark.looked_at(20)
    assert mark.low == 8
    mark.finish(9)
    assert mark.low == 20


def test_the_oldest_ids_are_forgotten_first() -> None:
    seen = Seen(size=2)
    for event_id in ("a", "b", "a", "c"):
        seen.add(event_id)
    assert [event_id in seen for event_id in ("a", "b", "c")] == [True, False, True]


def test_pauses_double_up_to_a_bound() -> None:
    patience = Patience(tries=5, pause_s=1.0, pause_s_max=10.0)
    assert [patience.pause_after(tries) for tries in (1, 2, 3, 4, 5, 5000)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_what_is_to_be_handled_again_is_no_longer_known() -> None:
    seen = Seen()
    seen.add("a")
    seen.forget("a")
    seen.forget("b")
    assert "a" not in seen
