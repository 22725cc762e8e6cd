"""Reads and writes cameras; the addresses of their streams go in sealed and are opened here alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope
from services.platform.seal import Sealer
from services.video.domain.cameras import Camera, Place
from services.video.store.scope import CAMERAS, scope_values

queries = sql.load(__package__, "cameras.sql")


def _seal_place(camera_id: str) -> str:
    """Where a sealed address belongs; elsewhere it does not open."""
    return f"camera.address:{camera_id}"


def _control_place(camera_id: str) -> str:
    """Where a sealed address of a camera's control belongs."""
    return f"camera.control:{camera_id}"


async def foreign_cameras(transaction: Transaction, ids: Sequence[str], scope: Scope) -> list[str]:
    """Of these cameras, those known already that stand outside the scope."""
    values = {"ids": list(ids), **scope_values(scope)}
    return [row["id"] for row in await (await transaction.execute(queries.list_foreign_cameras, values)).fetchall()]


async def save_cameras(transaction: Transaction, cameras: Sequence[Camera], sealer: Sealer) -> int:
    """Create or change cameras; how many rows differ from before."""
    cursor = await transaction.execute(queries.list_sealed_addresses, {"ids": [camera.id for camera in cameras]})
    known = {row["id"]: (bytes(row["sealed_address"]), bytes(row["sealed_control"])) for row in await cursor.fetchall()}
    changing = transaction.cursor()
    await changing.executemany(
        queries.upsert_camera, [_camera_values(camera, known.get(camera.id, (b"", b"")), sealer) for camera in cameras]
    )
    if changing.rowcount:
        await transaction.execute(queries.raise_plan)
    return changing.rowcount


async def versions(transaction: Transaction, ids: Sequence[str]) -> dict[str, int]:
    """How often each of these cameras was changed; those unknown are left out. Nobody else changes them meanwhile."""
    rows = await (await transaction.execute(queries.list_versions, {"ids": list(ids)})).fetchall()
    return {row["id"]: row["version"] for row in rows}


async def holders_of(transaction: Transaction, gb_codes: Sequence[str]) -> dict[str, str]:
    """The camera of each of these national codes that is given."""
    rows = await (await transaction.execute(queries.list_gb_codes, {"gb_codes": list(gb_codes)})).fetchall()
    return {row["gb_code"]: row["id"] for row in rows}


def _sealed(address: str, known: bytes, sealer: Sealer, *, place: str) -> bytes:
    """An address sealed; empty where there is none, or it is the one known."""
    unchanged = not address or (known and sealer.open(known, place=place) == address)
    return b"" if unchanged else sealer.seal(address, place=place)


def _camera_values(camera: Camera, known: tuple[bytes, bytes], sealer: Sealer) -> dict[str, Any]:
    return {
        "id": camera.id,
        "gb_code": camera.gb_code,
        "name": camera.name,
        "grid_code": camera.grid_code,
        "area_path": camera.area_path,
        "road_segment": camera.road_segment,
        "owner_department": camera.owner_department,
        "sealed_address": _sealed(camera.stream_address, known[0], sealer, place=_seal_place(camera.id)),
        "sealed_control": _sealed(camera.control_address, known[1], sealer, place=_control_place(camera.id)),
        "azimuth_deg": camera.azimuth_deg,
        "field_of_view_deg": camera.field_of_view_deg,
        "presets": list(camera.presets),
        "live_url": camera.live_url,
        "recorder": camera.recorder,
        **place_values(camera.place),
    }


async def seal_plain_addresses(transaction: Transaction, sealer: Sealer) -> int:
    """Seal what an older version left in plain text; how many."""
    rows = await (await transaction.execute(queries.list_plain_addresses)).fetchall()
    for row in rows:
        sealed = sealer.seal(row["stream_address"], place=_seal_place(row["id"]))
        await transaction.execute(queries.seal_plain_address, {"id": row["id"], "sealed_address": sealed})
    return len(rows)


async def raise_plan(transaction: Transaction) -> None:
    """What is to be patrolled has changed."""
    await transaction.execute(queries.raise_plan)


async def plan_version(transaction: Transaction) -> int:
    """How often what is to be patrolled has changed."""
    row = await (await transaction.execute(queries.find_plan_version)).fetchone()
    return int(row["version"]) if row else 0


def place_values(place: Place) -> dict[str, float]:
    """A place as columns."""
    return {
        "longitude_deg": place.longitude_deg,
        "latitude_deg": place.latitude_deg,
        "accuracy_m": place.accuracy_m,
    }


async def list_cameras(
    transaction: Transaction, scope: Scope, *, area_code: str, after: str, size: int
) -> list[Camera]:
    """By id, after one of them, without the addresses of their streams."""
    values = {"area_code": area_code, "after": after, "size": size, **scope_values(scope)}
    rows = await (await transaction.execute(queries.list_cameras, values)).fetchall()
    shown = await CAMERAS.within(transaction, [row["id"] for row in rows], scope)
    return [_camera(row) for row in rows if row["id"] in shown]


async def find_camera(transaction: Transaction, camera_id: str, scope: Scope, sealer: Sealer) -> Camera | None:
    """One camera within the scope, with the address of its stream."""
    cursor = await transaction.execute(queries.find_camera, {"id": camera_id, **scope_values(scope)})
    row = await cursor.fetchone()
    shown = row is not None and await CAMERAS.within(transaction, [row["id"]], scope)
    return _camera(row, sealer) if row and shown else None


async def all_cameras(transaction: Transaction, sealer: Sealer) -> list[Camera]:
    """Every camera, with the address of its stream."""
    return [_camera(row, sealer) for row in await (await transaction.execute(queries.list_all_cameras)).fetchall()]


def _camera(row: Row, sealer: Sealer | None = None) -> Camera:
    address = sealer.open(bytes(row["sealed_address"]), place=_seal_place(row["id"])) if sealer else ""
    control = (
        sealer.open(bytes(row["sealed_control"]), place=_control_place(row["id"])) if sealer and row["turns"] else ""
    )
    return Camera(
        id=row["id"],
        gb_code=row["gb_code"],
        name=row["name"],
        place=place_of(row),
        grid_code=row["grid_code"],
        area_path=row["area_path"],
        road_segment=row["road_segment"],
        owner_department=row["owner_department"],
        azimuth_deg=row["azimuth_deg"],
        stream_address=address,
        field_of_view_deg=row["field_of_view_deg"],
        presets=tuple(row["presets"]),
        control_address=control,
        turns=row["turns"],
        live_url=row["live_url"],
        recorder=row["recorder"],
        version=row["version"],
        has_stream=row["has_stream"],
        seen_at=row["seen_at"],
        fault=row["fault"],
    )


def place_of(row: Row) -> Place:
    """A place from columns."""
    return Place(longitude_deg=row["longitude_deg"], latitude_deg=row["latitude_deg"], accuracy_m=row["accuracy_m"])


async def mark_seen(transaction: Transaction, camera_id: str, *, at: datetime) -> None:
    """A frame came."""
    await transaction.execute(queries.mark_camera_seen, {"id": camera_id, "at": at})


async def mark_fault(transaction: Transaction, camera_id: str, fault: str) -> None:
    """No frame came."""
    await transaction.execute(queries.mark_camera_fault, {"id": camera_id, "fault": fault})
