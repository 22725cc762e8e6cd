"""Answers calls about the health of cameras."""

from collections.abc import Sequence
from typing import Any

import grpc
from gridward.video.v1 import health_pb2, health_pb2_grpc

from services.platform import paging
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.health import CameraHealth
from services.video.domain.health import Measures
from services.video.events import FAULTS
from services.video.store.watches import FaultRow, HealthRow

Context = grpc.aio.ServicerContext[Any, Any]
_FAULT_OF = {number: fault for fault, number in FAULTS.items()}


class CameraHealthServicer(health_pb2_grpc.CameraHealthServiceServicer):
    """See health.proto."""

    def __init__(self, health: CameraHealth) -> None:
        self._health = health

    async def ListHealth(
        self, request: health_pb2.ListHealthRequest, context: Context
    ) -> health_pb2.ListHealthResponse:
        place = paging.decode(request.page_token, keys=1)
        rows, faults, after = await self._health.list_health(
            current_caller().scope("video.read"),
            faults=[_FAULT_OF[number] for number in request.faults if number in _FAULT_OF],
            faulty_only=request.faulty_only,
            area_code=request.area_code,
            after=place[0] if place else "",
            size=request.page_size,
        )
        return health_pb2.ListHealthResponse(
            cameras=[_health_message(row, faults.get(row.camera_id, [])) for row in rows],
            next_page_token=paging.encode(after) if after else "",
        )

    async def ListHealthHistory(
        self, request: health_pb2.ListHealthHistoryRequest, context: Context
    ) -> health_pb2.ListHealthHistoryResponse:
        found = await self._health.history(request.camera_id, current_caller().scope("video.read"))
        return health_pb2.ListHealthHistoryResponse(periods=[_period_message(row) for row in found])

    async def RelearnCamera(
        self, request: health_pb2.RelearnCameraRequest, context: Context
    ) -> health_pb2.RelearnCameraResponse:
        caller = current_caller()
        await self._health.relearn(
            request.camera_id,
            reason=request.reason,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.zones.write"),
        )
        return health_pb2.RelearnCameraResponse()


def _health_message(row: HealthRow, faults: Sequence[FaultRow]) -> health_pb2.CameraHealth:
    view = row.view
    message = health_pb2.CameraHealth(
        camera_id=row.camera_id,
        camera_name=row.camera_name,
        owner_department=row.owner_department,
        road_segment=row.road_segment,
        faults=[_state_message(fault) for fault in faults],
        failures=view.failures,
        problem=view.problem,
        learned=view.day.learned,
        learned_night=view.night.learned,
        measures=_measures_message(view.measures) if view.measures else None,
    )
    if view.seen_at is not None:
        message.last_seen_at.FromDatetime(view.seen_at)
    if view.tried_at is not None:
        message.last_tried_at.FromDatetime(view.tried_at)
    if view.resting_until is not None:
        message.resting_until.FromDatetime(view.resting_until)
    return message


def _state_message(row: FaultRow) -> health_pb2.FaultState:
    message = health_pb2.FaultState(
        fault=FAULTS[row.fault],
        case_id=row.case_id,
        case_number=row.case_number,
        measured=row.measured,
        evidence_id=str(row.evidence_id) if row.evidence_id else "",
    )
    message.since.FromDatetime(row.begun_at)
    return message


def _period_message(row: FaultRow) -> health_pb2.FaultPeriod:
    message = health_pb2.FaultPeriod(
        fault=FAULTS[row.fault], measured=row.measured, case_id=row.case_id, case_number=row.case_number
    )
    message.begun_at.FromDatetime(row.begun_at)
    if row.ended_at is not None:
        message.ended_at.FromDatetime(row.ended_at)
    return message


def _measures_message(measures: Measures) -> health_pb2.Measures:
    return health_pb2.Measures(
        brightness=measures.brightness,
        contrast=measures.contrast,
        sharpness=measures.sharpness,
        flat=measures.flat,
        noise=measures.noise,
        shift_px=measures.shift_px,
        shift_surety=measures.shift_surety,
        changed=measures.changed,
    )
