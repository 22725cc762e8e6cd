"""Boxes and zones in a picture, in shares of its width and height, and where on the ground a point of it lies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Self, TypeAlias

from services.video.domain.cameras import Place
from services.video.domain.errors import GroundUnfit
from services.video.domain.rescue import distance_m

Corner: TypeAlias = tuple[float, float]
GROUND_POINTS_MIN: Final = 4
#: What a camera shows of the ground farther away than this is a few pixels high, and its place a guess.
GROUND_REACH_M: Final = 400.0
#: Points that lie farther than this from the plane through all of them were set wrongly, or the ground is a slope.
GROUND_ERROR_MAX_M: Final = 8.0
METRES_A_DEGREE: Final = 111_320.0
#: Of the picture's area, and of a square metre: three points that span less lie on one line.
_CORNERS_FLAT, _PLACES_FLAT = 0.0008, 1.0
#: Three that span less than this may seem to go round the other way only because a hand shook.
_CORNERS_SURE, _PLACES_SURE = 0.01, 20.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, sides: Sequence[float]) -> Self:
        """From left, top, right, bottom."""
        left, top, right, bottom = sides
        return cls(left, top, right, bottom)

    @property
    def sides(self) -> list[float]:
        """Left, top, right, bottom."""
        return [self.left, self.top, self.right, self.bottom]

    @property
    def area(self) -> float:
        """Share of the picture."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def foot(self) -> Corner:
        """Where it stands: the middle of its lower edge."""
        return (self.left + self.right) / 2, self.bottom

    def common(self, other: "Box") -> float:
        """Area shared with another."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def overlap(self, other: "Box") -> float:
        """Common area as a share of both together, 0 to 1."""
        common = self.common(other)
        return common / (self.area + other.area - common) if common else 0.0

    def inside(self, other: "Box") -> float:
        """The share of this box that lies in the other."""
        return self.common(other) / self.area if self.area else 0.0


WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)


def holds(corners: Sequence[Corner], point: Corner) -> bool:
    """Whether a polygon holds a point."""
    x, y = point
    inside = False
    for number, (x1, y1) in enumerate(corners):
        x2, y2 = corners[number - 1]
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def spans_area(corners: Sequence[Corner]) -> bool:
    """Whether a polygon has an inside, and its sides do not cross."""
    count = len(corners)
    twice = sum(corners[n - 1][0] * corners[n][1] - corners[n][0] * corners[n - 1][1] for n in range(count))
    if abs(twice) < 1e-5:
        return False
    sides = [(corners[n], corners[(n + 1) % count]) for n in range(count)]
    return not any(
        _cross(*sides[a], *sides[b])
        for a in range(count)
        for b in range(a + 2, count)
        if not (a == 0 and b == count - 1)
    )


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    def side(p: Corner, q: Corner, r: Corner) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundPoint:
    """A point of the picture and where it is on the ground."""

    corner: Corner
    place: Place


@dataclass(frozen=True, slots=True)
class GroundPlane:
    """Maps the picture to the ground, as long as the ground is flat."""

    origin: Place
    matrix: tuple[float, ...]

    @classmethod
    def through(cls, points: Sequence[GroundPoint]) -> Self | None:
        """The plane that fits four or more points best; None when they do not span one."""
        if len(points) < GROUND_POINTS_MIN:
            return None
        origin = points[0].place
        rows: list[list[float]] = []
        for point in points:
            x, y = point.corner
            east = (point.place.longitude_deg - origin.longitude_deg) * 1e5
            north = (point.place.latitude_deg - origin.latitude_deg) * 1e5
            rows.append([x, y, 1, 0, 0, 0, -x * east, -y * east, east])
            rows.append([0, 0, 0, x, y, 1, -x * north, -y * north, north])
        found = _solved(rows)
        if found is None:
            return None
        x, y = points[0].corner
        side = 1.0 if found[6] * x + found[7] * y + 1.0 > 0 else -1.0  # the side of the horizon on which the ground is
        return cls(origin, tuple(side * value for value in (*found, 1.0)))

    def place_of(self, corner: Corner) -> Place | None:
        """Where a point of the picture lies; None at or above the horizon."""
        x, y = corner
        a, b, c, d, e, f, g, h, i = self.matrix
        depth = g * x + h * y + i
        if depth <= 1e-6:
            return None
        return Place(
            longitude_deg=self.origin.longitude_deg + (a * x + b * y + c) / depth / 1e5,
            latitude_deg=self.origin.latitude_deg + (d * x + e * y + f) / depth / 1e5,
        )


def _offset_m(origin: Place, place: Place) -> tuple[float, float]:
    """Metres east and north of a place."""
    shrunk = math.cos(math.radians(origin.latitude_deg))
    east = (place.longitude_deg - origin.longitude_deg) * METRES_A_DEGREE * shrunk
    return east, (place.latitude_deg - origin.latitude_deg) * METRES_A_DEGREE


def landed(plane: GroundPlane | None, corner: Corner, *, camera: Place) -> Place | None:
    """Where a point of the picture lies on the ground near its camera; None where that cannot be said."""
    place = plane.place_of(corner) if plane is not None else None
    return place if place is not None and distance_m(camera, place) <= GROUND_REACH_M else None


def fitted(points: Sequence[GroundPoint], *, camera: Place) -> tuple[GroundPlane, float]:
    """The plane through points that people set, and how far one lies from it at most. Fails with GROUND_UNFIT."""
    if len(points) < GROUND_POINTS_MIN:
        raise GroundUnfit(problem="four points are needed")
    if any(distance_m(camera, point.place) > GROUND_REACH_M for point in points):
        raise GroundUnfit(problem="a point lies too far from the camera")
    turns = [_turns(three) for three in combinations(points, 3)]
    if not _spans(turns):
        raise GroundUnfit(problem="the points lie on one line")
    plane = GroundPlane.through(points)
    seen = [plane.place_of(point.corner) if plane else None for point in points]
    # A camera shows the ground from above: what goes round to the right in the picture does so on the map.
    mirrored = any(
        abs(shown) > _CORNERS_SURE and abs(real) > _PLACES_SURE and shown * real > 0 for shown, real in turns
    )
    if plane is None or mirrored or None in seen:
        raise GroundUnfit(problem="the points lie in another order on the map than in the picture")
    error_m = max(
        distance_m(point.place, place) for point, place in zip(points, seen, strict=True) if place is not None
    )
    if error_m > GROUND_ERROR_MAX_M:
        raise GroundUnfit(problem="the points do not lie on one plane")
    return plane, error_m


def _turns(three: Sequence[GroundPoint]) -> tuple[float, float]:
    """Twice the area of three points, negative when they go round to the other side: in the picture, and in metres."""
    (x1, y1), (x2, y2), (x3, y3) = (point.corner for point in three)
    (e2, n2), (e3, n3) = (_offset_m(three[0].place, point.place) for point in three[1:])
    return (x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1), e2 * n3 - e3 * n2


def _spans(turns: Sequence[tuple[float, float]]) -> bool:
    """Whether some four of the points have no three on one line; with just four points, all threes must span."""
    good = sum(1 for shown, real in turns if abs(shown) > _CORNERS_FLAT and abs(real) > _PLACES_FLAT)
    return good >= GROUND_POINTS_MIN


def _solved(rows: Sequence[Sequence[float]]) -> list[float] | None:
    """Least squares of rows whose last number is the right side; None when they do not decide."""
    count = len(rows[0]) - 1
    table = [
        [sum(row[i] * row[j] for row in rows) for j in range(count)] + [sum(row[i] * row[count] for row in rows)]
        for i in range(count)
    ]
    for column in range(count):
        pivot = max(range(column, count), key=lambda n: abs(table[n][column]))
        if abs(table[pivot][column]) < 1e-12:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        for n in range(count):
            if n != column:
                factor = table[n][column] / table[column][column]
                table[n] = [value - factor * own for value, own in zip(table[n], table[column], strict=True)]
    return [table[n][count] / table[n][n] for n in range(count)]
