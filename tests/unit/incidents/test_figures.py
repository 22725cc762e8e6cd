"""Rates, scores and places are right, and what cannot be told is left out instead of counted as nought."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.figures.domain import COUNTED, SPAN_MAX, Counts, Span, SpanInvalid, ranks

AT = datetime(2026, 3, 2, tzinfo=UTC)
numbers = st.integers(0, 50)


def test_a_rate_without_a_denominator_is_neither_good_nor_bad() -> None:
    nothing = Counts()
    assert (nothing.close_rate, nothing.in_time_rate, nothing.rework_rate, nothing.satisfaction_rate) == (None,) * 4
    assert nothing.score is None


def test_a_score_weighs_what_can_be_told() -> None:
    whole = Counts(need_close=10, closed=8, in_time=7, reworked=2, rated=4, satisfied=3, green=9, red=1)
    assert whole.score == pytest.approx(40 * 0.7 + 20 * 0.8 + 15 * 0.75 + 15 * 0.75 + 10 * 0.9)
    unrated = Counts(need_close=10, closed=8, in_time=7, reworked=2, green=9, red=1)
    assert unrated.score == pytest.approx((40 * 0.7 + 20 * 0.8 + 15 * 0.75 + 10 * 0.9) / 85 * 100)


@given(numbers, numbers, numbers, numbers, numbers, numbers, numbers)
def test_a_score_lies_between_nought_and_a_hundred(  # noqa: PLR0917 Hypothesis gives them by place
    in_time: int, late: int, open_: int, reworked: int, satisfied: int, unsatisfied: int, red: int
) -> None:
    closed = in_time + late
    counts = Counts(
        need_close=closed + open_, closed=closed, in_time=in_time, reworked=min(reworked, closed),
        rated=satisfied + unsatisfied, satisfied=satisfied, green=open_, red=red,
    )  # fmt: skip
    assert counts.score is None or 0 <= counts.score <= 100 + 1e-9


def test_equal_scores_share_a_place_and_the_next_ones_stay_free() -> None:
    assert ranks({"a": 90.0, "b": 80.0, "c": 90.0, "d": None, "e": 70.0}) == {"a": 1, "c": 1, "b": 3, "e": 4, "d": 0}


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=-1), SPAN_MAX + timedelta(seconds=1)])
def test_a_span_begins_before_it_ends_and_does_not_last_for_ever(length: timedelta) -> None:
    with pytest.raises(SpanInvalid):
        Span(start=AT, end=AT + length)


def test_everything_counted_has_a_name_in_the_contract() -> None:
    from gridward.incidents.v1 import figures_pb2

    assert set(COUNTED) < set(figures_pb2.Figures.DESCRIPTOR.fields_by_name)
