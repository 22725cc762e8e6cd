"""Reads the demo city from its files and says it in the words of the contract."""

import json
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from gridward.common.v1 import place_pb2
from gridward.registry.v1 import staff_pb2, tasks_pb2
from gridward.video.v1 import video_pb2

Json = dict[str, Any]

UNITS = {
    "minute": tasks_pb2.LIMIT_UNIT_MINUTE,
    "urgent_hour": tasks_pb2.LIMIT_UNIT_URGENT_HOUR,
    "work_hour": tasks_pb2.LIMIT_UNIT_WORK_HOUR,
    "work_day": tasks_pb2.LIMIT_UNIT_WORK_DAY,
    "natural_day": tasks_pb2.LIMIT_UNIT_NATURAL_DAY,
}
FIELD_TYPES: dict[str, Json] = {
    "string": {"type": "string", "maxLength": 200},
    "text": {"type": "string", "maxLength": 2000},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "enum": {"type": "string"},
}
PARENT_KEYS = ("community_code", "subdistrict_code", "district_code")


@cache
def data() -> Json:
    """The city's facts."""
    return dict(json.loads(_text("demo_city.json")))


@cache
def english() -> Json:
    """English names that the facts leave out."""
    return tomllib.loads(files(__package__).joinpath("english.toml").read_text())


def _text(name: str) -> str:
    return files(__package__).joinpath("data", name).read_text()


def city_code() -> str:
    """Code of the root of the area tree."""
    return str(data()["city"]["code"])


def area_collection() -> Json:
    """All areas, from the city down to the grids, as one GeoJSON FeatureCollection."""
    city = data()["city"]
    root = {
        "type": "Feature",
        "id": city["code"],
        "geometry": None,
        "properties": {
            **_counts(city),
            "code": city["code"],
            "name": city["name"],
            "name_en": city["name_en"],
            "level": "city",
        },
    }
    inner = [
        *json.loads(_text("demo_city_areas.geojson"))["features"],
        *json.loads(_text("demo_city_grids.geojson"))["features"],
    ]
    return {"type": "FeatureCollection", "features": [root, *(_area_feature(feature) for feature in inner)]}


def road_features() -> list[Json]:
    """The segments of the city's roads, as GeoJSON lines."""
    return list(json.loads(_text("demo_city_roads.geojson"))["features"])


def _area_feature(feature: Json) -> Json:
    given = feature["properties"]
    parent = next((given[key] for key in PARENT_KEYS if key in given), city_code())
    kind = given.get("kind", given["level"])
    if kind == "comprehensive":
        kind = given["type"]
    properties = {
        **_counts(given),
        "code": given["code"],
        "name": given["name"],
        "name_en": given.get("name_en") or _english_name(given),
        "level": given["level"],
        "kind": kind,
        "parent_code": parent,
    }
    return {"type": "Feature", "id": given["code"], "properties": properties, "geometry": feature["geometry"]}


def _counts(given: Json) -> Json:
    return {"households": given.get("households", 0), "population": given.get("population", 0)}


def _english_name(given: Json) -> str:
    names: dict[str, str] = english()["communities"]
    if given["level"] == "community":
        return names[given["code"]]
    number = int(given["code"][-3:])
    kind = "Exclusive Grid" if given["kind"] == "exclusive" else "Grid"
    return f"{names[given['community_code']]} {kind} {number}"


def departments() -> list[staff_pb2.Department]:
    """The 18 departments."""
    return [
        staff_pb2.Department(code=row["code"], name=row["name_zh"], name_en=row["name_en"], plugin=row["plugin"])
        for row in data()["departments"]
    ]


def owner_units() -> list[staff_pb2.OwnerUnit]:
    """Who owns pipes, poles and covers."""
    return [
        staff_pb2.OwnerUnit(
            code=row["code"], name=row["name_zh"], name_en=row["name_en"], department_code=row["department"]
        )
        for row in data()["owner_units"]
    ]


def team_templates() -> list[staff_pb2.TeamTemplate]:
    """The posts that each kind of grid needs."""
    return [
        staff_pb2.TeamTemplate(kind=row["type"], pattern=row["pattern"], roles=row["posts"])
        for row in data()["grid_team_templates"]
    ]


def task_types(*, without_departments: frozenset[str]) -> list[tasks_pb2.TaskType]:
    """The task types of departments that no plugin speaks for."""
    return [_task_type(row) for row in data()["task_types"] if row["department"] not in without_departments]


def _task_type(row: Json) -> tasks_pb2.TaskType:
    limit = tasks_pb2.Limit(value=row["sla"]["value"], unit=UNITS[row["sla"]["unit"]])
    usual = tasks_pb2.FilingCondition(
        code="usual",
        title="情况属实",
        title_en="Found to be true",
        limit=limit,
        closing_condition=row["close_condition_zh"],
        closing_condition_en="The matter is settled as its closing rule demands",
    )
    return tasks_pb2.TaskType(
        code=row["code"],
        title=row["title_zh"],
        title_en=row["title_en"],
        department_code=row["department"],
        co_department_codes=row["co_departments"],
        category_code=row["category_code"],
        filing_conditions=[usual],
        form_schema=json.dumps(_form_schema(row["fields"]), ensure_ascii=False),
        min_photos=row["min_photos"],
        check_mode=row["check_mode"],
        emergency=row["emergency"],
    )


def _form_schema(fields: list[Json]) -> Json:
    properties: Json = {}
    for field in fields:
        shape = {**FIELD_TYPES[field["type"]], "title": field["label_zh"]}
        if "options" in field:
            shape["enum"] = field["options"]
        for limit, key in (("min", "minimum"), ("max", "maximum")):
            if limit in field:
                shape[key] = field[limit]
        if field.get("masked"):
            shape["x-masked"] = True
        properties[field["name"]] = shape
    # A reporter in a hurry may leave the form for later; what is answered must fit.
    needed = [field["name"] for field in fields if field.get("required")]
    return {"type": "object", "properties": properties, "additionalProperties": False, "x-required": needed}


def cameras(clip_url_of: dict[str, str]) -> list[video_pb2.Camera]:
    """The 40 cameras, each with the address of its picture."""
    return [
        video_pb2.Camera(
            id=row["id"],
            gb_code=row["gb_id"],
            name=row["name"],
            point=place_pb2.Point(longitude_deg=row["lon"], latitude_deg=row["lat"]),
            grid_code=row["grid_code"],
            road_segment=row["segment_id"],
            owner_department=row["owner_department"],
            stream_url=clip_url_of.get(row["id"], ""),
            azimuth_deg=row["azimuth_deg"],
        )
        for row in data()["cameras"]
    ]
