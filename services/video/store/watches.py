"""Reads and writes leases of shards, views, zones and faults."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope
from services.video.domain.cameras import Place
from services.video.domain.geometry import Box, GroundPlane, GroundPoint
from services.video.domain.health import Fault
from services.video.domain.sightings import Watched, Zone, ZoneKind
from services.video.domain.view import View
from services.video.store import known
from services.video.store.scope import CAMERAS, scope_values

queries = sql.load(__package__, "watches.sql")

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredView:
    """A view, and the pictures of its usual look."""

    view: View
    usual_day: bytes = field(default=b"", repr=False)
    usual_night: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """A fault of a camera, from beginning to end."""

    camera_id: str
    fault: Fault
    begun_at: datetime
    ended_at: datetime | None
    measured: str
    case_id: str
    case_number: str
    evidence_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """A camera with what is known of it."""

    camera_id: str
    camera_name: str
    owner_department: str
    road_segment: str
    view: View


async def beat(transaction: Transaction, member: str, *, life_s: float) -> int:
    """Say that this replica lives; how many do."""
    await transaction.execute(queries.beat, {"id": member})
    row = await (await transaction.execute(queries.count_members, {"life_s": life_s})).fetchone()
    return max(1, int(row["alive"]) if row else 1)


async def renew(transaction: Transaction, owner: str, *, life_s: float) -> dict[int, int]:
    """Shards still ours, with their fences."""
    cursor = await transaction.execute(queries.renew_shards, {"owner": owner, "life_s": life_s})
    return {row["shard"]: row["fence"] for row in await cursor.fetchall()}


async def take(transaction: Transaction, owner: str, *, count: int, life_s: float) -> dict[int, int]:
    """Take free shards, up to a number."""
    values = {"owner": owner, "count": count, "life_s": life_s}
    return {
        row["shard"]: row["fence"] for row in await (await transaction.execute(queries.take_shards, values)).fetchall()
    }


async def release(transaction: Transaction, owner: str, shards: Sequence[int]) -> None:
    """Give shards back."""
    await transaction.execute(queries.release_shards, {"owner": owner, "shards": list(shards)})


async def leave(transaction: Transaction, owner: str, shards: Sequence[int]) -> None:
    """Give everything back and be gone."""
    await release(transaction, owner, shards)
    await transaction.execute(queries.leave, {"id": owner})


async def lock_shards(transaction: Transaction, owner: str, fences: Mapping[int, int]) -> set[int]:
    """Of these shards, those still ours, until the transaction ends."""
    values = {"owner": owner, "shards": list(fences), "fences": list(fences.values())}
    return {row["shard"] for row in await (await transaction.execute(queries.lock_shards, values)).fetchall()}


async def views_of(transaction: Transaction, camera_ids: Sequence[str]) -> dict[Key, StoredView]:
    """What is known of the views of these cameras."""
    cursor = await transaction.execute(queries.list_watches, {"camera_ids": list(camera_ids)})
    return {
        (row["camera_id"], row["preset"]): StoredView(
            view=known.read(row["known"], row),
            usual_day=_unpacked(row["usual_day"]),
            usual_night=_unpacked(row["usual_night"]),
        )
        for row in await cursor.fetchall()
    }


async def known_keys(transaction: Transaction, camera_ids: Sequence[str]) -> set[Key]:
    """Views of which something is known."""
    cursor = await transaction.execute(queries.list_watched_keys, {"camera_ids": list(camera_ids)})
    return {(row["camera_id"], row["preset"]) for row in await cursor.fetchall()}


def _unpacked(packed: bytes | None) -> bytes:
    return zlib.decompress(packed) if packed else b""


def view_values(key: Key, view: View, *, usual_day: bytes, usual_night: bytes) -> dict[str, Any]:
    """A view as columns; pictures only where they are given."""
    return {
        "camera_id": key[0],
        "preset": key[1],
        "known": known.written(view),
        "usual_day": zlib.compress(usual_day, 1) if usual_day else None,
        "usual_night": zlib.compress(usual_night, 1) if usual_night else None,
        "failures": view.failures,
        "problem": view.problem,
        "tried_at": view.tried_at,
        "seen_at": view.seen_at,
        "resting_until": view.resting_until,
    }


async def save_views(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write views."""
    await transaction.cursor().executemany(queries.upsert_watch, rows)


async def forget(transaction: Transaction, camera_id: str) -> None:
    """The usual look of a camera is learned anew."""
    await transaction.execute(queries.forget_watch, {"camera_id": camera_id})


async def save_visits(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write visits."""
    await transaction.cursor().executemany(queries.insert_visit, rows)


async def delete_old_visits(transaction: Transaction, before: datetime) -> None:
    """Forget visits of long ago."""
    await transaction.execute(queries.delete_old_visits, {"before": before})


async def mark_cameras(transaction: Transaction, marks: Mapping[str, tuple[datetime | None, str]]) -> None:
    """When cameras were seen last, and what is said of their connection."""
    values = {
        "ids": list(marks),
        "seen": [seen for seen, _ in marks.values()],
        "faults": [fault for _, fault in marks.values()],
    }
    await transaction.execute(queries.mark_cameras, values)


async def watched_of(transaction: Transaction, camera_ids: Sequence[str]) -> dict[Key, Watched]:
    """Zones and fixtures, by camera and preset."""
    values = {"camera_ids": list(camera_ids)}
    zones: dict[Key, list[Zone]] = {}
    for row in await (await transaction.execute(queries.list_zones, values)).fetchall():
        zones.setdefault((row["camera_id"], row["preset"]), []).append(_zone(row))
    fixtures: dict[Key, list[Box]] = {}
    for row in await (await transaction.execute(queries.list_fixtures, values)).fetchall():
        fixtures.setdefault((row["camera_id"], row["preset"]), []).append(Box.of(row["sides"]))
    return {key: Watched(zones=zones.get(key, []), fixtures=fixtures.get(key, [])) for key in zones | fixtures}


def _zone(row: Row) -> Zone:
    numbers = row["corners"]
    corners = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return Zone(id=row["id"], name=row["name"], kind=ZoneKind(row["kind"]), corners=corners, crowd_min=row["crowd_min"])


async def ground_of(transaction: Transaction, camera_ids: Sequence[str]) -> dict[Key, list[GroundPoint]]:
    """Points of pictures whose place on the ground is known."""
    points: dict[Key, list[GroundPoint]] = {}
    cursor = await transaction.execute(queries.list_ground_points, {"camera_ids": list(camera_ids)})
    for row in await cursor.fetchall():
        place = Place(longitude_deg=row["longitude_deg"], latitude_deg=row["latitude_deg"])
        point = GroundPoint(corner=(row["x"], row["y"]), place=place)
        points.setdefault((row["camera_id"], row["preset"]), []).append(point)
    return points


async def planes_of(transaction: Transaction, camera_ids: Sequence[str]) -> dict[Key, GroundPlane]:
    """Where pictures lie on the ground, where that is known."""
    points = await ground_of(transaction, camera_ids)
    planes = {key: GroundPlane.through(found) for key, found in points.items()}
    return {key: plane for key, plane in planes.items() if plane is not None}


async def trusted_of(transaction: Transaction, camera_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Cameras and classes that are filed without waiting."""
    cursor = await transaction.execute(queries.list_trusted, {"camera_ids": list(camera_ids)})
    return {(row["camera_id"], row["class_code"]) for row in await cursor.fetchall()}


async def save_zones(transaction: Transaction, key: Key, zones: Sequence[Zone]) -> None:
    """The zones of a preset from now on."""
    await transaction.execute(queries.delete_zones, {"camera_id": key[0], "preset": key[1]})
    await transaction.cursor().executemany(
        queries.insert_zone,
        [
            {
                "camera_id": key[0],
                "preset": key[1],
                "id": zone.id,
                "name": zone.name,
                "kind": zone.kind.value,
                "corners": [number for corner in zone.corners for number in corner],
                "crowd_min": zone.crowd_min,
            }
            for zone in zones
        ],
    )


async def save_ground_points(transaction: Transaction, key: Key, points: Sequence[GroundPoint]) -> None:
    """Points of a preset whose place is known."""
    await transaction.execute(queries.delete_ground_points, {"camera_id": key[0], "preset": key[1]})
    await transaction.cursor().executemany(
        queries.insert_ground_point,
        [
            {
                "camera_id": key[0],
                "preset": key[1],
                "x": point.corner[0],
                "y": point.corner[1],
                "longitude_deg": point.place.longitude_deg,
                "latitude_deg": point.place.latitude_deg,
            }
            for point in points
        ],
    )


async def save_fixture(
    transaction: Transaction, key: Key, box: Box, *, finding_id: UUID, by: str, at: datetime
) -> None:
    """A spot to leave alone."""
    values = {
        "camera_id": key[0],
        "preset": key[1],
        "sides": box.sides,
        "finding_id": finding_id,
        "said_by": by,
        "said_at": at,
    }
    await transaction.execute(queries.insert_fixture, values)


async def trust(
    transaction: Transaction, camera_id: str, class_code: str, *, trusted: bool, by: str, at: datetime
) -> None:
    """File a class of a camera without waiting, or no longer."""
    values = {"camera_id": camera_id, "class_code": class_code, "said_by": by, "said_at": at}
    await transaction.execute(queries.insert_trust if trusted else queries.delete_trust, values)


async def begin_fault(transaction: Transaction, values: Mapping[str, Any]) -> bool:
    """A fault begins; False when it stands already."""
    return await (await transaction.execute(queries.insert_fault, values)).fetchone() is not None


async def end_fault(transaction: Transaction, camera_id: str, fault: Fault, *, at: datetime) -> datetime | None:
    """A fault is over; when it had begun."""
    values = {"camera_id": camera_id, "fault": fault.value, "at": at}
    row = await (await transaction.execute(queries.end_fault, values)).fetchone()
    return row["begun_at"] if row else None


async def standing_faults(transaction: Transaction, camera_ids: Sequence[str]) -> list[FaultRow]:
    """What is wrong now with these cameras."""
    cursor = await transaction.execute(queries.list_standing_faults, {"camera_ids": list(camera_ids)})
    return [_fault(row) for row in await cursor.fetchall()]


async def fault_history(transaction: Transaction, camera_id: str) -> list[FaultRow]:
    """What was wrong with a camera, newest first."""
    cursor = await transaction.execute(queries.list_fault_history, {"camera_id": camera_id})
    return [_fault(row) for row in await cursor.fetchall()]


def _fault(row: Row) -> FaultRow:
    return FaultRow(**{**row, "fault": Fault(row["fault"])})


async def list_health(
    transaction: Transaction,
    scope: Scope,
    *,
    faults: Sequence[Fault],
    faulty_only: bool,
    area_code: str,
    after: str,
    size: int,
) -> list[HealthRow]:
    """Cameras with what is known of them, by id."""
    values = {
        "faults": [fault.value for fault in faults],
        "faulty_only": faulty_only or bool(faults),
        "area_code": area_code,
        "after": after,
        "size": size,
        **scope_values(scope),
    }
    rows = await (await transaction.execute(queries.list_health, values)).fetchall()
    shown = await CAMERAS.within(transaction, [row["id"] for row in rows], scope)
    return [
        HealthRow(
            camera_id=row["id"],
            camera_name=row["name"],
            owner_department=row["owner_department"],
            road_segment=row["road_segment"],
            view=known.read(row["known"], row) if row["known"] else View(),
        )
        for row in rows
        if row["id"] in shown
    ]
