"""Tells the city what was kept, what was found, and what is wrong with its cameras."""

from datetime import datetime
from typing import Final
from uuid import UUID

from gridward.common.v1 import place_pb2
from gridward.video.v1 import findings_pb2, health_pb2, video_pb2

from services.platform import outbox
from services.platform.database import Transaction
from services.video.domain.cameras import Place, Snapshot
from services.video.domain.evidence import Evidence
from services.video.domain.findings import Finding, State
from services.video.domain.geometry import Box
from services.video.domain.health import Fault

FAULTS: Final = {fault: health_pb2.Fault.Value(f"FAULT_{fault.name}") for fault in Fault}
STATES: Final = {state: findings_pb2.FindingState.Value(f"FINDING_STATE_{state.name}") for state in State}


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


def box_message(box: Box) -> findings_pb2.Box:
    """A box as others are told of it."""
    return findings_pb2.Box(left=box.left, top=box.top, right=box.right, bottom=box.bottom)


def _id(value: UUID | None) -> str:
    return str(value) if value else ""


def finding_message(finding: Finding) -> findings_pb2.Finding:
    """A finding as others are told of it."""
    message = findings_pb2.Finding(
        id=str(finding.id),
        version=finding.version,
        class_code=finding.class_code,
        camera_id=finding.camera_id,
        camera_name=finding.camera_name,
        preset=finding.preset,
        zone_id=finding.zone_id,
        box=box_message(finding.box),
        confidence=finding.confidence,
        state=STATES[finding.state],
        sightings=finding.sightings,
        evidence_id=_id(finding.evidence_id),
        marked_evidence_id=_id(finding.marked_evidence_id),
        before_evidence_id=_id(finding.before_evidence_id),
        clip_evidence_id=_id(finding.clip_evidence_id),
        point=point_message(finding.place),
        point_is_of_object=finding.of_object,
        decided_by=finding.decided_by,
        reason=finding.reason,
        case_id=finding.case_id,
        case_number=finding.case_number,
        merged_into=_id(finding.merged_into),
        found_by=finding.found_by,
        words=finding.words,
        road_segment=finding.road_segment,
    )
    message.first_seen_at.FromDatetime(finding.first_seen_at)
    message.last_seen_at.FromDatetime(finding.last_seen_at)
    if finding.decided_at is not None:
        message.decided_at.FromDatetime(finding.decided_at)
    if finding.gone_at is not None:
        message.gone_at.FromDatetime(finding.gone_at)
    return message


def kept_message(evidence: Evidence, place: Place, *, kind: int) -> place_pb2.Evidence:
    """A kept picture as evidence of a case."""
    message = place_pb2.Evidence(
        object_key=evidence.object_key,
        sha256=evidence.sha256,
        content_type=evidence.content_type,
        kind=place_pb2.EvidenceKind.ValueType(kind),
        taken_where=point_message(place),
        size_bytes=evidence.size_bytes,
        camera_id=evidence.camera_id,
    )
    message.taken_at.FromDatetime(evidence.taken_at)
    return message


async def publish_finding_changed(transaction: Transaction, finding: Finding, *, at: datetime) -> None:
    """In the transaction of the change; the events of one camera keep their order."""
    await outbox.publish(
        transaction,
        type="finding_changed",
        subject=finding.camera_id,
        payload=findings_pb2.FindingChanged(finding=finding_message(finding)),
        at=at,
    )


async def publish_fault_begun(
    transaction: Transaction, camera_id: str, fault: Fault, *, since: datetime, at: datetime
) -> None:
    """In the transaction in which it is said."""
    payload = health_pb2.CameraFaultBegun(camera_id=camera_id, fault=FAULTS[fault])
    payload.since.FromDatetime(since)
    await outbox.publish(transaction, type="camera_fault_begun", subject=camera_id, payload=payload, at=at)


async def publish_fault_ended(
    transaction: Transaction, camera_id: str, fault: Fault, *, since: datetime, at: datetime
) -> None:
    """In the transaction in which it is over."""
    payload = health_pb2.CameraFaultEnded(camera_id=camera_id, fault=FAULTS[fault])
    payload.since.FromDatetime(since)
    payload.ended_at.FromDatetime(at)
    await outbox.publish(transaction, type="camera_fault_ended", subject=camera_id, payload=payload, at=at)
