"""Four points of the picture and their places on the map: what fits is kept, what cannot be true is refused in words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.video.domain.cameras import Place
from services.video.domain.errors import GroundUnfit
from services.video.domain.geometry import Corner, GroundPoint, fitted, landed
from services.video.domain.rescue import distance_m

CAMERA = Place(longitude_deg=119.8, latitude_deg=38.6)
CORNERS: Sequence[Corner] = ((0.4, 0.3), (0.6, 0.3), (0.9, 0.9), (0.1, 0.9))
#: Metres east and north of the camera, which looks north.
GROUND = ((-10.0, 60.0), (10.0, 60.0), (8.0, 15.0), (-8.0, 15.0))


def place(east_m: float, north_m: float) -> Place:
    return Place(longitude_deg=119.8 + east_m / 86_998, latitude_deg=38.6 + north_m / 111_320)


def points(corners: Sequence[Corner] = CORNERS, ground: Sequence[tuple[float, float]] = GROUND) -> list[GroundPoint]:
    return [GroundPoint(corner=corner, place=place(*where)) for corner, where in zip(corners, ground, strict=True)]


def test_a_point_between_lands_between() -> None:
    plane, error_m = fitted(points(), camera=CAMERA)
    assert error_m < 0.1
    found = landed(plane, (0.5, 0.6), camera=CAMERA)
    assert found is not None
    assert 15 < distance_m(CAMERA, found) < 60
    assert abs(found.longitude_deg - 119.8) < 1e-5, "in the middle of the picture, straight ahead"


def test_what_lies_at_the_horizon_has_no_place() -> None:
    plane, _ = fitted(points(), camera=CAMERA)
    assert landed(plane, (0.5, 0.0), camera=CAMERA) is None, "above the horizon"
    ahead = [landed(plane, (0.5, share / 200), camera=CAMERA) for share in range(10, 60)]
    told = [distance_m(CAMERA, found) for found in ahead if found is not None]
    assert told
    assert max(told) <= 400, "farther than a camera shows is no place"
    assert landed(None, (0.5, 0.6), camera=CAMERA) is None


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (points()[:3], "four points"),
        (points(ground=((-10, 60), (10, 60), (8, 1500), (-8, 15))), "too far"),
        (points(corners=((0.1, 0.5), (0.3, 0.5), (0.6, 0.5), (0.9, 0.5))), "one line"),
        (points(ground=((-10, 60), (10, 60), (20, 60), (-8, 60))), "one line"),
        (points(ground=((10, 60), (-10, 60), (-8, 15), (8, 15))), "another order"),
        (points(ground=((-10, 60), (10, 60), (-8, 15), (8, 15))), "another order"),
    ],
    ids=["three", "far away", "on a line in the picture", "on a line on the map", "mirrored", "crossed"],
)
def test_points_that_cannot_be_true_are_refused_in_words(given: list[GroundPoint], problem: str) -> None:
    with pytest.raises(GroundUnfit, match=problem):
        fitted(given, camera=CAMERA)


def test_a_fifth_point_far_from_the_plane_of_the_others_is_refused() -> None:
    with pytest.raises(GroundUnfit, match="plane"):
        fitted(points((*CORNERS, (0.95, 0.31)), (*GROUND, (30.0, 85.0))), camera=CAMERA)
