"""Checks that areas lie side by side without gap or overlap inside their parents, and finds out who neighbours whom."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from services.registry.domain.areas import SLIT_M_MAX, AreaLevel, Fault
from services.registry.domain.plane import Plane

Pairs = NDArray[np.intp]
Polygons = NDArray[np.object_]
Lengths = NDArray[np.float64]

#: Areas that share less of a border than this only meet in a corner.
SHARED_BORDER_M_MIN: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """An area as far as its place among others is concerned; its polygon is in metres."""

    code: str
    parent_code: str
    level: AreaLevel
    outline: BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """Which areas of one level touch, and what is wrong between them."""

    adjacent_codes: Mapping[str, tuple[str, ...]]
    faults: tuple[Fault, ...]


def look_around(tiles: Sequence[Tile]) -> Neighbourhood:
    """Every overlap between areas of one level or of one parent, and the neighbours of each area at its level."""
    adjacent: dict[str, set[str]] = defaultdict(set)
    faults: list[Fault] = []
    for group in _groups(tiles):
        outlines = _outlines(group)
        pairs = _close_pairs(outlines)
        same_level = len({tile.level for tile in group}) == 1
        if not same_level:
            pairs = pairs[:, [group[a].level != group[b].level for a, b in pairs.T]]
        faults += _overlaps(group, outlines, pairs)
        if same_level:
            for a, b in pairs[:, _border_m(outlines, pairs) >= SHARED_BORDER_M_MIN].T:
                adjacent[group[a].code].add(group[b].code)
                adjacent[group[b].code].add(group[a].code)
    return Neighbourhood(
        adjacent_codes={code: tuple(sorted(codes)) for code, codes in adjacent.items()}, faults=tuple(faults)
    )


def look_inside(parent: Tile, children: Sequence[Tile], *, plane: Plane) -> Iterator[Fault]:
    """Where the areas inside leave their parent uncovered or reach beyond it. Micro-grids need not cover a grid."""
    outlines = _outlines(children)
    for child, beyond in zip(children, shapely.difference(outlines, parent.outline), strict=True):
        if _is_wide(beyond):
            message = f"{beyond.area:.0f} m² lie outside {parent.code}, near {_place(plane, beyond)}"
            yield Fault(subject=child.code, reason="AREA_OUTSIDE_PARENT", message=message)
    covering = [child.outline for child in children if child.level is not AreaLevel.MICRO_GRID]
    if covering:
        yield from uncovered(parent, shapely.union_all(covering), plane=plane)


def uncovered(parent: Tile, cover: BaseGeometry, *, plane: Plane) -> Iterator[Fault]:
    """What of an area a cover leaves open."""
    gap = parent.outline.difference(cover)
    if _is_wide(gap):
        message = f"{gap.area:.0f} m² of it belong to no area inside, near {_place(plane, gap)}"
        yield Fault(subject=parent.code, reason="AREA_GAP", message=message)


def _groups(tiles: Sequence[Tile]) -> Iterator[list[Tile]]:
    """The areas of each level; and those of a parent whose children lie at more than one level."""
    by_level: dict[AreaLevel, list[Tile]] = defaultdict(list)
    by_parent: dict[str, list[Tile]] = defaultdict(list)
    for tile in tiles:
        by_level[tile.level].append(tile)
        by_parent[tile.parent_code].append(tile)
    yield from by_level.values()
    yield from (children for children in by_parent.values() if len({child.level for child in children}) > 1)


def _outlines(tiles: Sequence[Tile]) -> Polygons:
    return np.array([tile.outline for tile in tiles], dtype=object)


def _close_pairs(outlines: Polygons) -> Pairs:
    """Each pair that touches or nearly touches, once."""
    pairs = shapely.STRtree(outlines).query(outlines, predicate="dwithin", distance=SLIT_M_MAX)
    return pairs[:, pairs[0] < pairs[1]]


def _overlaps(tiles: Sequence[Tile], outlines: Polygons, pairs: Pairs) -> Iterator[Fault]:
    shared = np.asarray(shapely.intersection(outlines[pairs[0]], outlines[pairs[1]]), dtype=object)
    for (a, b), overlap in zip(pairs.T, shared, strict=True):
        if _is_wide(overlap):
            message = f"{overlap.area:.0f} m² also belong to {tiles[b].code}"
            yield Fault(subject=tiles[a].code, reason="AREA_OVERLAP", message=message)


def _border_m(outlines: Polygons, pairs: Pairs) -> Lengths:
    """How long a border each pair shares; corners of one that lie on an edge of the other may be rounded."""
    lines = shapely.boundary(outlines)
    ours, theirs = lines[pairs[0]], lines[pairs[1]]
    lengths = np.asarray(shapely.length(shapely.intersection(ours, theirs)), dtype=np.float64)
    rough = np.flatnonzero(lengths < SHARED_BORDER_M_MIN)
    near = shapely.intersection(shapely.buffer(ours[rough], SLIT_M_MAX), theirs[rough])
    lengths[rough] = shapely.length(near)
    return lengths


def _is_wide(shape: BaseGeometry) -> bool:
    """Whether anything is left of a shape when its edge is worn away by half a slit."""
    return shape.area > SLIT_M_MAX**2 and not shape.buffer(-SLIT_M_MAX / 2).is_empty


def _place(plane: Plane, shape: BaseGeometry) -> str:
    longitude_deg, latitude_deg = plane.degrees(shape)
    return f"{longitude_deg}, {latitude_deg}"
