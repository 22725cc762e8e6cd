"""Says what a camera, a frame and a report from a frame are, and what can go wrong on the way to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from services.platform.errors import FieldInvalid

if TYPE_CHECKING:
    from services.video.domain.evidence import Evidence
    from services.video.domain.findings import Finding

CONTENT_TYPE: Final = "image/jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the ground."""

    longitude_deg: float
    latitude_deg: float
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera; the addresses of its stream and of its control stay inside this service and out of every text made of this value."""

    id: str
    gb_code: str
    name: str
    place: Place
    grid_code: str
    area_path: str = ""
    road_segment: str
    owner_department: str
    azimuth_deg: float
    stream_address: str = field(default="", repr=False)
    field_of_view_deg: float = 0.0
    presets: tuple[str, ...] = ()
    control_address: str = field(default="", repr=False)
    turns: bool = False
    live_url: str = ""
    recorder: str = ""
    version: int = 0
    has_stream: bool = False
    seen_at: datetime | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture as a camera gave it."""

    content: bytes = field(repr=False)
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A frame that was kept, and what proves that it is the same one."""

    id: UUID
    camera_id: str
    object_key: str
    sha256: str
    content_type: str
    size_bytes: int
    width_px: int
    height_px: int
    place: Place
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What somebody saw on a snapshot, ready to be reported."""

    request_id: str
    task_type: str
    description: str
    place_name: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledCase:
    """The case that came of a sighting."""

    case_id: str
    number: str


class Grids(Protocol):
    """Whoever knows the city's grids."""

    async def paths_of(self, grid_codes: Sequence[str]) -> Mapping[str, str]:
        """The area path of each grid; those unknown or out of force are left out."""
        ...

    async def codes_at(self, places: Sequence[Place]) -> Sequence[str]:
        """The code of the grid that holds each place, in the same order; empty where none does."""
        ...


class Cases(Protocol):
    """Whoever takes in reports."""

    async def file(self, sighting: Sighting) -> FiledCase:
        """File a sighting for whoever is being served; the same request id again finds the first case."""
        ...

    async def file_flag(self, finding: "Finding", evidence: Sequence["Evidence"], *, request_id: str) -> FiledCase:
        """File what a person flagged; in the name of video, so that later pictures may be added to the case."""
        ...


async def with_grids(cameras: Sequence[Camera], grids: Grids) -> list[Camera]:
    """Cameras with their grid: the one named, else the one that holds their place; none where none does."""
    nameless = [camera for camera in cameras if not camera.grid_code]
    codes = await grids.codes_at([camera.place for camera in nameless]) if nameless else ()
    found = dict(zip((id(camera) for camera in nameless), codes, strict=True))
    return [replace(camera, grid_code=found.get(id(camera), camera.grid_code)) for camera in cameras]


def placed(cameras: Sequence[Camera], paths: Mapping[str, str]) -> list[Camera]:
    """Cameras with the path of their grid, by id. Fails with FIELD_INVALID for an unknown grid or an id given twice."""
    seen: set[str] = set()
    for index, camera in enumerate(cameras):
        if camera.id in seen:
            raise FieldInvalid(field=f"cameras[{index}].id", problem=f"{camera.id} is given twice")
        if not camera.grid_code:
            raise FieldInvalid(field=f"cameras[{index}].point", problem="it lies in no grid of the city")
        if camera.grid_code not in paths:
            raise FieldInvalid(field=f"cameras[{index}].grid_code", problem=f"the city has no grid {camera.grid_code}")
        seen.add(camera.id)
    by_id = sorted(cameras, key=lambda camera: camera.id)
    return [replace(camera, area_path=paths[camera.grid_code]) for camera in by_id]


def within(camera: Camera, *, areas: Sequence[str], departments: Sequence[str]) -> bool:
    """Whether a camera stands in one of these areas and, where one is named, belongs to its department."""
    return any(
        (not area or f"{camera.area_path}.".startswith(f"{area}.")) and department in {"", camera.owner_department}
        for area, department in zip(areas, departments, strict=True)
    )


def keep(frame: Frame, camera: Camera, *, id: UUID, at: datetime) -> Snapshot:
    """A frame as a snapshot."""
    return Snapshot(
        id=id,
        camera_id=camera.id,
        object_key=f"snapshots/{at:%Y-%m-%d}/{id}.jpg",
        sha256=sha256(frame.content).hexdigest(),
        content_type=CONTENT_TYPE,
        size_bytes=len(frame.content),
        width_px=frame.width_px,
        height_px=frame.height_px,
        place=camera.place,
        taken_at=at,
    )


def derived_request_id(snapshot_id: UUID, *, subject: str, request_id: str) -> str:
    """The id under which a report is filed: the same whenever the same person asks again for the same thing."""
    return str(uuid5(NAMESPACE_URL, f"gridward:snapshot:{snapshot_id}:{subject}:{request_id}"))
