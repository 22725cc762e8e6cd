"""Every point of a tiled city lies in exactly one area, and a border never gives two answers."""

import itertools
import json
import math
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box, mapping

from services.platform.areaindex import BORDER_TOLERANCE_DEG, AreaIndex

LEFT = box(119.0, 38.0, 119.1, 38.1)
RIGHT = box(119.1, 38.0, 119.2, 38.1)


def test_a_point_inside_an_area_belongs_to_it() -> None:
    index = AreaIndex([("B", RIGHT), ("A", LEFT)])
    assert index.codes == ("A", "B")
    assert len(index) == 2
    assert index.locate(119.05, 38.05) == "A"
    assert index.locate_many([(119.15, 38.05), (119.05, 38.05)]) == ["B", "A"]


def test_a_point_on_a_border_belongs_to_the_lowest_code_whatever_the_order() -> None:
    for areas in ([("A", LEFT), ("B", RIGHT)], [("B", RIGHT), ("A", LEFT)]):
        assert AreaIndex(areas).locate(119.1, 38.05) == "A"
    assert AreaIndex([("B", LEFT), ("A", RIGHT)]).locate(119.1, 38.05) == "A"


def test_a_point_outside_belongs_to_nobody() -> None:
    index = AreaIndex([("A", LEFT)])
    assert index.locate(119.3, 38.05) is None
    assert index.locate(119.1 + 3 * BORDER_TOLERANCE_DEG, 38.05) is None
    assert AreaIndex([]).locate(119.05, 38.05) is None
    assert index.locate_many([]) == []


def test_a_point_in_a_slit_between_areas_belongs_to_the_nearest_and_a_tie_to_the_lowest() -> None:
    slit_deg = BORDER_TOLERANCE_DEG
    index = AreaIndex([("A", LEFT), ("B", box(119.1 + slit_deg, 38.0, 119.2, 38.1))])
    assert index.locate(119.1 + 0.8 * slit_deg, 38.05) == "B"
    assert index.locate(119.1 + 0.2 * slit_deg, 38.05) == "A"


def test_a_point_that_is_no_point_belongs_to_nobody() -> None:
    index = AreaIndex([("A", box(-1.0, -1.0, 1.0, 1.0))])
    assert index.locate_many([(math.nan, 38.0), (math.inf, 0.0), (0.0, 0.0)]) == [None, None, "A"]


def test_an_area_of_several_parts_with_a_hole_holds_only_what_it_covers() -> None:
    ring = Polygon(LEFT.exterior.coords, [box(119.04, 38.04, 119.06, 38.06).exterior.coords])
    index = AreaIndex([("A", MultiPolygon([ring, box(120.0, 38.0, 120.1, 38.1)]))])
    assert index.locate(119.01, 38.01) == "A"
    assert index.locate(120.05, 38.05) == "A"
    assert index.locate(119.05, 38.05) is None


def test_geojson_geometries_are_read_as_registry_sends_them() -> None:
    index = AreaIndex.from_geojson(
        [("A", json.dumps(mapping(LEFT)).encode()), ("B", shapely.to_geojson(RIGHT).encode())]
    )
    assert index.locate_many([(119.05, 38.05), (119.15, 38.05)]) == ["A", "B"]
    assert len(AreaIndex.from_geojson([])) == 0


COORDINATE = st.integers(0, 40).map(lambda step: step / 40)


@st.composite
def tilings(draw: st.DrawFn) -> list[tuple[str, Polygon]]:
    """A square cut into leaning quadrilaterals that share whole edges, under shuffled codes."""
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    lean = st.floats(-0.08, 0.08).map(lambda value: round(value, 7))

    def corner(column: int, row: int) -> tuple[float, float]:
        inside_x = draw(lean) if 0 < column < columns else 0.0
        inside_y = draw(lean) if 0 < row < rows else 0.0
        return 119 + round(column / columns + inside_x, 7), 38 + round(row / rows + inside_y, 7)

    corners = {(column, row): corner(column, row) for column in range(columns + 1) for row in range(rows + 1)}
    tiles = [
        Polygon([corners[c, r], corners[c + 1, r], corners[c + 1, r + 1], corners[c, r + 1]])
        for c in range(columns)
        for r in range(rows)
    ]
    codes = draw(st.permutations([f"{number:03}" for number in range(len(tiles))]))
    return list(zip(codes, tiles, strict=True))


@given(tilings(), st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=30))
@pytest.mark.mechanism(1)
def test_every_point_of_a_tiled_square_lies_in_exactly_one_area(
    areas: list[tuple[str, Polygon]], offsets: list[tuple[float, float]]
) -> None:
    points = [(119 + x, 38 + y) for x, y in offsets]
    index = AreaIndex(areas)
    for point, code in zip(points, index.locate_many(points), strict=True):
        holders = sorted(code for code, tile in areas if tile.intersects(Point(point)))
        assert code is not None
        assert not holders or code == holders[0]


@given(tilings())
@pytest.mark.mechanism(1)
def test_every_corner_and_edge_of_a_tiling_belongs_to_the_lowest_code_that_touches_it(
    areas: list[tuple[str, Polygon]],
) -> None:
    index = AreaIndex(areas)
    touching: dict[tuple[float, float], list[str]] = {}
    for code, tile in areas:
        for corner in tile.exterior.coords:
            touching.setdefault((corner[0], corner[1]), []).append(code)
    for corner_point, codes in touching.items():
        assert index.locate(*corner_point) == min(codes)
    tiles = dict(areas)
    for tile in tiles.values():
        for (ax, ay), (bx, by) in itertools.pairwise(tile.exterior.coords):
            middle = ((ax + bx) / 2, (ay + by) / 2)
            owner = index.locate(*middle)
            assert owner is not None
            assert tiles[owner].distance(Point(middle)) < BORDER_TOLERANCE_DEG


@pytest.mark.mechanism(1)
def test_every_border_point_of_the_demo_city_has_one_owner(demo_data: Path) -> None:
    features = json.loads((demo_data / "demo_city_grids.geojson").read_text())["features"]
    index = AreaIndex.from_geojson(
        [(feature["properties"]["code"], json.dumps(feature["geometry"]).encode()) for feature in features]
    )
    for feature in features:
        ring = feature["geometry"]["coordinates"][0]
        middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in itertools.pairwise(ring)]
        owners = index.locate_many([*map(tuple, ring), *middles])
        assert None not in owners
        forward = index.locate_many(list(reversed(middles)))
        assert list(reversed(forward)) == owners[len(ring) :]
