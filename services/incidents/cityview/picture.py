"""The city as registry last told it: where a point lies, which task types there are, who stands on which post.

What cannot be understood, told by a newer registry perhaps, is left out and logged; the rest of the city goes on.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import shapely
import structlog
from gridward.registry.v1 import areas_pb2, staff_pb2, tasks_pb2
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from services.incidents.cityview.stages import Stages, stages_of
from services.incidents.cityview.told import Post, area_of, department_of, owner_unit_of, post_of, task_type_of
from services.incidents.domain.case import Point
from services.incidents.domain.errors import LimitInvalid, OutOfArea, TaskTypeUnknown
from services.incidents.domain.responsibility import Area, AreaLevel, Department, OwnerUnit, PostOnDuty
from services.incidents.domain.rings import Ring, box_of
from services.incidents.domain.tasktypes import TaskType
from services.platform.areaindex import AreaIndex
from services.platform.errors import Unavailable

log = structlog.get_logger()

#: A point in a slit between grids belongs to the nearest; some fifty metres hold every slit.
SLIT_DEG = 0.0005
METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a point lies: the grid, its path, and the areas from the city to the grid."""

    grid_code: str
    area_path: str
    chain: tuple[Area, ...]


class CityView:
    """Takes in what registry tells, in any number of pieces, and answers from memory."""

    def __init__(self) -> None:
        self.areas_version = 0
        self.task_types_version = 0
        self.posts_version = 0
        self.departments: Mapping[str, Department] = MappingProxyType({})
        self.owner_units: Mapping[str, OwnerUnit] = MappingProxyType({})
        self._complete: set[str] = set()
        self._messages: dict[str, areas_pb2.Area] = {}
        self._areas: dict[str, Area] = {}
        self._polygons: dict[str, BaseGeometry] = {}
        self._locations: dict[str, Location] = {}
        self._index = AreaIndex([])
        self._task_types: dict[tuple[str, int], TaskType] = {}
        self._newest: dict[str, TaskType] = {}
        self._stages: dict[tuple[str, int], Stages] = {}
        self._posts: dict[str, Post] = {}
        self._posts_at: dict[tuple[str, str], list[Post]] = {}

    @property
    def complete(self) -> bool:
        """Everything was told at least once."""
        return len(self._complete) == 3

    @property
    def city_code(self) -> str:
        """The area that holds all others; empty while it is not known."""
        return next((area.code for area in self._areas.values() if area.level is AreaLevel.CITY), "")

    @property
    def city_number(self) -> str:
        """The first four figures of the city's code, by which its case numbers begin."""
        return self.city_code[:4] or "0000"

    def require_complete(self) -> None:
        """Fails with UNAVAILABLE while registry has not told everything yet."""
        if not self.complete:
            raise Unavailable(part="registry")

    def take_areas(self, told: areas_pb2.WatchAreasResponse) -> None:
        """Areas as they are now."""
        for message in told.areas:
            try:
                self._take_area(message)
            except (ValueError, GEOSException) as error:
                log.warning("area_not_understood", code=message.code, error=str(error)[:200])
        self.areas_version = told.version
        if told.areas:
            self._locations.clear()
        if told.complete:
            if told.areas or len(self._index) != len(self._polygons):
                self._index = AreaIndex(self._polygons.items())
            self._complete.add("areas")

    def take_task_types(self, told: tasks_pb2.WatchTaskTypesResponse) -> None:
        """Task type versions as they are now."""
        for message in told.task_types:
            try:
                self._take_task_type(task_type_of(message))
                self._stages[message.code, message.version] = stages_of(message)
            except (ValueError, KeyError, LimitInvalid) as error:
                log.warning("task_type_not_understood", code=message.code, error=str(error)[:200])
        self.task_types_version = told.version
        if told.complete:
            self._complete.add("task_types")

    def take_posts(self, told: staff_pb2.WatchPostsResponse) -> None:
        """Posts as they are now, and all departments when any changed."""
        for message in told.posts:
            self._posts[message.code] = post_of(message)
        if told.posts:
            self._sort_posts()
        if told.departments:
            found = {message.code: department_of(message) for message in told.departments}
            self.departments = MappingProxyType(found)
        self.posts_version = told.version
        if told.complete:
            self._complete.add("posts")

    def take_owner_units(self, told: Iterable[staff_pb2.OwnerUnit]) -> None:
        """All owner units as they are now."""
        found = {message.code: owner_unit_of(message) for message in told}
        if found != dict(self.owner_units):
            self.owner_units = MappingProxyType(found)

    @property
    def posts_as_told(self) -> Mapping[str, Post]:
        """All posts by code, with everybody who stands on them now and to come."""
        return self._posts

    @property
    def task_type_codes(self) -> frozenset[str]:
        """All task types there are or were."""
        return frozenset(self._newest)

    @property
    def area_codes(self) -> frozenset[str]:
        """All areas there are or were."""
        return frozenset(self._areas)

    def locate(self, point: Point) -> Location:
        """Where a point lies; fails with OUT_OF_AREA when no grid holds it."""
        code = self._index.locate(point.longitude_deg, point.latitude_deg)
        if code is None:
            raise OutOfArea(longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg)
        return self.location(code)

    def location(self, grid_code: str) -> Location:
        """The areas that hold a grid; one that is no longer known stands alone."""
        found = self._locations.get(grid_code)
        if found is None:
            path = self.path_of(grid_code) or grid_code
            chain = tuple(self._areas[code] for code in path.split(".") if code in self._areas)
            found = self._locations[grid_code] = Location(grid_code=grid_code, area_path=path, chain=chain)
        return found

    def path_of(self, area_code: str) -> str | None:
        """The codes from the city to an area; None when it is not known."""
        message = self._messages.get(area_code)
        return message.path if message else None

    def grids_near(self, rings: Iterable[Ring]) -> list[str]:
        """The grids that touch the boxes of all rings; a street's breadth more, for what lies between grids."""
        windows = [shapely.box(*box_of(ring)).buffer(SLIT_DEG, join_style="mitre") for ring in rings]
        return [code for code, _ in self._index.touching(shapely.intersection_all(windows))]

    def grids_around(self, point: Point, reach_m: float) -> list[str]:
        """The grids that a circle around a point may touch."""
        north_deg = reach_m / METRES_A_DEGREE
        east_deg = north_deg / max(math.cos(math.radians(point.latitude_deg)), 0.01)
        at = (point.longitude_deg, point.latitude_deg)
        window = shapely.box(at[0] - east_deg, at[1] - north_deg, at[0] + east_deg, at[1] + north_deg)
        return [code for code, polygon in self._index.touching(window) if polygon.intersects(window)]

    def level_of(self, area_code: str) -> AreaLevel | None:
        """How deep an area lies; None when it is not known."""
        area = self._areas.get(area_code)
        return area.level if area else None

    def area(self, area_code: str) -> Area | None:
        """An area with its names and its level; None when it is not known."""
        return self._areas.get(area_code)

    def areas_below(self, path: str) -> list[Area]:
        """An area and all below it that are still there, from the top down."""
        found = [
            message.path
            for message in self._messages.values()
            if not message.retired and (message.path == path or message.path.startswith(f"{path}."))
        ]
        return [
            self._areas[each.rpartition(".")[2]] for each in sorted(found, key=lambda each: (each.count("."), each))
        ]

    def area_name(self, area_code: str) -> str:
        """Chinese name of an area; empty when it is not known."""
        area = self._areas.get(area_code)
        return area.name if area else ""

    def area_name_en(self, area_code: str) -> str:
        """English name of an area; empty when it is not known."""
        area = self._areas.get(area_code)
        return area.name_en if area else ""

    def area_messages(self, location: Location) -> list[areas_pb2.Area]:
        """The areas of a location as registry told them, without polygons."""
        return [self._messages[area.code] for area in location.chain]

    def ancestor(self, grid_code: str, level: AreaLevel) -> str | None:
        """The area of a level that holds a grid; None where the tree leaves that level out."""
        chain = self.location(grid_code).chain
        return next((area.code for area in chain if area.level is level), None)

    def newest_task_type(self, code: str) -> TaskType:
        """The newest version of a task type; fails with TASK_TYPE_UNKNOWN."""
        found = self._newest.get(code)
        if found is None:
            raise TaskTypeUnknown(task_type=code or "-")
        return found

    def find_task_type(self, code: str) -> TaskType | None:
        """The newest version of a task type; None when it is not known."""
        return self._newest.get(code)

    def task_type(self, code: str, version: int) -> TaskType:
        """A task type in the version a case lives by; fails with TASK_TYPE_UNKNOWN."""
        return self._task_types.get((code, version)) or self.newest_task_type(code)

    def stages(self, code: str, version: int) -> Stages:
        """The states of its own that a task type brings along."""
        return self._stages.get((code, version), ((), ()))

    def holder(self, post_code: str, at: datetime) -> str:
        """Who stands on a post; empty when nobody does, or when it is no post."""
        post = self._posts.get(post_code)
        return post.at(at).staff_code if post else ""

    def posts(self, area_code: str, role: str, at: datetime) -> list[PostOnDuty]:
        """The posts of a role at exactly this area, filled and vacant, by code."""
        return [post.at(at) for post in self._posts_at.get((area_code, role), ())]

    def _take_area(self, message: areas_pb2.Area) -> None:
        self._areas[message.code] = area_of(message)
        self._polygons.pop(message.code, None)
        if message.geometry and message.level == areas_pb2.AREA_LEVEL_GRID and not message.retired:
            self._polygons[message.code] = shapely.from_geojson(message.geometry.decode())
        kept = areas_pb2.Area()
        kept.CopyFrom(message)
        kept.ClearField("geometry")
        self._messages[message.code] = kept

    def _take_task_type(self, task_type: TaskType) -> None:
        self._task_types[task_type.code, task_type.version] = task_type
        newest = self._newest.get(task_type.code)
        if newest is None or newest.version <= task_type.version:
            self._newest[task_type.code] = task_type

    def _sort_posts(self) -> None:
        sorted_posts: dict[tuple[str, str], list[Post]] = defaultdict(list)
        for code in sorted(self._posts):
            post = self._posts[code]
            sorted_posts[post.area_code, post.role].append(post)
        self._posts_at = dict(sorted_posts)
