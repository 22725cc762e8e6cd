"""Finds the grid in which a point on the ground lies: exactly one, and for a point on a border always the same."""

from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

#: About a decimetre: polygons rounded to six or seven decimals may leave slits of this width between neighbours.
BORDER_TOLERANCE_DEG: Final = 1e-6

Shapes = NDArray[np.object_]
Numbers = NDArray[np.intp]


class AreaIndex:
    """A picture of areas that do not change; build a new one when they do. Reads are safe from any thread.

    A point inside one area belongs to it. A point on a border, or where rounding lets two areas overlap, belongs
    to the area with the lowest code. A point in a slit between areas, or that close outside, belongs to the nearest.
    """

    def __init__(self, areas: Iterable[tuple[str, BaseGeometry]]) -> None:
        """From codes and their polygons, degrees east first; the order does not matter."""
        ordered = sorted(areas, key=lambda area: area[0])
        self._codes = tuple(code for code, _ in ordered)
        self._polygons = np.array([polygon for _, polygon in ordered], dtype=object)
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)

    @classmethod
    def from_geojson(cls, areas: Iterable[tuple[str, bytes]]) -> Self:
        """From codes and their polygons as GeoJSON geometries, as registry sends them."""
        pairs = list(areas)
        polygons = shapely.from_geojson([geometry.decode() for _, geometry in pairs])
        return cls(zip((code for code, _ in pairs), polygons, strict=True))

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all areas, in order."""
        return self._codes

    def touching(self, window: BaseGeometry) -> list[tuple[str, BaseGeometry]]:
        """Codes and polygons of the areas whose surroundings touch a window, in order."""
        return [(self._codes[number], self._polygons[number]) for number in sorted(self._tree.query(window).tolist())]

    def shapes(self, codes: Iterable[str]) -> list[tuple[str, BaseGeometry]]:
        """Codes and polygons of some areas; unknown ones are left out."""
        numbers = {code: number for number, code in enumerate(self._codes)}
        return [(code, self._polygons[numbers[code]]) for code in codes if code in numbers]

    def locate(self, longitude_deg: float, latitude_deg: float) -> str | None:
        """The code of the area that holds a point; None outside of all."""
        return self.locate_many([(longitude_deg, latitude_deg)])[0]

    def locate_many(self, points: Sequence[tuple[float, float]]) -> list[str | None]:
        """For each (longitude, latitude) the code of its area or None, in the same order."""
        if not points or not self._codes:
            return [None] * len(points)
        coordinates = np.asarray(points, dtype=np.float64)
        usable = np.asarray(np.isfinite(coordinates).all(axis=1))
        shapes: Shapes = np.asarray(shapely.points(np.where(usable[:, np.newaxis], coordinates, 0.0)), dtype=object)
        nobody = len(self._codes)
        owner = np.full(len(points), nobody, dtype=np.intp)
        point_numbers, area_numbers = self._tree.query(shapes)
        inside = shapely.intersects_xy(self._polygons[area_numbers], coordinates[point_numbers])
        held = np.flatnonzero(inside)
        np.minimum.at(owner, point_numbers[held], area_numbers[held])
        self._give_slits_to_nearest(shapes, owner, nobody)
        owner[~usable] = nobody
        return [None if number == nobody else self._codes[number] for number in owner.tolist()]

    def _give_slits_to_nearest(
        self,
        shapes: "np.ndarray[tuple[int], np.dtype[np.object_]]",
        owner: "np.ndarray[tuple[int], np.dtype[np.intp]]",
        nobody: int,
    ) -> None:
        lost = np.flatnonzero(owner == nobody)
        if lost.size == 0:
            return
        lost_numbers, area_numbers = self._tree.query_nearest(
            shapes[lost], max_distance=BORDER_TOLERANCE_DEG, all_matches=True
        )
        np.minimum.at(owner, lost[lost_numbers], area_numbers)
