"""Reads a GeoJSON file of areas, and notes everything in it that cannot be used."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import shapely
from shapely.geometry import LinearRing, MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from services.registry.domain.areas import AreaLevel, Draft, Fault
from services.registry.domain.coordinates import WGS84, Points, to_wgs84

Json: TypeAlias = "Mapping[str, Json] | list[Json] | str | float | None"

#: Seven decimals of a degree are about a centimetre.
DECIMALS: Final = 7
NAME_LENGTH_MAX: Final = 100
NAME_EN_LENGTH_MAX: Final = 200
KIND_LENGTH_MAX: Final = 40
COUNT_MAX: Final = 2_000_000_000
#: A grid that serves everybody is told apart by the ground it lies on (urban, scenic, rural), given as its type.
GENERAL_KIND: Final = "comprehensive"
RING_POINTS_MIN: Final = 4
DEGREES_MAX: Final = 180
#: An edge of about 100 metres bends by a centimetre or two at most under the shifts of Chinese maps.
SHIFTED_EDGE_DEG_MAX: Final = 0.001


class Unusable(Exception):
    """A feature cannot be used, for this reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFile:
    """What a file states, and what is wrong with it."""

    drafts: tuple[Draft, ...]
    faults: tuple[Fault, ...]


def read_areas(content: bytes, *, crs: str) -> AreaFile:
    """The areas of a FeatureCollection whose coordinates are in the named system."""
    try:
        features = _features(content)
    except Unusable as error:
        fault = Fault(subject="file", reason=error.reason, message=error.message)
        return AreaFile(drafts=(), faults=(fault,))
    drafts: list[Draft] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, feature in enumerate(features):
        subject = _subject(feature, number)
        try:
            draft = _draft(feature, crs)
        except Unusable as error:
            faults.append(Fault(subject=subject, reason=error.reason, message=error.message))
            continue
        if draft.code in seen:
            faults.append(Fault(subject=subject, reason="AREA_CODE_TWICE", message="the file holds this code twice"))
        else:
            seen.add(draft.code)
            drafts.append(draft)
    return AreaFile(drafts=tuple(drafts), faults=tuple(faults))


def outline_text(outline: BaseGeometry | None) -> str:
    """A polygon as GeoJSON geometry, as short as it can be said."""
    return "" if outline is None else json.dumps(mapping(outline), separators=(",", ":"))


def rounded(outline: BaseGeometry) -> BaseGeometry:
    """A polygon with coordinates as precise as they are kept."""
    return shapely.transform(outline, _round)


def _round(points: Points) -> Points:
    return np.round(points, DECIMALS)


def _features(content: bytes) -> list[Json]:
    try:
        document: Json = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unusable("FILE_INVALID", "the file is not JSON") from error
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or document.get("type") != "FeatureCollection":
        raise Unusable("FILE_INVALID", "the file is not a GeoJSON FeatureCollection")
    if not isinstance(features, list) or not features:
        raise Unusable("FILE_INVALID", "the file holds no features")
    return features


def _subject(feature: Json, number: int) -> str:
    """The code by which a person finds the feature, or else its place in the file."""
    given = feature.get("properties") if isinstance(feature, Mapping) else None
    code = given.get("code") if isinstance(given, Mapping) else None
    return code[:40] if isinstance(code, str) and code else f"feature {number}"


def _draft(feature: Json, crs: str) -> Draft:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise Unusable("FEATURE_INVALID", "this is not a GeoJSON feature")
    given = feature.get("properties")
    if not isinstance(given, Mapping):
        raise Unusable("FEATURE_INVALID", "the feature has no properties")
    level = _level(given.get("level"))
    return Draft(
        code=_text(given, "code", required=True, length_max=40),
        name=_text(given, "name", required=True, length_max=NAME_LENGTH_MAX),
        name_en=_text(given, "name_en", length_max=NAME_EN_LENGTH_MAX),
        level=level,
        kind=_kind(given, level),
        parent_code=_parent_code(given, level),
        households=_count(given, "households"),
        population=_count(given, "population"),
        outline=_outline(feature.get("geometry"), crs),
    )


def _level(value: Json) -> AreaLevel:
    if isinstance(value, str):
        for level in AreaLevel:
            if level.word == value.lower():
                return level
    elif isinstance(value, int) and value in set(AreaLevel):
        return AreaLevel(value)
    known = ", ".join(level.word for level in AreaLevel)
    raise Unusable("AREA_LEVEL_INVALID", f"the level must be one of {known}")


def _text(given: Mapping[str, Json], key: str, *, length_max: int, required: bool = False) -> str:
    value = given.get(key)
    text = value.strip() if isinstance(value, str) else ""
    if (value is not None and not isinstance(value, str)) or len(text) > length_max:
        raise Unusable("FEATURE_INVALID", f"{key} must be text of at most {length_max} characters")
    if required and not text:
        raise Unusable("FEATURE_INVALID", f"{key} is missing")
    return text


def _count(given: Mapping[str, Json], key: str) -> int:
    value = given.get(key)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
        raise Unusable("FEATURE_INVALID", f"{key} must be a whole number, not below 0")
    return value


def _kind(given: Mapping[str, Json], level: AreaLevel) -> str:
    kind = _text(given, "kind", length_max=KIND_LENGTH_MAX)
    ground = _text(given, "type", length_max=KIND_LENGTH_MAX)
    if kind in {"", GENERAL_KIND}:
        kind = ground or kind
    return kind or level.word


def _parent_code(given: Mapping[str, Json], level: AreaLevel) -> str:
    """Named as such, or by the column of the deepest level above."""
    above = (f"{other.word}_code" for other in sorted(AreaLevel, reverse=True) if other < level)
    for key in ("parent_code", "parent", *above):
        code = _text(given, key, length_max=40)
        if code:
            return code
    return ""


def _outline(geometry: Json, crs: str) -> BaseGeometry | None:
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if not isinstance(geometry, Mapping) or kind not in {"Polygon", "MultiPolygon"}:
        raise Unusable("AREA_RING_INVALID", "the geometry must be a Polygon or a MultiPolygon")
    coordinates = geometry.get("coordinates")
    outline: BaseGeometry
    if kind == "Polygon":
        outline = _polygon(coordinates, crs)
    else:
        parts = coordinates if isinstance(coordinates, list) else []
        outline = MultiPolygon([_polygon(part, crs) for part in parts])
    if outline.is_empty:
        raise Unusable("AREA_RING_INVALID", "the geometry is empty")
    if not outline.is_valid:
        raise Unusable("AREA_RING_INVALID", f"the polygon is not simple: {shapely.is_valid_reason(outline)}")
    return outline


def _polygon(coordinates: Json, crs: str) -> Polygon:
    rings = [_ring(ring, crs) for ring in coordinates] if isinstance(coordinates, list) else []
    if not rings:
        raise Unusable("AREA_RING_INVALID", "a polygon has no ring")
    return Polygon(rings[0], rings[1:])


def _ring(positions: Json, crs: str) -> Points:
    points = np.array(list(_positions(positions)), dtype=np.float64)
    if len(points) < RING_POINTS_MIN or not np.array_equal(points[0], points[-1]):
        raise Unusable("AREA_RING_INVALID", f"a ring has {len(points)} points; it needs four and must end as it begins")
    if np.abs(points[:, 1]).max() > DEGREES_MAX / 2:
        raise Unusable("AREA_COORDINATE_INVALID", "a coordinate lies beyond the poles; degrees east come first")
    return _round(to_wgs84(points if crs == WGS84 else _with_points_between(points), crs))


def _with_points_between(points: Points) -> Points:
    """A ring whose long edges are cut: shifted, they bend as the many short edges of the areas beside them do."""
    between: Points = shapely.get_coordinates(shapely.segmentize(LinearRing(points), SHIFTED_EDGE_DEG_MAX))
    return between


def _positions(positions: Json) -> Iterator[tuple[float, float]]:
    for position in positions if isinstance(positions, list) else []:
        match position:
            case [int() | float() as east, int() | float() as north, *_] if max(abs(east), abs(north)) <= DEGREES_MAX:
                yield float(east), float(north)
            case _:
                raise Unusable("AREA_COORDINATE_INVALID", "a position must be two numbers, degrees east and north")
