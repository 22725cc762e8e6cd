"""What stands in a camera's view is followed from visit to visit, and matters only when it is what its class says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.video.domain.cameras import Place
from services.video.domain.geometry import Box, GroundPlane, GroundPoint, holds, spans_area
from services.video.domain.health import SETTLED
from services.video.domain.sightings import (
    Candidate,
    Spot,
    Thing,
    Watched,
    Zone,
    ZoneKind,
    follow,
    held,
)
from services.video.eyes.change import Compared
from services.video.eyes.picture import Pixels
from tests.support.scenes import ROAD, VTEST, Memory, Street, obstacle, real_street, without_post_box

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CARRIAGEWAY = Zone(id="z1", kind=ZoneKind.CARRIAGEWAY, corners=ROAD)
PAVEMENT = Zone(id="z2", kind=ZoneKind.PAVEMENT, corners=((0.7, 0.5), (1.0, 0.5), (1.0, 0.95), (0.7, 0.95)))


def at(visit: int, every_s: float = 30.0) -> datetime:
    return AT + timedelta(seconds=visit * every_s)


def spots(found: Compared) -> list[Spot]:
    return [
        Spot(box=Box.of(blob.box), share=blob.share, contrast=blob.contrast, edges_new=blob.edges_new)
        for blob in found.blobs
    ]


def patrol(
    street: Street, change: Callable[[Pixels], Pixels] | None, watched: Watched, *, visits: int = 7, traffic: int = 3
) -> list[str]:
    """Learn a street, then plant something and visit; the classes that fired."""
    memory = Memory()
    for _ in range(26):
        memory.look(street.look(traffic=traffic))
    candidates: Sequence[Candidate] = ()
    told = []
    for visit in range(visits):
        _, found = memory.look(
            street.look(traffic=traffic, change=change), held=[box.sides for box in held(candidates)]
        )
        progress = follow(candidates, spots=spots(found), things=None, watched=watched, at=at(visit))
        told += [progress.candidates[n].code for n in progress.fired]
        candidates = [
            candidate if n not in progress.fired else _known(candidate)
            for n, candidate in enumerate(progress.candidates)
        ]
    return told


def _known(candidate: Candidate) -> Candidate:
    from dataclasses import replace
    from uuid import UUID

    return replace(candidate, finding_id=UUID(int=1))


def test_what_lies_on_the_road_is_found_once_and_traffic_is_not() -> None:
    hits, alarms = 0, 0
    for seed in range(4):
        watched = Watched(zones=[CARRIAGEWAY])
        told = patrol(Street(seed), lambda picture: obstacle(picture, x=0.45 + 0.02 * (picture[0, 0, 0] % 3)), watched)
        hits += told.count("road_obstruction") == 1
        alarms += len(told) - told.count("road_obstruction")
        alarms += len(patrol(Street(seed + 100), None, watched))
    assert (hits, alarms) == (4, 0)


def test_something_taken_away_is_told_from_something_left() -> None:
    watched = Watched(zones=[PAVEMENT])
    assert patrol(Street(2), without_post_box, watched) == ["object_removed"]
    assert patrol(Street(2), lambda picture: obstacle(picture, x=0.82, y=0.8), watched) == ["object_left"]


def test_a_fixture_is_left_alone() -> None:
    zones = [CARRIAGEWAY]
    fixture = Box(0.44, 0.55, 0.6, 0.8)
    assert patrol(Street(4), obstacle, Watched(zones=zones, fixtures=[fixture])) == []
    assert patrol(Street(4), obstacle, Watched(zones=zones)) == ["road_obstruction"]


def test_outside_all_zones_nothing_is_said_where_zones_were_drawn() -> None:
    assert patrol(Street(5), lambda picture: obstacle(picture, x=0.05, y=0.9), Watched(zones=[CARRIAGEWAY])) == []
    assert patrol(Street(5), lambda picture: obstacle(picture, x=0.05, y=0.9), Watched()) == ["object_left"]


def test_a_cloud_is_no_change() -> None:
    street, memory = Street(6), Memory()
    for _ in range(8):
        memory.look(street.look())
    for light in (0.8, 0.8, 1.15, 1.15):
        _, found = memory.look(street.look(light=light))
        assert spots(found) == []


def test_people_on_a_real_square_are_no_findings() -> None:
    assert VTEST.exists(), "the package opencv-doc holds it"
    memory, candidates, told = Memory(), (), []
    for visit, picture in enumerate(real_street()):
        _, found = memory.look(picture, held=[box.sides for box in held(candidates)])
        progress = follow(
            candidates,
            spots=spots(found),
            things=None,
            watched=Watched(),
            at=at(visit, every_s=30.0),
            settled=memory.learned >= SETTLED,
        )
        candidates = tuple(progress.candidates)
        told += [progress.candidates[n].code for n in progress.fired]
    assert told == []


def car(x: float = 0.5, *, y: float = 0.8, label: str = "car") -> Thing:
    return Thing(label=label, score=0.8, box=Box(x, y - 0.1, x + 0.12, y))


def drive(kind: ZoneKind, *visits: Sequence[Thing] | None, every_s: float = 70.0) -> list[tuple[int, str]]:
    zone = Zone(id="z", kind=kind, corners=((0, 0), (1, 0), (1, 1), (0, 1)))
    candidates: Sequence[Candidate] = ()
    told = []
    for number, things in enumerate(visits):
        progress = follow(candidates, spots=(), things=things, watched=Watched(zones=[zone]), at=at(number, every_s))
        candidates = progress.candidates
        told += [(number, candidates[n].code) for n in progress.fired]
    return told


def test_a_vehicle_that_stays_four_visits_where_it_must_not_is_found() -> None:
    assert drive(ZoneKind.NO_STOPPING, [car()], [car(0.51)], [car()], [car()]) == [(3, "stopped_vehicle")]
    assert drive(ZoneKind.FIRE_LANE, [car()], [car()], [car()]) == [(2, "fire_lane_blocked")]
    assert drive(ZoneKind.CARRIAGEWAY, [car()], [car()], [car()], [car()]) == [(3, "stalled_vehicle")]


def test_vehicles_that_pass_or_stop_briefly_are_not() -> None:
    assert drive(ZoneKind.NO_STOPPING, [car(0.1)], [car(0.3)], [car(0.5)], [car(0.7)], [car(0.1)]) == []
    assert drive(ZoneKind.NO_STOPPING, [car()], [car()], [], [], [car()], [car()]) == []
    assert drive(ZoneKind.NO_STOPPING, *([[car()]] * 4), every_s=20.0) == [], "four visits within a minute"
    assert drive(ZoneKind.PAVEMENT, *([[car()]] * 6)) == []


def test_a_visit_at_which_the_detector_did_not_look_neither_counts_nor_breaks() -> None:
    assert drive(ZoneKind.NO_STOPPING, [car()], None, [car()], None, [car()], [car()]) == [(5, "stopped_vehicle")]


def test_a_jam_is_no_row_of_parkers() -> None:
    queue = [car(0.05 + 0.13 * n) for n in range(7)]
    assert drive(ZoneKind.NO_STOPPING, *([queue] * 6)) == []


def test_a_crowd_is_many_people_in_its_zone_for_three_visits() -> None:
    people = [Thing(label="person", score=0.7, box=Box(0.02 * n, 0.5, 0.02 * n + 0.01, 0.6)) for n in range(20)]
    assert drive(ZoneKind.SQUARE, people, people, people) == [(2, "crowd")]
    assert drive(ZoneKind.SQUARE, people, people[:5], people, people[:5]) == []
    assert drive(ZoneKind.CARRIAGEWAY, people, people, people) == []


def test_smoke_from_a_detector_is_found_at_its_second_visit() -> None:
    smoke = Thing(label="smoke", score=0.6, box=Box(0.3, 0.3, 0.5, 0.6))
    assert drive(ZoneKind.PAVEMENT, [smoke], [smoke]) == [(1, "smoke")]


def test_what_the_detector_knows_is_not_found_a_second_time_as_a_change() -> None:
    zone = Zone(id="z", kind=ZoneKind.CARRIAGEWAY, corners=((0, 0), (1, 0), (1, 1), (0, 1)))
    spot = Spot(box=Box(0.51, 0.71, 0.61, 0.8), share=0.01, contrast=60, edges_new=0.9)
    progress = follow((), spots=[spot], things=[car()], watched=Watched(zones=[zone]), at=AT)
    assert [candidate.code for candidate in progress.candidates] == ["stalled_vehicle"]


@pytest.mark.parametrize(
    ("corners", "sound"),
    [
        (((0, 0), (1, 0), (1, 1)), True),
        (((0, 0), (1, 1), (1, 0), (0, 1)), False),
        (((0, 0), (0.5, 0.5), (1, 1)), False),
    ],
)
def test_a_zone_has_an_inside(corners: Sequence[tuple[float, float]], *, sound: bool) -> None:
    assert spans_area(corners) is sound


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_box_overlaps_itself_wholly_and_its_foot_lies_on_it(x: float, y: float) -> None:
    box = Box(0.0, 0.0, x, y)
    assert box.overlap(box) == pytest.approx(1.0)
    assert holds(((0, 0), (1, 0), (1, 1.01), (0, 1.01)), box.foot)


def test_an_object_s_place_follows_from_four_points_on_the_ground() -> None:
    def place(east: float, north: float) -> Place:
        return Place(longitude_deg=119.8 + east * 1e-5, latitude_deg=38.6 + north * 1e-5)

    # A camera that sees a square of ground as a trapezium: far edge short, near edge long.
    points = [
        GroundPoint(corner=(0.4, 0.3), place=place(-10, 40)),
        GroundPoint(corner=(0.6, 0.3), place=place(10, 40)),
        GroundPoint(corner=(0.9, 0.9), place=place(10, 10)),
        GroundPoint(corner=(0.1, 0.9), place=place(-10, 10)),
    ]
    plane = GroundPlane.through(points)
    assert plane is not None
    for point in points:
        found = plane.place_of(point.corner)
        assert found is not None
        assert found.longitude_deg == pytest.approx(point.place.longitude_deg, abs=1e-7)
    middle = plane.place_of((0.5, 0.6))
    assert middle is not None
    assert 38.6 + 10e-5 < middle.latitude_deg < 38.6 + 25e-5, "nearer than the middle of the ground"
    assert plane.place_of((0.5, 0.02)) is None, "the sky lies nowhere"
    assert GroundPlane.through(points[:3]) is None
