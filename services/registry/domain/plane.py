"""Measures areas in metres on a plane laid against the ground at the middle of the city."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Polygons = NDArray[np.object_]
Points = NDArray[np.float64]

#: WGS-84.
SEMI_MAJOR_AXIS_M: Final = 6_378_137.0
ECCENTRICITY_SQUARED: Final = 0.006_694_379_990_141_316


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Turns degrees into metres evenly, so that borders shared in degrees are shared in metres too."""

    longitude_deg: float
    latitude_deg: float

    @classmethod
    def at_middle_of(cls, outlines: Polygons) -> Self:
        """The plane against the middle of these polygons; there must be one at least."""
        west, south, east, north = shapely.total_bounds(outlines).tolist()
        return cls(longitude_deg=(west + east) / 2, latitude_deg=(south + north) / 2)

    def laid_out(self, outlines: Polygons) -> Polygons:
        """The polygons in metres."""
        east_m, north_m = metres_per_degree(self.latitude_deg)
        origin = (self.longitude_deg, self.latitude_deg)

        def lay(points: Points) -> Points:
            flat: Points = (points - origin) * (east_m, north_m)
            return flat

        return np.asarray(shapely.transform(outlines, lay), dtype=object)

    def degrees(self, outline: BaseGeometry) -> tuple[float, float]:
        """A point inside a polygon of this plane, east and north, with six decimals."""
        east_m, north_m = metres_per_degree(self.latitude_deg)
        inside = outline.representative_point()
        return round(self.longitude_deg + inside.x / east_m, 6), round(self.latitude_deg + inside.y / north_m, 6)


def area_m2(outline: BaseGeometry) -> float:
    """Size of a polygon in degrees, measured at its own latitude, in whole square metres."""
    east_m, north_m = metres_per_degree(outline.centroid.y)
    return round(outline.area * east_m * north_m)


def middle(outline: BaseGeometry) -> tuple[float, float]:
    """The centroid, or a point on the surface when the centroid lies outside; degrees east and north."""
    point = outline.centroid
    if not outline.intersects(point):
        point = outline.representative_point()
    return round(point.x, 7), round(point.y, 7)


def reach_m(outline: BaseGeometry) -> float:
    """From the middle of a polygon in metres to its farthest corner."""
    return float(shapely.hausdorff_distance(outline.centroid, outline))


def reach_of_degrees_m(outline: BaseGeometry) -> float:
    """The same for a polygon in degrees, measured at its own latitude."""
    scale = np.array(metres_per_degree(outline.centroid.y))
    return reach_m(shapely.transform(outline, lambda points: points * scale))


def metres_per_degree(latitude_deg: float) -> tuple[float, float]:
    """Metres in a degree east and in a degree north at a latitude of the ellipsoid."""
    angle = np.radians(latitude_deg)
    flattened = 1 - ECCENTRICITY_SQUARED * np.sin(angle) ** 2
    across = SEMI_MAJOR_AXIS_M / np.sqrt(flattened)
    along = SEMI_MAJOR_AXIS_M * (1 - ECCENTRICITY_SQUARED) / flattened**1.5
    return float(np.radians(across * np.cos(angle))), float(np.radians(along))
