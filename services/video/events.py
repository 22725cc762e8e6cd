"""Tells the city that a frame was kept."""

from gridward.common.v1 import place_pb2
from gridward.video.v1 import video_pb2

from services.platform import outbox
from services.platform.database import Transaction
from services.video.domain.cameras import Place, Snapshot


def point_message(place: Place) -> place_pb2.Point:
    """A place as others are told of it."""
    return place_pb2.Point(
        longitude_deg=place.longitude_deg, latitude_deg=place.latitude_deg, accuracy_m=place.accuracy_m
    )


def evidence_message(snapshot: Snapshot) -> place_pb2.Evidence:
    """A snapshot as evidence."""
    evidence = place_pb2.Evidence(
        object_key=snapshot.object_key,
        sha256=snapshot.sha256,
        content_type=snapshot.content_type,
        kind=place_pb2.EVIDENCE_KIND_SNAPSHOT,
        taken_where=point_message(snapshot.place),
        size_bytes=snapshot.size_bytes,
        camera_id=snapshot.camera_id,
    )
    evidence.taken_at.FromDatetime(snapshot.taken_at)
    return evidence


def snapshot_message(snapshot: Snapshot) -> video_pb2.Snapshot:
    """A snapshot as others are told of it."""
    message = video_pb2.Snapshot(
        id=str(snapshot.id),
        camera_id=snapshot.camera_id,
        evidence=evidence_message(snapshot),
        width_px=snapshot.width_px,
        height_px=snapshot.height_px,
    )
    message.taken_at.FromDatetime(snapshot.taken_at)
    return message


async def publish_snapshot_taken(transaction: Transaction, snapshot: Snapshot) -> None:
    """In the transaction in which it is kept; the events of one camera keep their order."""
    await outbox.publish(
        transaction,
        type="snapshot_taken",
        subject=snapshot.camera_id,
        payload=video_pb2.SnapshotTaken(snapshot=snapshot_message(snapshot)),
        at=snapshot.taken_at,
    )
