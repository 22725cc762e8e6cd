"""Measures how far apart two places are, as exactly as a department needs it."""

from collections.abc import Iterable
from math import asin, cos, degrees, radians, sin, sqrt
from typing import Final

from plugins.sdk.case import Point
from plugins.sdk.city import Component

EARTH_RADIUS_M: Final = 6_371_008.8


def distance_m(one: Point, other: Point) -> float:
    """Metres between two points along the ground."""
    north = radians(other.latitude_deg - one.latitude_deg) / 2
    east = radians(other.longitude_deg - one.longitude_deg) / 2
    both = cos(radians(one.latitude_deg)) * cos(radians(other.latitude_deg))
    return 2 * EARTH_RADIUS_M * asin(sqrt(sin(north) ** 2 + both * sin(east) ** 2))


def box_around(point: Point, *, side_m: float) -> tuple[Point, Point, Point, Point]:
    """The corners of a square with a point in its middle, from the south-west against the clock."""
    north = degrees(side_m / 2 / EARTH_RADIUS_M)
    east = north / cos(radians(point.latitude_deg))
    south_west, north_east = (
        Point(longitude_deg=point.longitude_deg + sign * east, latitude_deg=point.latitude_deg + sign * north)
        for sign in (-1, 1)
    )
    return (
        south_west,
        Point(longitude_deg=north_east.longitude_deg, latitude_deg=south_west.latitude_deg),
        north_east,
        Point(longitude_deg=south_west.longitude_deg, latitude_deg=north_east.latitude_deg),
    )


def nearest(components: Iterable[Component], point: Point, *, within_m: float) -> tuple[Component, ...]:
    """Those no farther from a point than this, nearest first."""
    far = sorted(((distance_m(each.point, point), each.code, each) for each in components), key=lambda row: row[:2])
    return tuple(each for distance, _, each in far if distance <= within_m)
