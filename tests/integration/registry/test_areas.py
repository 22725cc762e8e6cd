"""The city's areas through real calls: what is taken in, what is refused, and where a point lies."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
import shapely
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import areas_pb2

from services.demo import city
from services.platform import errors
from services.registry.domain.coordinates import wgs84_to_gcj02
from tests.integration.registry.conftest import Json, Person, Registry
from tests.unit.registry.builders import (
    CITY,
    DISTRICT,
    STEP_DEG,
    changed,
    community_code,
    grid_code,
    middle_of,
    square,
    town,
    typed_district,
    without,
)


def counts(answer: areas_pb2.ImportAreasResponse) -> tuple[int, int, int]:
    return answer.created_count, answer.updated_count, answer.unchanged_count


async def locate(person: Person, *points: tuple[float, float]) -> list[areas_pb2.LocatedPoint]:
    request = areas_pb2.LocatePointsRequest(
        points=[place_pb2.Point(longitude_deg=east, latitude_deg=north) for east, north in points]
    )
    return list((await person.areas.LocatePoints(request)).located)


async def refused(person: Person, features: list[Json]) -> set[tuple[str, str]]:
    with pytest.raises(errors.Invalid) as refusal:
        await person.import_areas(features)
    assert refusal.value.reason == "AREA_IMPORT_REFUSED"
    listed: list[Json] = json.loads(refusal.value.details["faults"])
    assert len(listed) == int(refusal.value.details["fault_count"])
    return {(fault["subject"], fault["reason"]) for fault in listed}


def in_gcj02(geometry: Json) -> Json:
    """A polygon as a Chinese map draws it; corners of areas beside it lie on its long edges."""
    ring = shapely.segmentize(shapely.LinearRing(geometry["coordinates"][0]), STEP_DEG / 10)
    return {"type": "Polygon", "coordinates": [wgs84_to_gcj02(shapely.get_coordinates(ring)).tolist()]}


async def test_the_demo_city_is_taken_in_whole_and_a_second_time_changes_nothing(admin: Person) -> None:
    features = city.area_collection()["features"]
    assert counts(await admin.import_areas(features)) == (273, 0, 0)
    assert counts(await admin.import_areas(features)) == (0, 0, 273)
    root = (await admin.areas.GetArea(areas_pb2.GetAreaRequest(code="999100", with_geometry=True))).area
    assert root.area_m2 == pytest.approx(65_681_455, rel=0.005)
    assert json.loads(root.geometry)["type"] == "Polygon"


@pytest.mark.mechanism(1)
async def test_68_typed_grids_are_loaded_and_neither_overlap_nor_loss_is_let_in(
    registry: Registry, admin: Person
) -> None:
    features = typed_district()
    assert (await admin.import_areas(features)).created_count == 1 + 1 + 6 + 41 + 68
    rows = await registry.rows("SELECT kind, count(*) AS grids FROM area WHERE level = 5 GROUP BY kind")
    assert {row["kind"]: row["grids"] for row in rows} == {"urban": 15, "scenic": 8, "rural": 45}
    before = await registry.rows("SELECT code, version, retired FROM area ORDER BY code")
    grid = features[-1]["properties"]["code"]
    assert (DISTRICT, "AREA_GAP") in await refused(admin, without(features, grid))
    overlapping = changed(features, grid, geometry=square(15.5, 3, columns=1.5))
    assert any(reason == "AREA_OVERLAP" for _, reason in await refused(admin, overlapping))
    assert await registry.rows("SELECT code, version, retired FROM area ORDER BY code") == before
    located = await locate(admin, *(middle_of(number % 17, number // 17) for number in range(68)))
    assert len({point.areas[-1].code for point in located}) == 68


async def test_an_import_sent_twice_gets_the_first_answer_and_its_id_is_good_for_nothing_else(admin: Person) -> None:
    request_id = uuid4().hex
    first = await admin.import_areas(town(), request_id=request_id)
    assert await admin.import_areas(town(), request_id=request_id) == first
    with pytest.raises(errors.AlreadyExists) as reused:
        await admin.import_areas(changed(town(), grid_code(0), name="新名"), request_id=request_id)
    assert reused.value.reason == "REQUEST_ID_REUSED"


async def test_a_dry_run_says_what_would_happen_and_stores_nothing(registry: Registry, admin: Person) -> None:
    answer = await admin.import_areas(changed(town(), grid_code(0), households=900), dry_run=True)
    assert answer.created_count == 8
    assert [(warning.subject, warning.reason) for warning in answer.warnings] == [
        (grid_code(0), "GRID_HOUSEHOLDS_UNUSUAL")
    ]
    assert await registry.rows("SELECT code FROM area") == []
    assert await registry.rows("SELECT id FROM outbox") == []


async def test_a_file_in_chinese_map_coordinates_lands_where_it_belongs(admin: Person) -> None:
    shifted = [row if row["geometry"] is None else {**row, "geometry": in_gcj02(row["geometry"])} for row in town()]
    await admin.import_areas(shifted, crs="GCJ-02")
    located = await locate(admin, *(middle_of(number % 2, number // 2) for number in range(4)))
    assert [point.areas[-1].code for point in located] == [grid_code(number) for number in range(4)]
    corner = (await admin.areas.GetArea(areas_pb2.GetAreaRequest(code=grid_code(0), with_geometry=True))).area
    east, north = json.loads(corner.geometry)["coordinates"][0][0]
    assert (east, north) == pytest.approx((110.40, 29.30), abs=1e-6)


async def test_a_coordinate_system_must_be_known(admin: Person) -> None:
    with pytest.raises(errors.Invalid) as unknown:
        await admin.import_areas(town(), crs="EPSG:3857")
    assert unknown.value.reason == "CRS_UNKNOWN"


async def test_only_an_administrator_of_the_whole_city_may_import(registry: Registry) -> None:
    worker = await registry.person("grid_worker", CITY)
    with pytest.raises(errors.Forbidden):
        await worker.import_areas(town())
    district = await registry.person("system_admin", f"{CITY}.{DISTRICT}")
    with pytest.raises(errors.Forbidden) as narrow:
        await district.import_areas(town())
    assert narrow.value.reason == "BEYOND_REACH"
    whole = await registry.person("system_admin", CITY)
    assert counts(await whole.import_areas(town())) == (8, 0, 0)


@pytest.mark.parametrize("parts", [[], ["chunk"], ["header", "header"]])
async def test_an_import_begins_with_one_header(admin: Person, parts: list[str]) -> None:
    header = areas_pb2.ImportAreasHeader(request_id="a-request", crs="EPSG:4326")
    made = {
        "header": areas_pb2.ImportAreasRequest(header=header),
        "chunk": areas_pb2.ImportAreasRequest(chunk=b"{}"),
    }
    with pytest.raises(errors.Invalid) as wrong:
        await admin.areas.ImportAreas(iter([made[part] for part in parts]), timeout=10)
    assert wrong.value.reason == "INVALID_REQUEST"


async def test_a_point_is_told_its_areas_from_the_city_to_the_grid(admin: Person) -> None:
    await admin.import_areas(town())
    inside, border, outside = await locate(admin, middle_of(1, 0), (110.41, 29.305), (0.0, 0.0))
    assert [area.code for area in inside.areas] == [CITY, DISTRICT, f"{DISTRICT}001", community_code(), grid_code(1)]
    assert inside.areas[-1].path == ".".join(area.code for area in inside.areas)
    assert border.areas[-1].code == grid_code(0)
    assert (list(outside.areas), outside.reason) == ([], "OUT_OF_AREA")


async def test_the_map_is_new_at_once_after_an_import(admin: Person) -> None:
    assert (await locate(admin, middle_of(1, 0)))[0].reason == "OUT_OF_AREA"
    await admin.import_areas(town())
    assert (await locate(admin, middle_of(1, 0)))[0].areas[-1].code == grid_code(1)
    merged = without(changed(town(), grid_code(0), geometry=square(0, 0, columns=2)), grid_code(1))
    assert counts(await admin.import_areas(merged))[0] == 0
    assert (await locate(admin, middle_of(1, 0)))[0].areas[-1].code == grid_code(0)
    gone = (await admin.areas.GetArea(areas_pb2.GetAreaRequest(code=grid_code(1)))).area
    assert gone.retired


async def test_areas_are_listed_page_by_page_below_an_area_and_by_level(admin: Person) -> None:
    await admin.import_areas(town())
    codes: list[str] = []
    request = areas_pb2.ListAreasRequest(under_code=DISTRICT, page_size=2)
    while True:
        page = await admin.areas.ListAreas(request)
        codes += [area.code for area in page.areas]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert codes == [f"{DISTRICT}001", community_code(), *(grid_code(number) for number in range(4))]
    grids = await admin.areas.ListAreas(areas_pb2.ListAreasRequest(level=areas_pb2.AREA_LEVEL_GRID))
    assert len(grids.areas) == 4
    assert not grids.areas[0].geometry
    everything = await admin.areas.ListAreas(areas_pb2.ListAreasRequest())
    assert len(everything.areas) == 8


async def test_an_area_is_found_by_words_of_its_name_in_either_language_or_by_its_code(admin: Person) -> None:
    await admin.import_areas(changed(town(), community_code(), name_en="Pine Moon"))
    everything = (await admin.areas.ListAreas(areas_pb2.ListAreasRequest())).areas
    wanted = next(area for area in everything if area.level == areas_pb2.AREA_LEVEL_COMMUNITY)
    for words in (wanted.name, " MOON pine ", f"{wanted.name[:2]} {wanted.code}"):
        found = (await admin.areas.ListAreas(areas_pb2.ListAreasRequest(words=words))).areas
        assert wanted.code in [area.code for area in found]
        assert len(found) < len(everything)
    nothing = await admin.areas.ListAreas(areas_pb2.ListAreasRequest(words=f"{wanted.name} %"))
    assert not nothing.areas


async def test_an_area_that_is_not_there_is_unknown(admin: Person) -> None:
    with pytest.raises(errors.NotFound) as unknown:
        await admin.areas.GetArea(areas_pb2.GetAreaRequest(code="000000"))
    assert unknown.value.reason == "AREA_UNKNOWN"


async def test_a_layer_is_ready_for_a_map_and_its_version_moves_with_its_areas(admin: Person) -> None:
    await admin.import_areas(town())
    request = areas_pb2.GetAreaLayerRequest(level=areas_pb2.AREA_LEVEL_GRID)
    layer = await admin.areas.GetAreaLayer(request)
    features = json.loads(layer.geojson)["features"]
    assert [row["id"] for row in features] == [grid_code(number) for number in range(4)]
    assert features[0]["properties"] == {
        "code": grid_code(0),
        "name": f"区域{grid_code(0)}",
        "name_en": "",
        "kind": "urban",
    }
    assert features[0]["geometry"] == square(0, 0)
    below = areas_pb2.GetAreaLayerRequest(level=areas_pb2.AREA_LEVEL_GRID, under_code="999999")
    assert json.loads((await admin.areas.GetAreaLayer(below)).geojson)["features"] == []
    merged = without(changed(town(), grid_code(0), geometry=square(0, 0, columns=2)), grid_code(1))
    await admin.import_areas(merged)
    after = await admin.areas.GetAreaLayer(request)
    assert after.version > layer.version
    assert len(json.loads(after.geojson)["features"]) == 3


async def test_each_change_of_an_area_is_told_to_the_other_services(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    await admin.import_areas(changed(town(), grid_code(2), name="新名"))
    rows = await registry.rows("SELECT type, subject FROM outbox ORDER BY inserted")
    assert {row["type"] for row in rows} == {"area_changed"}
    subjects = [row["subject"] for row in rows]
    assert (subjects[0], subjects[8:]) == (CITY, [grid_code(2)])
