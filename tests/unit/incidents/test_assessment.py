"""What scores are made of, who is named, and what a year comes to."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.assessment.domain import (
    Mention,
    grid_score,
    ranked,
    require_marker,
    worker_score,
    year_of,
)
from services.platform.errors import Forbidden


def d(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.mechanism(52)
def test_90_80_70_100_come_to_80_and_a_half_and_a_bonus_is_added() -> None:
    marks = {"attendance": d("90"), "daily": d("80"), "special": d("70"), "community": d("100")}
    score, parts = worker_score(marks)
    assert score == d("80.50")
    assert {part.part: part.weight for part in parts} == {
        "attendance": 15,
        "daily": 45,
        "special": 30,
        "community": 10,
    }
    assert worker_score({**marks, "bonus": d("3.25")})[0] == d("83.75")


@pytest.mark.mechanism(52)
@pytest.mark.parametrize(
    ("part", "role"),
    [
        ("attendance", "community_admin"),
        ("daily", "duty_chief"),
        ("special", "department_leader"),
        ("community", "community_admin"),
        ("bonus", "duty_chief"),
    ],
)
def test_each_part_has_one_kind_of_rater_by_where_the_task_comes_from(part: str, role: str) -> None:
    require_marker(part, [role])
    with pytest.raises(Forbidden):
        require_marker(part, ["grid_worker", "resident"])


def test_a_missing_part_is_neither_good_nor_bad() -> None:
    assert worker_score({"attendance": d("90"), "daily": d("80")})[0] == d("82.50")
    assert worker_score({"bonus": d("5")})[0] is None
    assert grid_score({}, d("2"))[0] is None
    assert grid_score({"self": d("1")}, d("4"))[0] == 0


@pytest.mark.mechanism(57)
def test_a_year_is_the_mean_of_its_four_quarters_and_each_of_its_months() -> None:
    months = {1: d("90"), 2: d("80"), 3: d("70"), 4: d("100"), 7: d("60"), 8: d("80"), 10: d("88")}
    year = year_of("grid", months)
    assert {quarter: score for quarter, (score, _) in year.quarters.items()} == {1: 80, 2: 100, 3: 70, 4: 88}
    assert year.score == d("84.50")
    del months[10]
    assert year_of("grid", months).score is None


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(0, 8) | st.none(), max_size=14))
def test_places_are_shared_named_fairly_and_never_both_ways(given_scores: dict[str, int | None]) -> None:
    scores = {code: (None if score is None else Decimal(score), ()) for code, score in given_scores.items()}
    standings = {one.code: one for one in ranked(scores)}
    told = {code: one for code, one in standings.items() if one.score is not None}
    values = [one.score for one in told.values() if one.score is not None]
    for one in told.values():
        assert one.score is not None
        assert one.rank == 1 + len([value for value in values if value > one.score])
        assert (one.mention is Mention.COMMENDED) is (one.rank <= 3)
        last = len([value for value in values if value < one.score]) < 3
        assert (one.mention is Mention.CRITICISED) is (last and one.rank > 3)
        assert {other.rank for other in told.values() if other.score == one.score} == {one.rank}
    assert all(one.rank == 0 and not one.mention for one in standings.values() if one.score is None)
