"""How alike two cases are, and which belong to one place, whatever the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.incidents.domain.case import Point, State
from services.incidents.domain.distance import distance_between_m
from services.incidents.duplicates.domain import (
    USUAL,
    Compared,
    Likeness,
    box_around,
    cells_of,
    hotspots,
    matches,
    recurrence,
)

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HERE = Point(longitude_deg=119.85, latitude_deg=38.6)
REPORT = Compared(task_type="litter", category_code="E0110", point=HERE, description="垃圾桶满了", reported_at=NOW)


def north(metres: float) -> Point:
    return replace(HERE, latitude_deg=HERE.latitude_deg + metres / 111_195.08)


def case(id: str, *, metres: float = 0, **fields: object) -> Compared:
    return replace(REPORT, case_id=id, number=id, point=north(metres), **fields)  # type: ignore[arg-type]


def test_distance_and_age_count_up_to_their_limit_and_not_beyond() -> None:
    others = [
        case("at-49.9-m", metres=49.9),
        case("at-50.1-m", metres=50.1),
        case("a-day-old", reported_at=NOW - timedelta(hours=24)),
        case("older", reported_at=NOW - timedelta(hours=24, seconds=1)),
    ]
    found = {match.case.case_id for match in matches(REPORT, others, USUAL)}
    assert found == {"at-49.9-m", "a-day-old"}


def test_the_likeliest_comes_first_and_another_kind_needs_like_words() -> None:
    others = [
        case("same", metres=1),
        case("other-words", metres=1, task_type="barbecue", category_code="E0129", description="有人烧烤冒烟"),
        case("other-kind", metres=1, task_type="barbecue", category_code="E0129"),
        case("same-category", metres=1, task_type="bins", category_code="E0110"),
    ]
    found = matches(REPORT, others, USUAL)
    assert [match.case.case_id for match in found] == ["same", "same-category", "other-kind"]
    assert found[0].score > 0.95


def test_the_last_closing_within_the_days_makes_a_recurrence() -> None:
    closed = {"state": State.CLOSED}
    ended = [
        case("long-ago", closed_at=NOW - timedelta(days=31), **closed),
        case("first", closed_at=NOW - timedelta(days=30), **closed),
        case("last", closed_at=NOW - timedelta(days=2), **closed),
        case("refused", closed_at=NOW - timedelta(days=1), state=State.REJECTED),
        case("far", metres=60, closed_at=NOW - timedelta(days=1), **closed),
    ]
    found = recurrence(REPORT, ended, USUAL)
    assert found is not None
    assert found.case.case_id == "last"
    assert recurrence(REPORT, ended[:1], USUAL) is None


degrees = st.floats(min_value=-0.002, max_value=0.002)


@given(east=degrees, north=degrees, distance_m=st.floats(min_value=1, max_value=500))
def test_no_cell_and_no_edge_leaves_out_what_is_near(east: float, north: float, distance_m: float) -> None:
    other = Point(longitude_deg=HERE.longitude_deg + east, latitude_deg=HERE.latitude_deg + north)
    if distance_between_m(HERE, other) <= distance_m:
        cell = (int(other.latitude_deg * 1000 // 1), int(other.longitude_deg * 1000 // 1))
        box = box_around(HERE, distance_m)
        assert cell in cells_of(box)
        assert box.west <= other.longitude_deg <= box.east
        assert box.south <= other.latitude_deg <= box.north


@given(st.lists(st.tuples(degrees, degrees), max_size=30))
def test_places_that_come_back_are_the_same_as_by_comparing_each_with_each(places: list[tuple[float, float]]) -> None:
    points = [Point(longitude_deg=119.85 + east, latitude_deg=38.6 + north) for east, north in places]
    cases = [
        replace(REPORT, case_id=str(number), number=str(number), point=point) for number, point in enumerate(points)
    ]
    groups = [{case.case_id} for case in cases]
    for one in cases:
        for other in cases:
            if distance_between_m(one.point, other.point) <= 50:
                mine = next(group for group in groups if one.case_id in group)
                theirs = next(group for group in groups if other.case_id in group)
                if mine is not theirs:
                    groups.remove(theirs)
                    mine |= theirs
    found = hotspots(cases, case_count_min=1, likeness_of={"litter": Likeness(distance_m=50)})
    assert {frozenset(case.case_id for case in spot.cases) for spot in found} == {frozenset(g) for g in groups}


def test_a_crowded_place_costs_little() -> None:
    crowd = [case(f"{number:05d}", metres=number % 7) for number in range(20_000)]
    (spot,) = hotspots(crowd, case_count_min=3, likeness_of={})
    assert len(spot.cases) == 20_000
