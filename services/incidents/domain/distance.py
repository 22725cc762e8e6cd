"""How far apart two points on the ground are."""

from math import asin, cos, radians, sin, sqrt
from typing import Final

from services.incidents.domain.case import Point

EARTH_RADIUS_M: Final = 6_371_008.8


def distance_between_m(one: Point, other: Point) -> float:
    """Metres between two points along the ground."""
    latitude, other_latitude = radians(one.latitude_deg), radians(other.latitude_deg)
    half_height = sin((other_latitude - latitude) / 2) ** 2
    half_width = sin(radians(other.longitude_deg - one.longitude_deg) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half_height + cos(latitude) * cos(other_latitude) * half_width))
