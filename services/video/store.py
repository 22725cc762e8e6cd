"""Reads and writes cameras, snapshots and the reports that came of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope
from services.video.domain import Camera, FiledCase, Place, Snapshot

queries = sql.load(__package__)


def _scope(scope: Scope) -> dict[str, Any]:
    return {"scope_areas": list(scope.area_paths), "scope_departments": list(scope.departments)}


async def foreign_cameras(transaction: Transaction, ids: Sequence[str], scope: Scope) -> list[str]:
    """Of these cameras, those known already that stand outside the scope."""
    values = {"ids": list(ids), **_scope(scope)}
    return [row["id"] for row in await (await transaction.execute(queries.list_foreign_cameras, values)).fetchall()]


async def save_cameras(transaction: Transaction, cameras: Sequence[Camera]) -> int:
    """Create or change cameras; how many rows differ from before."""
    cursor = transaction.cursor()
    await cursor.executemany(queries.upsert_camera, [_camera_values(camera) for camera in cameras])
    return cursor.rowcount


def _camera_values(camera: Camera) -> dict[str, Any]:
    return {
        "id": camera.id,
        "gb_code": camera.gb_code,
        "name": camera.name,
        "grid_code": camera.grid_code,
        "area_path": camera.area_path,
        "road_segment": camera.road_segment,
        "owner_department": camera.owner_department,
        "stream_address": camera.stream_address,
        "azimuth_deg": camera.azimuth_deg,
        **_place_values(camera.place),
    }


def _place_values(place: Place) -> dict[str, float]:
    return {
        "longitude_deg": place.longitude_deg,
        "latitude_deg": place.latitude_deg,
        "accuracy_m": place.accuracy_m,
    }


async def list_cameras(
    transaction: Transaction, scope: Scope, *, area_code: str, after: str, size: int
) -> list[Camera]:
    """By id, after one of them, without the addresses of their streams."""
    values = {"area_code": area_code, "after": after, "size": size, **_scope(scope)}
    return [_camera(row) for row in await (await transaction.execute(queries.list_cameras, values)).fetchall()]


async def find_camera(transaction: Transaction, camera_id: str, scope: Scope) -> Camera | None:
    """One camera within the scope, with the address of its stream."""
    cursor = await transaction.execute(queries.find_camera, {"id": camera_id, **_scope(scope)})
    row = await cursor.fetchone()
    return _camera(row) if row else None


def _camera(row: Row) -> Camera:
    return Camera(
        id=row["id"],
        gb_code=row["gb_code"],
        name=row["name"],
        place=_place(row),
        grid_code=row["grid_code"],
        area_path=row["area_path"],
        road_segment=row["road_segment"],
        owner_department=row["owner_department"],
        azimuth_deg=row["azimuth_deg"],
        stream_address=row.get("stream_address", ""),
        seen_at=row["seen_at"],
        fault=row["fault"],
    )


def _place(row: Row) -> Place:
    return Place(longitude_deg=row["longitude_deg"], latitude_deg=row["latitude_deg"], accuracy_m=row["accuracy_m"])


async def mark_seen(transaction: Transaction, camera_id: str, *, at: datetime) -> None:
    """A frame came."""
    await transaction.execute(queries.mark_camera_seen, {"id": camera_id, "at": at})


async def mark_fault(transaction: Transaction, camera_id: str, fault: str) -> None:
    """No frame came."""
    await transaction.execute(queries.mark_camera_fault, {"id": camera_id, "fault": fault})


async def save_snapshot(transaction: Transaction, snapshot: Snapshot, *, taken_by: str) -> None:
    """Keep what is known of a frame."""
    values = {
        "id": snapshot.id,
        "camera_id": snapshot.camera_id,
        "object_key": snapshot.object_key,
        "sha256": snapshot.sha256,
        "content_type": snapshot.content_type,
        "size_bytes": snapshot.size_bytes,
        "width_px": snapshot.width_px,
        "height_px": snapshot.height_px,
        "taken_at": snapshot.taken_at,
        "taken_by": taken_by,
        **_place_values(snapshot.place),
    }
    await transaction.execute(queries.insert_snapshot, values)


async def find_snapshot(transaction: Transaction, snapshot_id: UUID, scope: Scope) -> tuple[Snapshot, str] | None:
    """A snapshot of a camera within the scope, and that camera's name."""
    cursor = await transaction.execute(queries.find_snapshot, {"id": snapshot_id, **_scope(scope)})
    row = await cursor.fetchone()
    if row is None:
        return None
    snapshot = Snapshot(
        id=row["id"],
        camera_id=row["camera_id"],
        object_key=row["object_key"],
        sha256=row["sha256"],
        content_type=row["content_type"],
        size_bytes=row["size_bytes"],
        width_px=row["width_px"],
        height_px=row["height_px"],
        place=_place(row),
        taken_at=row["taken_at"],
    )
    return snapshot, row["camera_name"]


async def save_report(
    transaction: Transaction, snapshot_id: UUID, case: FiledCase, *, reported_by: str, at: datetime
) -> None:
    """Remember which case came of a snapshot."""
    values = {
        "snapshot_id": snapshot_id,
        "case_id": case.case_id,
        "number": case.number,
        "reported_by": reported_by,
        "reported_at": at,
    }
    await transaction.execute(queries.insert_report, values)
