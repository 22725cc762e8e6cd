"""Who stands on a post at a moment, whatever shifts lie before and after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from gridward.registry.v1 import staff_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.cityview.told import post_of

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)

#: Pauses and lengths of shifts that follow one another, in hours.
rosters = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), max_size=8)


@given(rosters, st.integers(-2, 100), st.randoms(use_true_random=False))
def test_a_shift_goes_before_the_standing_holder_exactly_while_it_lasts(
    roster: list[tuple[int, int]], hour: int, chance: Random
) -> None:
    post, begin, holders = staff_pb2.Post(code="post:1", staff_code="standing"), 0, {}
    for number, (pause, length) in enumerate(roster):
        begin += pause
        holders |= dict.fromkeys(range(begin, begin + length), f"stand-in {number}")
        shift = post.shifts.add(staff_code=f"stand-in {number}")
        shift.starts_at.FromDatetime(MONDAY + begin * HOUR)
        begin += length
        shift.ends_at.FromDatetime(MONDAY + begin * HOUR)
    shifts = list(post.shifts)
    chance.shuffle(shifts)
    del post.shifts[:]
    post.shifts.extend(shifts)
    found = post_of(post).at(MONDAY + hour * HOUR)
    assert (found.staff_code, found.by_shift) == (holders.get(hour, "standing"), hour in holders)
