"""Reads and writes snapshots that people took, and the reports that came of them."""

from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Transaction
from services.platform.identity import Scope
from services.video.domain.cameras import FiledCase, Snapshot
from services.video.store.cameras import place_of, place_values
from services.video.store.scope import SNAPSHOTS, scope_values

queries = sql.load(__package__, "snapshots.sql")


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
        **place_values(snapshot.place),
    }
    await transaction.execute(queries.insert_snapshot, values)


async def find_snapshot(transaction: Transaction, snapshot_id: UUID, scope: Scope) -> tuple[Snapshot, str] | None:
    """A snapshot of a camera within the scope, and that camera's name."""
    cursor = await transaction.execute(queries.find_snapshot, {"id": snapshot_id, **scope_values(scope)})
    row = await cursor.fetchone()
    if row is None or not await SNAPSHOTS.within(transaction, [row["id"]], scope):
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
        place=place_of(row),
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


async def over(transaction: Transaction, *, alone: datetime, reported: datetime, size: int) -> list[tuple[UUID, str]]:
    """Snapshots from before these moments: those nobody reported from, and those somebody did; with their keys."""
    values = {"alone": alone, "reported": reported, "size": size}
    rows = await (await transaction.execute(queries.list_over, values)).fetchall()
    return [(row["id"], row["object_key"]) for row in rows]


async def forget(transaction: Transaction, snapshot_id: UUID) -> None:
    """After the picture is gone from the store."""
    await transaction.execute(queries.delete_reports, {"id": snapshot_id})
    await transaction.execute(queries.delete_snapshot, {"id": snapshot_id})
