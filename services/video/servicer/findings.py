"""Answers calls about findings."""

from datetime import UTC
from typing import Any
from uuid import UUID

import grpc
from gridward.video.v1 import findings_pb2, findings_pb2_grpc

from services.platform import paging
from services.platform.clock import Clock
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.findings import Findings, Flag
from services.video.domain.classes import CLASSES
from services.video.domain.errors import FindingUnknown, SnapshotUnknown
from services.video.domain.findings import Accuracy, Decision, Verdict, summed
from services.video.domain.geometry import Box
from services.video.domain.sightings import Zone, ZoneKind
from services.video.events import STATES, box_message, finding_message
from services.video.eyes.pool import Eyes
from services.video.servicer.ground import points_of

Context = grpc.aio.ServicerContext[Any, Any]
_STATE_OF = {number: state for state, number in STATES.items()}
_DECISIONS = {findings_pb2.Decision.Value(f"DECISION_{decision.name}"): decision for decision in Decision}
_KINDS = {findings_pb2.ZoneKind.Value(f"ZONE_KIND_{kind.name}"): kind for kind in ZoneKind}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}


class FindingsServicer(findings_pb2_grpc.FindingsServiceServicer):
    """See findings.proto."""

    def __init__(self, findings: Findings, eyes: Eyes, clock: Clock) -> None:
        self._findings, self._eyes, self._clock = findings, eyes, clock

    async def ListFindings(
        self, request: findings_pb2.ListFindingsRequest, context: Context
    ) -> findings_pb2.ListFindingsResponse:
        place = paging.decode(request.page_token, keys=1)
        found, after = await self._findings.list_findings(
            current_caller().scope("video.read"),
            states=[_STATE_OF[number] for number in request.states if number in _STATE_OF],
            class_codes=request.class_codes,
            camera_id=request.camera_id,
            area_code=request.area_code,
            before=UUID(place[0]) if place else None,
            size=request.page_size,
        )
        return findings_pb2.ListFindingsResponse(
            findings=[finding_message(finding) for finding in found],
            next_page_token=paging.encode(str(after)) if after else "",
        )

    async def GetFinding(
        self, request: findings_pb2.GetFindingRequest, context: Context
    ) -> findings_pb2.GetFindingResponse:
        finding, sightings = await self._findings.get_finding(
            _finding_id(request.finding_id), current_caller().scope("video.read")
        )
        answer = findings_pb2.GetFindingResponse(finding=finding_message(finding))
        for at, box, confidence, evidence_id in sightings:
            told = answer.sightings.add(
                box=box_message(box), confidence=confidence, evidence_id=str(evidence_id) if evidence_id else ""
            )
            told.at.FromDatetime(at)
        return answer

    async def FlagFinding(
        self, request: findings_pb2.FlagFindingRequest, context: Context
    ) -> findings_pb2.FlagFindingResponse:
        caller = current_caller()
        finding, joined = await self._findings.flag(
            Flag(
                camera_id=request.camera_id,
                snapshot_id=_snapshot_id(request.snapshot_id),
                class_code=request.class_code,
                box=_box(request.box) if request.HasField("box") else None,
                words=request.words,
                task_type=request.task_type,
            ),
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.report"),
        )
        return findings_pb2.FlagFindingResponse(finding=finding_message(finding), joined=joined)

    async def DecideFinding(
        self, request: findings_pb2.DecideFindingRequest, context: Context
    ) -> findings_pb2.DecideFindingResponse:
        caller = current_caller()
        verdict = Verdict(
            decision=_DECISIONS[request.decision],
            version=request.version,
            by=caller.subject,
            at=self._clock.now(),
            reason=request.reason,
            class_code=request.class_code,
            words=request.words,
        )
        finding = await self._findings.decide(
            _finding_id(request.finding_id),
            verdict,
            into_id=_finding_id(request.into_finding_id) if request.into_finding_id else None,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.findings.decide"),
        )
        return findings_pb2.DecideFindingResponse(finding=finding_message(finding))

    async def ListClasses(
        self, request: findings_pb2.ListClassesRequest, context: Context
    ) -> findings_pb2.ListClassesResponse:
        classes = [
            findings_pb2.FindingClass(
                code=found.code,
                name=found.name,
                name_en=found.name_en,
                task_type=self._findings.task_types.get(found.code, found.task_type),
                visits_min=found.visits_min,
                lasts_s_min=int(found.lasts.total_seconds()),
                window_s=int(found.window.total_seconds()),
                by_machine=found.by_machine,
                needs_detector=found.needs_detector,
            )
            for found in CLASSES.values()
        ]
        return findings_pb2.ListClassesResponse(classes=classes, detector=self._eyes.detector)

    async def GetAccuracy(
        self, request: findings_pb2.GetAccuracyRequest, context: Context
    ) -> findings_pb2.GetAccuracyResponse:
        rows = await self._findings.accuracy(
            current_caller().scope("video.read"),
            since=request.since.ToDatetime(tzinfo=UTC) if request.HasField("since") else None,
            camera_id=request.camera_id,
        )
        return findings_pb2.GetAccuracyResponse(
            cameras=[_accuracy_message(row) for row in rows], classes=[_accuracy_message(row) for row in summed(rows)]
        )

    async def TrustClass(
        self, request: findings_pb2.TrustClassRequest, context: Context
    ) -> findings_pb2.TrustClassResponse:
        caller = current_caller()
        await self._findings.trust(
            request.camera_id,
            request.class_code,
            trusted=request.trusted,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.zones.write"),
        )
        return findings_pb2.TrustClassResponse()

    async def ListZones(
        self, request: findings_pb2.ListZonesRequest, context: Context
    ) -> findings_pb2.ListZonesResponse:
        watched = await self._findings.zones(request.camera_id, request.preset, current_caller().scope("video.read"))
        return findings_pb2.ListZonesResponse(
            zones=[_zone_message(zone) for zone in watched.zones],
            fixtures=[box_message(box) for box in watched.fixtures],
        )

    async def SaveZones(
        self, request: findings_pb2.SaveZonesRequest, context: Context
    ) -> findings_pb2.SaveZonesResponse:
        await self._findings.save_zones(
            request.camera_id,
            request.preset,
            [_zone(zone) for zone in request.zones],
            points_of(request.ground_points),
            current_caller().scope("video.zones.write"),
        )
        return findings_pb2.SaveZonesResponse()


def _finding_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise FindingUnknown(finding=text) from None


def _snapshot_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise SnapshotUnknown(snapshot=text) from None


def _box(message: findings_pb2.Box) -> Box:
    return Box(
        min(message.left, message.right),
        min(message.top, message.bottom),
        max(message.left, message.right),
        max(message.top, message.bottom),
    )


def _zone(message: findings_pb2.Zone) -> Zone:
    return Zone(
        id=message.id,
        name=message.name,
        kind=_KINDS[message.kind],
        corners=tuple((corner.x, corner.y) for corner in message.corners),
        crowd_min=message.crowd_min,
    )


def _zone_message(zone: Zone) -> findings_pb2.Zone:
    return findings_pb2.Zone(
        id=zone.id,
        name=zone.name,
        kind=_KIND_NUMBERS[zone.kind],
        corners=[findings_pb2.Corner(x=x, y=y) for x, y in zone.corners],
        crowd_min=zone.crowd_min,
    )


def _accuracy_message(row: Accuracy) -> findings_pb2.ClassAccuracy:
    return findings_pb2.ClassAccuracy(
        class_code=row.class_code,
        camera_id=row.camera_id,
        confirmed_count=row.confirmed,
        refused_count=row.refused,
        fixture_count=row.fixtures,
        false_alarm_rate=row.false_alarm_rate,
        trusted=row.trusted,
    )
