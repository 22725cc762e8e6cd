"""Who is near when somebody calls for help, which cameras see the place, and whether help was there within ten minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import asin, atan2, cos, degrees, radians, sin, sqrt
from typing import Final
from uuid import UUID

from services.video.domain.cameras import Camera, Place

CIRCLE: Final = timedelta(minutes=10)
RESOURCES_TOLD: Final = 3
CAMERAS_TOLD: Final = 4
CAMERA_M_MAX: Final = 400.0
#: What a camera is taken to see where its field of view is not known.
VIEW_DEG: Final = 70.0
EARTH_M: Final = 6_371_008.8


class Kind(StrEnum):
    """What a resource is."""

    POLICE_ROOM = "police_room"
    PATROL = "patrol"
    INFO_POINT = "info_point"
    MEDICAL_POINT = "medical_point"


class Outcome(StrEnum):
    """Whether help was there in time."""

    RUNNING = "running"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Somebody who can help, and where."""

    id: str
    name: str
    kind: Kind
    place: Place
    phone: str = ""
    on_duty: bool = True
    grid_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call for help."""

    id: UUID
    place: Place
    words: str
    raised_at: datetime
    raised_by: str
    on_site_at: datetime | None = None
    on_site_by: str = ""

    @property
    def due_at(self) -> datetime:
        """When its time is up."""
        return self.raised_at + CIRCLE

    def outcome(self, now: datetime) -> Outcome:
        """In time or not; ten minutes to the second are in time."""
        if self.on_site_at is not None:
            return Outcome.MET if self.on_site_at <= self.due_at else Outcome.MISSED
        return Outcome.RUNNING if now <= self.due_at else Outcome.MISSED


def distance_m(one: Place, other: Place) -> float:
    """Metres over the ground, as the crow flies."""
    north, other_north = radians(one.latitude_deg), radians(other.latitude_deg)
    east = radians(other.longitude_deg - one.longitude_deg)
    half = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin(east / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


def bearing_deg(one: Place, other: Place) -> float:
    """The direction from one place to another, clockwise from north."""
    north, other_north = radians(one.latitude_deg), radians(other.latitude_deg)
    east = radians(other.longitude_deg - one.longitude_deg)
    across = sin(east) * cos(other_north)
    ahead = cos(north) * sin(other_north) - sin(north) * cos(other_north) * cos(east)
    return degrees(atan2(across, ahead)) % 360.0


def nearest(resources: Iterable[Resource], place: Place) -> list[tuple[Resource, float]]:
    """The three nearest that are on duty, with their distances; as near as another, the one with the lower id."""
    found = [(resource, distance_m(resource.place, place)) for resource in resources if resource.on_duty]
    return sorted(found, key=lambda pair: (pair[1], pair[0].id))[:RESOURCES_TOLD]


def seeing(cameras: Sequence[Camera], place: Place) -> list[tuple[Camera, float, bool]]:
    """Cameras near a place with their distances and whether they look there; those first."""
    found = []
    for camera in cameras:
        metres = distance_m(camera.place, place)
        if metres <= CAMERA_M_MAX:
            off = abs((bearing_deg(camera.place, place) - camera.azimuth_deg + 180) % 360 - 180)
            found.append((camera, metres, off <= (camera.field_of_view_deg or VIEW_DEG) / 2))
    return sorted(found, key=lambda row: (not row[2], row[1], row[0].id))[:CAMERAS_TOLD]
