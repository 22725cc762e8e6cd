"""The demo city as registry would tell it, and people of it, for tests of incidents."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any, TypeVar

import shapely
from google.protobuf import any_pb2
from google.protobuf.message import Message
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import areas_pb2, staff_pb2, tasks_pb2

from services.demo import city
from services.incidents.cityview.picture import CityView
from services.platform import errors

LEVELS = {
    "city": areas_pb2.AREA_LEVEL_CITY,
    "district": areas_pb2.AREA_LEVEL_DISTRICT,
    "subdistrict": areas_pb2.AREA_LEVEL_SUBDISTRICT,
    "community": areas_pb2.AREA_LEVEL_COMMUNITY,
    "grid": areas_pb2.AREA_LEVEL_GRID,
}

Told = TypeVar("Told", bound=Message)

CITY = "999100"
DISTRICT = "999102"
SUBDISTRICT = "999102001"
COMMUNITY = "999102001001"
GRID = "999102001001001"
SIBLING_GRID = "999102001001002"
OTHER_COMMUNITY = "999102001002"
OTHER_GRID = "999102001002001"

#: Solved by D09 within two urgent hours, so it begins in loop 3.
MANHOLE = "manhole_cover_missing"
#: Solved by D07 within four work hours, so it begins on the ground.
GARBAGE = "exposed_garbage"
#: Solved by D18, checked by its rating alone.
SERVICE_ORDER = "volunteer_service_order"

_numbers = itertools.count(1)


@cache
def areas() -> tuple[areas_pb2.Area, ...]:
    """All areas, parents first."""
    paths: dict[str, str] = {}
    told: list[areas_pb2.Area] = []
    features = city.area_collection()["features"]
    for feature in sorted(features, key=lambda feature: list(LEVELS).index(feature["properties"]["level"])):
        given = feature["properties"]
        parent = given.get("parent_code", "")
        paths[given["code"]] = f"{paths[parent]}.{given['code']}" if parent else given["code"]
        told.append(
            areas_pb2.Area(
                code=given["code"],
                name=given["name"],
                name_en=given["name_en"],
                level=LEVELS[given["level"]],
                kind=given.get("kind", ""),
                parent_code=parent,
                path=paths[given["code"]],
                version=len(told) + 1,
                geometry=json.dumps(feature["geometry"]).encode() if feature["geometry"] else b"",
            )
        )
    return tuple(told)


@cache
def task_types() -> tuple[tasks_pb2.TaskType, ...]:
    """All task types of the demo city, admitted, in version 1."""
    told = []
    for number, task_type in enumerate(city.task_types(without_departments=frozenset()), start=1):
        task_type.version = 1
        task_type.change_version = number
        task_type.admission = tasks_pb2.ADMISSION_STATE_ADMITTED
        if task_type.code == GARBAGE:
            task_type.points.CopyFrom(tasks_pb2.PointsRule(beneficiary="reporter", base_points=12))
        told.append(task_type)
    return tuple(told)


@cache
def posts() -> tuple[staff_pb2.Post, ...]:
    """A worker in each grid but the sibling one, an administrator in each community and sub-district."""
    told = []
    for area in areas():
        role = {
            areas_pb2.AREA_LEVEL_GRID: "grid_worker",
            areas_pb2.AREA_LEVEL_COMMUNITY: "community_admin",
            areas_pb2.AREA_LEVEL_SUBDISTRICT: "subdistrict_admin",
        }.get(area.level)
        if role:
            holder = "" if area.code == SIBLING_GRID else f"S-{area.code}"
            told.append(staff_pb2.Post(code=f"P-{area.code}", role=role, area_code=area.code, staff_code=holder))
    return tuple(told)


def full_view() -> CityView:
    """The whole city, as told."""
    view = CityView()
    view.take_areas(areas_pb2.WatchAreasResponse(areas=areas(), version=len(areas()), complete=True))
    view.take_task_types(tasks_pb2.WatchTaskTypesResponse(task_types=task_types(), version=99, complete=True))
    view.take_posts(
        staff_pb2.WatchPostsResponse(posts=posts(), departments=city.departments(), version=99, complete=True)
    )
    return view


def path_of(area_code: str) -> str:
    """All codes from the city to an area."""
    return next(area.path for area in areas() if area.code == area_code)


@cache
def middle_of(grid_code: str) -> tuple[float, float]:
    """A point well inside a grid."""
    area = next(area for area in areas() if area.code == grid_code)
    point = shapely.from_geojson(area.geometry.decode()).representative_point()
    return point.x, point.y


def point_in(grid_code: str, *, north_m: float = 0.0) -> place_pb2.Point:
    """A point inside a grid, perhaps some metres to the north of the usual one."""
    longitude_deg, latitude_deg = middle_of(grid_code)
    return place_pb2.Point(longitude_deg=longitude_deg, latitude_deg=latitude_deg + north_m / 111_195)


def photo(kind: place_pb2.EvidenceKind.ValueType = place_pb2.EVIDENCE_KIND_SCENE) -> place_pb2.Evidence:
    """A stored photo."""
    return place_pb2.Evidence(
        object_key=f"photo/{next(_numbers)}.jpg", sha256="0" * 64, content_type="image/jpeg", kind=kind, size_bytes=9
    )


def request_id() -> str:
    """One that was not used before."""
    return f"request-{next(_numbers):06d}"


def fresh(stale: errors.Stale, kind: type[Told]) -> Told:
    """What somebody who was slower is told to be there now."""
    told = kind()
    assert isinstance(stale.fresh, any_pb2.Any)
    assert stale.fresh.Unpack(told), stale.fresh.type_url
    return told


def report(grid_code: str = GRID, *, task_type: str = GARBAGE, **fields: Any) -> cases_pb2.Report:
    """A report that is right in every way, unless fields make it otherwise."""
    return cases_pb2.Report(
        **{
            "task_type": task_type,
            "description": "楼下垃圾桶满了，垃圾堆在路边",
            "point": point_in(grid_code),
            "place": "松风路3号",
            "evidence": [photo()],
            "source": cases_pb2.SOURCE_RESIDENT,
            **fields,
        }
    )


def report_request(grid_code: str = GRID, *, id: str = "", **fields: Any) -> incidents_pb2.ReportIncidentRequest:
    """A request to file it."""
    return incidents_pb2.ReportIncidentRequest(request_id=id or request_id(), report=report(grid_code, **fields))


def step(event: str, **fields: Any) -> cases_pb2.Step:
    """A step by its name."""
    return cases_pb2.Step(event=cases_pb2.CaseEvent.Value(f"CASE_EVENT_{event.upper()}"), **fields)
