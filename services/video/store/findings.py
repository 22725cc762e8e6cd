"""Reads and writes findings and their sightings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope
from services.video.domain.cameras import Place
from services.video.domain.findings import Accuracy, Finding, State
from services.video.domain.geometry import Box
from services.video.store.scope import CAMERAS, FINDINGS, scope_values

queries = sql.load(__package__, "findings.sql")


def _values(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "version": finding.version,
        "class_code": finding.class_code,
        "camera_id": finding.camera_id,
        "preset": finding.preset,
        "zone_id": finding.zone_id,
        "sides": finding.box.sides,
        "confidence": finding.confidence,
        "state": finding.state.value,
        "first_seen_at": finding.first_seen_at,
        "last_seen_at": finding.last_seen_at,
        "sightings": finding.sightings,
        "evidence_id": finding.evidence_id,
        "marked_evidence_id": finding.marked_evidence_id,
        "before_evidence_id": finding.before_evidence_id,
        "clip_evidence_id": finding.clip_evidence_id,
        "longitude_deg": finding.place.longitude_deg,
        "latitude_deg": finding.place.latitude_deg,
        "of_object": finding.of_object,
        "found_by": finding.found_by,
        "words": finding.words,
        "task_type": finding.task_type,
        "decided_by": finding.decided_by,
        "decided_at": finding.decided_at,
        "reason": finding.reason,
        "merged_into": finding.merged_into,
        "case_id": finding.case_id,
        "case_number": finding.case_number,
    }


def _finding(row: Row) -> Finding:
    values = dict(row)
    sides, longitude_deg, latitude_deg = (values.pop(name) for name in ("sides", "longitude_deg", "latitude_deg"))
    values |= {
        "box": Box.of(sides),
        "place": Place(longitude_deg=longitude_deg, latitude_deg=latitude_deg),
        "state": State(row["state"]),
    }
    return Finding(**values)


async def insert(transaction: Transaction, finding: Finding) -> None:
    """A new finding."""
    await transaction.execute(queries.insert_finding, _values(finding))


async def update(transaction: Transaction, finding: Finding) -> None:
    """A finding after a decision, or with its case."""
    await transaction.execute(queries.update_finding, _values(finding))


async def renew(
    transaction: Transaction, finding_id: UUID, *, at: datetime, confidence: float
) -> tuple[State, str] | None:
    """A finding seen once more: its state and case; None when there is none."""
    values = {"id": finding_id, "at": at, "confidence": confidence}
    row = await (await transaction.execute(queries.renew_finding, values)).fetchone()
    return (State(row["state"]), row["case_id"]) if row else None


async def mark_gone(transaction: Transaction, finding_id: UUID, *, at: datetime) -> bool:
    """A finding seen no more."""
    return (
        await (await transaction.execute(queries.mark_finding_gone, {"id": finding_id, "at": at})).fetchone()
        is not None
    )


async def add_sighting(
    transaction: Transaction, finding_id: UUID, *, at: datetime, box: Box, confidence: float, evidence_id: UUID | None
) -> None:
    """One sighting."""
    values = {
        "finding_id": finding_id,
        "at": at,
        "sides": box.sides,
        "confidence": confidence,
        "evidence_id": evidence_id,
    }
    await transaction.execute(queries.insert_sighting, values)


async def recent(
    transaction: Transaction, camera_id: str, preset: str, class_code: str, *, since: datetime
) -> list[Finding]:
    """Findings of a view that a new sighting may belong to, the last first."""
    values = {"camera_id": camera_id, "preset": preset, "class_code": class_code, "since": since}
    return [_finding(row) for row in await (await transaction.execute(queries.list_recent_findings, values)).fetchall()]


async def find(transaction: Transaction, finding_id: UUID, scope: Scope) -> Finding | None:
    """One finding within the scope, locked."""
    row = await (await transaction.execute(queries.find_finding, {"id": finding_id, **scope_values(scope)})).fetchone()
    shown = row is not None and await FINDINGS.within(transaction, [row["id"]], scope)
    return _finding(row) if row and shown else None


async def list_findings(
    transaction: Transaction,
    scope: Scope,
    *,
    states: Sequence[State],
    class_codes: Sequence[str],
    camera_id: str,
    area_code: str,
    before: UUID | None,
    size: int,
) -> list[Finding]:
    """Newest first."""
    values = {
        "states": [state.value for state in states],
        "class_codes": list(class_codes),
        "camera_id": camera_id,
        "area_code": area_code,
        "before": before,
        "size": size,
        **scope_values(scope),
    }
    rows = await (await transaction.execute(queries.list_findings, values)).fetchall()
    shown = await FINDINGS.within(transaction, [row["id"] for row in rows], scope)
    return [_finding(row) for row in rows if row["id"] in shown]


async def sightings(transaction: Transaction, finding_id: UUID) -> list[tuple[datetime, Box, float, UUID | None]]:
    """Sightings of a finding, newest first."""
    rows = await (await transaction.execute(queries.list_sightings, {"finding_id": finding_id})).fetchall()
    return [(row["at"], Box.of(row["sides"]), row["confidence"], row["evidence_id"]) for row in rows]


async def accuracy(transaction: Transaction, scope: Scope, *, since: datetime | None, camera_id: str) -> list[Accuracy]:
    """How findings were decided, by class and camera."""
    values = {"since": since, "camera_id": camera_id, **scope_values(scope)}
    rows = await (await transaction.execute(queries.count_decided, values)).fetchall()
    shown = await CAMERAS.within(transaction, {row["camera_id"] for row in rows}, scope)
    return [Accuracy(**row) for row in rows if row["camera_id"] in shown]
