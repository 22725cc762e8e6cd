"""What this replica is to visit: its cameras with their routes, zones and rights, as the database says."""

import zlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from services.platform.database import Database
from services.platform.seal import Sealer
from services.video.domain.cameras import Camera
from services.video.domain.geometry import GroundPlane
from services.video.domain.sightings import Watched
from services.video.domain.tours import Route, Stop
from services.video.sources.capture import Captures
from services.video.store import cameras as camera_store
from services.video.store import routes as route_store
from services.video.store import watches

Key = tuple[str, str]

SHARDS: Final = 64


def shard_of(camera_id: str) -> int:
    """The shard a camera belongs to, the same in every process and version."""
    return zlib.crc32(camera_id.encode()) % SHARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One view of a camera, and all that a visit to it needs."""

    camera: Camera
    preset: str
    host: str
    tours: Sequence[tuple[Route, int]]
    watched: Watched
    plane: GroundPlane | None
    trusted: AbstractSet[str]

    @property
    def key(self) -> Key:
        """Camera and preset."""
        return self.camera.id, self.preset

    @property
    def detect_always(self) -> bool:
        """The detector looks at every visit."""
        return any(route.detect_always for route, _ in self.tours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is toured, of all replicas; `version` tells whether it changed."""

    version: int = -1
    assignments: Mapping[Key, Assignment] = field(default_factory=dict)

    def of_shards(self, shards: AbstractSet[int]) -> dict[Key, Assignment]:
        """The part of it that lies in these shards."""
        return {key: found for key, found in self.assignments.items() if shard_of(key[0]) in shards}


async def load(database: Database, sealer: Sealer, captures: Captures, known: Plan) -> Plan:
    """The plan as it stands; the one known when nothing changed."""
    async with database.connection() as connection:
        version = await camera_store.plan_version(connection)
        if version == known.version:
            return known
        routes, _ = await route_store.all_routes(connection)
        ids = sorted({stop.camera_id for route in routes for stop in route.stops})
        cameras = {camera.id: camera for camera in await camera_store.all_cameras(connection, sealer)}
        watched = await watches.watched_of(connection, ids)
        planes = await watches.planes_of(connection, ids)
        trusted = await watches.trusted_of(connection, ids)
    tours: dict[Key, list[tuple[Route, int]]] = {}
    for route in routes:
        for position, stop in enumerate(route.stops):
            tours.setdefault(_key(stop), []).append((route, position))
    return Plan(
        version=version,
        assignments={
            key: Assignment(
                camera=cameras[key[0]],
                preset=key[1],
                host=captures.host_of(cameras[key[0]]),
                tours=found,
                watched=watched.get(key, Watched()),
                plane=planes.get(key),
                trusted={code for camera_id, code in trusted if camera_id == key[0]},
            )
            for key, found in tours.items()
            if key[0] in cameras
        },
    )


def _key(stop: Stop) -> Key:
    return stop.camera_id, stop.preset
