"""Brings the coordinate systems of Chinese maps to WGS-84, in which everything inside the suite is said.

GCJ-02 shifts every point inside China by some hundreds of metres, along a published formula; BD-09 shifts it once
more. The formulas only go one way, so the way back is found by approaching it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.registry.domain.errors import CrsUnknown

Degrees = NDArray[np.float64]
#: Two columns: degrees east and degrees north.
Points = NDArray[np.float64]

WGS84: Final = "EPSG:4326"
#: Krasovsky 1940, the ellipsoid on which the GCJ-02 shift is defined.
SEMI_MAJOR_AXIS_M: Final = 6_378_245.0
ECCENTRICITY_SQUARED: Final = 0.006_693_421_622_965_943_23
#: Outside this box GCJ-02 shifts nothing.
CHINA_WEST_DEG, CHINA_EAST_DEG = 72.004, 137.8347
CHINA_SOUTH_DEG, CHINA_NORTH_DEG = 0.8293, 55.8271
BAIDU_TURN: Final = np.pi * 3000.0 / 180.0
BAIDU_EAST_DEG, BAIDU_NORTH_DEG = 0.0065, 0.006
#: A hundredth of a millimetre; reached within a dozen rounds everywhere in China.
APPROACHED_DEG: Final = 1e-10
ROUNDS_MAX: Final = 30


def to_wgs84(points: Points, crs: str) -> Points:
    """Points of a named coordinate system as WGS-84; fails with CRS_UNKNOWN."""
    return _FROM[known_crs(crs)](points)


def one_to_wgs84(point: tuple[float, float], crs: str) -> tuple[float, float]:
    """One point, degrees east and north, as WGS-84; fails with CRS_UNKNOWN."""
    east, north = to_wgs84(np.array([point], dtype=np.float64), crs)[0].tolist()
    return float(east), float(north)


def known_crs(crs: str) -> str:
    """The name of a coordinate system as we write it; fails with CRS_UNKNOWN."""
    name = crs.strip().upper()
    if name not in _FROM:
        raise CrsUnknown(crs=crs, known=", ".join(_FROM))
    return name


def wgs84_to_gcj02(points: Points) -> Points:
    """The official shift of Chinese maps."""
    longitudes, latitudes = points[:, 0], points[:, 1]
    east, north = longitudes - 105.0, latitudes - 35.0
    angle = np.radians(latitudes)
    flattened = 1 - ECCENTRICITY_SQUARED * np.sin(angle) ** 2
    metres_per_degree_north = SEMI_MAJOR_AXIS_M * (1 - ECCENTRICITY_SQUARED) / flattened**1.5 * np.pi / 180
    metres_per_degree_east = SEMI_MAJOR_AXIS_M / np.sqrt(flattened) * np.cos(angle) * np.pi / 180
    shift = np.column_stack(
        (_shift_east_m(east, north) / metres_per_degree_east, _shift_north_m(east, north) / metres_per_degree_north)
    )
    inside = (
        (longitudes >= CHINA_WEST_DEG)
        & (longitudes <= CHINA_EAST_DEG)
        & (latitudes >= CHINA_SOUTH_DEG)
        & (latitudes <= CHINA_NORTH_DEG)
    )
    shifted: Points = np.where(inside[:, np.newaxis], points + shift, points)
    return shifted


def gcj02_to_bd09(points: Points) -> Points:
    """The further shift of Baidu's maps."""
    longitudes, latitudes = points[:, 0], points[:, 1]
    radius = np.hypot(longitudes, latitudes) + 0.00002 * np.sin(latitudes * BAIDU_TURN)
    bearing = np.arctan2(latitudes, longitudes) + 0.000003 * np.cos(longitudes * BAIDU_TURN)
    return np.column_stack((radius * np.cos(bearing) + BAIDU_EAST_DEG, radius * np.sin(bearing) + BAIDU_NORTH_DEG))


def gcj02_to_wgs84(points: Points) -> Points:
    """The way back from the official shift."""
    return _approach(points, wgs84_to_gcj02)


def bd09_to_gcj02(points: Points) -> Points:
    """The way back from Baidu's shift."""
    return _approach(points, gcj02_to_bd09)


def _approach(target: Points, forward: Callable[[Points], Points]) -> Points:
    """The points that a nearly even shift carries to the target: correct the guess by what it misses."""
    guess = target
    for _ in range(ROUNDS_MAX):
        missed = forward(guess) - target
        guess = guess - missed
        if not missed.size or float(np.abs(missed).max()) < APPROACHED_DEG:
            break
    return guess


def _waves(angle: Degrees) -> Degrees:
    return 20.0 * np.sin(6.0 * angle * np.pi) + 20.0 * np.sin(2.0 * angle * np.pi)


def _shift_east_m(east: Degrees, north: Degrees) -> Degrees:
    plain = 300.0 + east + 2.0 * north + 0.1 * east**2 + 0.1 * east * north + 0.1 * np.sqrt(np.abs(east))
    slow = 20.0 * np.sin(east * np.pi) + 40.0 * np.sin(east / 3.0 * np.pi)
    slowest = 150.0 * np.sin(east / 12.0 * np.pi) + 300.0 * np.sin(east / 30.0 * np.pi)
    shift: Degrees = plain + (_waves(east) + slow + slowest) * 2.0 / 3.0
    return shift


def _shift_north_m(east: Degrees, north: Degrees) -> Degrees:
    plain = -100.0 + 2.0 * east + 3.0 * north + 0.2 * north**2 + 0.1 * east * north + 0.2 * np.sqrt(np.abs(east))
    slow = 20.0 * np.sin(north * np.pi) + 40.0 * np.sin(north / 3.0 * np.pi)
    slowest = 160.0 * np.sin(north / 12.0 * np.pi) + 320.0 * np.sin(north * np.pi / 30.0)
    shift: Degrees = plain + (_waves(east) + slow + slowest) * 2.0 / 3.0
    return shift


_FROM: Final[Mapping[str, Callable[[Points], Points]]] = MappingProxyType(
    {
        WGS84: lambda points: points,
        # China Geodetic Coordinate System 2000 agrees with WGS-84 to some centimetres: less than a survey's own error.
        "CGCS2000": lambda points: points,
        "EPSG:4490": lambda points: points,
        "GCJ-02": gcj02_to_wgs84,
        "BD-09": lambda points: gcj02_to_wgs84(bd09_to_gcj02(points)),
    }
)
