"""A file of areas is read as far as it can be, and everything wrong in it is named."""

from typing import Any

import pytest
import shapely

from services.registry.domain.areas import AreaLevel
from services.registry.domain.geojson import read_areas
from tests.unit.registry.builders import Json, content, feature, square


def faults_of(*features: Any) -> list[tuple[str, str]]:
    read = read_areas(content(features), crs="EPSG:4326")
    return [(fault.subject, fault.reason) for fault in read.faults]


def test_the_columns_of_city_files_are_understood() -> None:
    grid = {
        "type": "Feature",
        "properties": {
            "code": "999102001001001", "name": "第1网格", "level": "grid", "kind": "comprehensive", "type": "scenic",
            "community_code": "999102001001", "district_code": "999102", "households": 336,
        },
        "geometry": square(0, 0),
    }  # fmt: skip
    (draft,) = read_areas(content([grid]), crs="EPSG:4326").drafts
    assert draft.level is AreaLevel.GRID
    assert (draft.kind, draft.parent_code, draft.households, draft.population) == ("scenic", "999102001001", 336, 0)


def test_a_kind_of_its_own_goes_before_the_ground_and_a_level_may_be_a_number() -> None:
    rows = [
        feature("1", "grid", kind="exclusive", type="urban", geometry=square(0, 0)),
        {**feature("2", "grid"), "properties": {"code": "2", "name": "二", "level": 2}},
    ]
    drafts = read_areas(content(rows), crs="EPSG:4326").drafts
    assert [(draft.kind, draft.level) for draft in drafts] == [
        ("exclusive", AreaLevel.GRID),
        ("district", AreaLevel.DISTRICT),
    ]


@pytest.mark.parametrize(
    "document",
    [b"", b"\xff\xfe", b"{", b"[]", b"1", b'{"type":"Feature"}', b'{"type":"FeatureCollection"}',
     b'{"type":"FeatureCollection","features":[]}', b'{"type":"FeatureCollection","features":{}}', b"[" * 100_000],
)  # fmt: skip
def test_a_file_that_is_no_collection_is_one_fault(document: bytes) -> None:
    read = read_areas(document, crs="EPSG:4326")
    assert [fault.reason for fault in read.faults] == ["FILE_INVALID"]
    assert read.drafts == ()


RING = square(0, 0)["coordinates"][0]


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "AREA_RING_INVALID"),
        ("Polygon", "AREA_RING_INVALID"),
        ({"type": "Polygon", "coordinates": []}, "AREA_RING_INVALID"),
        ({"type": "Polygon", "coordinates": None}, "AREA_RING_INVALID"),
        ({"type": "MultiPolygon", "coordinates": []}, "AREA_RING_INVALID"),
        ({"type": "Polygon", "coordinates": [RING[:-1]]}, "AREA_RING_INVALID"),
        ({"type": "Polygon", "coordinates": [RING[:2] + RING[:1]]}, "AREA_RING_INVALID"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "AREA_RING_INVALID"),
        ({"type": "Polygon", "coordinates": [[["0", "0"], *RING]]}, "AREA_COORDINATE_INVALID"),
        ({"type": "Polygon", "coordinates": [[[0], *RING]]}, "AREA_COORDINATE_INVALID"),
        ({"type": "Polygon", "coordinates": [[[13_000_000, 4_000_000]] * 4]}, "AREA_COORDINATE_INVALID"),
        ({"type": "Polygon", "coordinates": [[[38.6, 119.8]] * 4]}, "AREA_COORDINATE_INVALID"),
        ({"type": "Polygon", "coordinates": [[[float("nan"), 1.0]] * 4]}, "AREA_COORDINATE_INVALID"),
        ({"type": "Polygon", "coordinates": [[[10**400, 1.0]] * 4]}, "AREA_COORDINATE_INVALID"),
    ],
)
def test_a_polygon_that_is_none_is_named(geometry: Json, reason: str) -> None:
    assert faults_of(feature("A", "grid", geometry=geometry)) == [("A", reason)]


def test_each_bad_row_is_named_and_the_good_ones_are_kept() -> None:
    rows: list[Any] = [
        feature("A", "grid", geometry=square(0, 0)),
        feature("A", "grid", geometry=square(1, 0)),
        feature("B", "kingdom"),
        feature("C", "grid", households=-1),
        feature("D", "grid", households="many"),
        feature("E", "grid", name=" "),
        feature("F", "grid", name="x" * 101),
        {"type": "Feature", "properties": None, "geometry": None},
        "nonsense",
    ]
    read = read_areas(content(rows), crs="EPSG:4326")
    assert [draft.code for draft in read.drafts] == ["A"]
    assert [(fault.subject, fault.reason) for fault in read.faults] == [
        ("A", "AREA_CODE_TWICE"),
        ("B", "AREA_LEVEL_INVALID"),
        ("C", "FEATURE_INVALID"),
        ("D", "FEATURE_INVALID"),
        ("E", "FEATURE_INVALID"),
        ("F", "FEATURE_INVALID"),
        ("feature 7", "FEATURE_INVALID"),
        ("feature 8", "FEATURE_INVALID"),
    ]


def test_heights_and_needless_decimals_are_left_out() -> None:
    ring = [[east + 1e-9, north, 12.0] for east, north in RING]
    row = feature("A", "grid", geometry={"type": "Polygon", "coordinates": [ring]})
    (draft,) = read_areas(content([row]), crs="EPSG:4326").drafts
    assert draft.outline is not None
    assert shapely.get_coordinates(draft.outline).tolist() == RING
    assert not draft.outline.has_z
