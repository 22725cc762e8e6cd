"""Texts compared by their words, and numbers that can be read out."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.domain.numbering import case_number
from services.incidents.domain.words import bigrams_of, similarity


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_the_same_both_ways_and_whole_with_itself(one: str, other: str) -> None:
    pairs, others = bigrams_of(one), bigrams_of(other)
    assert similarity(pairs, others) == similarity(others, pairs)
    assert 0 <= similarity(pairs, others) <= 1
    assert similarity(pairs, pairs) == (1.0 if pairs else 0.0)


@pytest.mark.parametrize(
    ("sequence", "number"),
    [(17, "9991-20260306-00017"), (99_999, "9991-20260306-99999"), (100_000, "9991-20260306-100000")],
)
def test_a_case_number_can_be_read_out(sequence: int, number: str) -> None:
    assert case_number(city="9991", day=date(2026, 3, 6), sequence=sequence) == number
