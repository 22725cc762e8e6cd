"""Hours go round the clock, and one place is one place."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.sdk import Point
from plugins.sdk.testing import a_case
from plugins.traffic import rules

CITY = ZoneInfo("Asia/Shanghai")


def at(hour: int) -> datetime:
    return datetime(2026, 3, 2, hour, 30, tzinfo=CITY)


@pytest.mark.parametrize(
    ("hours", "window"),
    [([9], (9, 10)), ([8, 10], (8, 11)), ([23, 1], (23, 2)), ([0, 23], (23, 1)), ([7, 7, 8], (7, 9))],
)
def test_usual_hours_also_run_over_midnight(hours: list[int], window: tuple[int, int]) -> None:
    assert rules.usual_hours([at(hour) for hour in hours]) == window


@given(st.lists(st.integers(0, 23), min_size=1, max_size=10))
def test_every_moment_lies_within_the_usual_hours(hours: list[int]) -> None:
    begins, ends = rules.usual_hours([at(hour) for hour in hours])
    length = (ends - begins) % 24 or 24
    assert all((hour - begins) % 24 < length for hour in hours)


def test_a_place_is_as_wide_as_the_operator_says() -> None:
    here = a_case(id="a", point=Point(longitude_deg=119.85, latitude_deg=38.6))
    there = a_case(id="b", point=Point(longitude_deg=119.8506, latitude_deg=38.6))
    assert len(rules.near(here, [there], within_m=60)) == 2
    assert len(rules.near(here, [there], within_m=40)) == 1
