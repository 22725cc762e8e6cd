"""Builds files of areas: a small town of square grids, and the district of 68 typed grids."""

import json
from collections.abc import Iterable
from typing import Any

from services.registry.domain.areaimport import ImportPlan, plan_import
from services.registry.domain.areas import Area, AreaRules
from services.registry.domain.geojson import read_areas

Json = dict[str, Any]

CITY = "430800"
DISTRICT = "430811"
WEST_DEG, SOUTH_DEG, STEP_DEG = 110.40, 29.30, 0.01
#: The kinds of a district's 68 grids, in order.
TYPED = ["urban"] * 15 + ["scenic"] * 8 + ["rural"] * 45


def square(column: float, row: float, *, columns: float = 1, rows: float = 1) -> Json:
    """A rectangle of the raster, counted from the south-west."""
    west, south = round(WEST_DEG + column * STEP_DEG, 7), round(SOUTH_DEG + row * STEP_DEG, 7)
    east, north = round(WEST_DEG + (column + columns) * STEP_DEG, 7), round(SOUTH_DEG + (row + rows) * STEP_DEG, 7)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def middle_of(column: float, row: float) -> tuple[float, float]:
    """The middle of a square."""
    return WEST_DEG + (column + 0.5) * STEP_DEG, SOUTH_DEG + (row + 0.5) * STEP_DEG


def feature(code: str, level: str, *, parent: str = "", geometry: Json | None = None, **given: Any) -> Json:
    """One area of a file."""
    properties = {"code": code, "name": f"区域{code}", "level": level, "parent_code": parent, **given}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def town(*, columns: int = 2, rows: int = 2) -> list[Json]:
    """City, district and sub-district around one community of square grids; only district and grids are drawn."""
    whole = square(0, 0, columns=columns, rows=rows)
    grids = [
        feature(grid_code(number), "grid", parent=community_code(), kind="urban", households=300,
                geometry=square(number % columns, number // columns))
        for number in range(columns * rows)
    ]  # fmt: skip
    return [
        feature(CITY, "city"),
        feature(DISTRICT, "district", parent=CITY, geometry=whole),
        feature(f"{DISTRICT}001", "subdistrict", parent=DISTRICT, kind="street"),
        feature(community_code(), "community", parent=f"{DISTRICT}001"),
        *grids,
    ]


def community_code(number: int = 0) -> str:
    return f"{DISTRICT}{number // 900 + 1:03}{number % 900 + 1:03}"


def grid_code(number: int) -> str:
    return f"{community_code()}{number + 1:03}"


def typed_district() -> list[Json]:
    """68 grids, 15 urban, 8 scenic and 45 rural, over 6 townships and 41 communities, villages and committees."""
    columns, communities = 17, 41
    features = [
        feature(CITY, "city"),
        feature(DISTRICT, "district", parent=CITY, geometry=square(0, 0, columns=columns, rows=4)),
    ]
    features += [feature(f"{DISTRICT}{town + 1:03}", "subdistrict", parent=DISTRICT) for town in range(6)]
    codes = []
    for number in range(communities):
        township = f"{DISTRICT}{number % 6 + 1:03}"
        codes.append(f"{township}{number + 1:03}")
        features.append(feature(codes[-1], "community", parent=township))
    for number, kind in enumerate(TYPED):
        community = codes[number % communities]
        code = f"{community}{number // communities + 1:03}"
        geometry = square(number % columns, number // columns)
        features.append(feature(code, "grid", parent=community, type=kind, households=320, geometry=geometry))
    return features


def without(features: Iterable[Json], *codes: str) -> list[Json]:
    """The file without some areas."""
    return [row for row in features if row["properties"]["code"] not in codes]


def changed(features: Iterable[Json], code: str, *, geometry: Json | None = None, **given: Any) -> list[Json]:
    """The file with one area stated differently."""
    return [
        row
        if row["properties"]["code"] != code
        else {**row, "properties": {**row["properties"], **given}, "geometry": geometry or row["geometry"]}
        for row in features
    ]


def content(features: Iterable[Json]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def plan(features: Iterable[Json], present: dict[str, Area] | None = None, **rules: Any) -> ImportPlan:
    """What an import of the features would change."""
    return plan_import(read_areas(content(features), crs="EPSG:4326"), present or {}, AreaRules(**rules))


def standing(features: Iterable[Json]) -> dict[str, Area]:
    """The areas after an import into an empty city."""
    return {area.code: area for area in plan(features).created}
