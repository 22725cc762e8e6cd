"""Answers calls about duties."""

from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.incidents.v1 import duties_pb2, duties_pb2_grpc

from services.incidents.duties.actions import Leading
from services.incidents.duties.domain import DutyUnknown
from services.incidents.duties.messages import appraisal_of
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class DutiesServicer(duties_pb2_grpc.DutiesServiceServicer):
    """See duties.proto."""

    def __init__(self, leading: Leading) -> None:
        self._leading = leading

    async def DraftDuty(self, request: duties_pb2.DraftDutyRequest, context: Context) -> duties_pb2.DraftDutyResponse:
        """See duties.proto."""
        caller = current_caller()
        if request.duty.id:
            _require_id(request.duty.id)
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        return duties_pb2.DraftDutyResponse.FromString(await self._leading.draft(key, request.duty, caller))

    async def PublishDuty(
        self, request: duties_pb2.PublishDutyRequest, context: Context
    ) -> duties_pb2.PublishDutyResponse:
        """See duties.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._leading.publish(key, request.id, request.version, caller)
        return duties_pb2.PublishDutyResponse.FromString(answer)

    async def RecordWork(
        self, request: duties_pb2.RecordWorkRequest, context: Context
    ) -> duties_pb2.RecordWorkResponse:
        """See duties.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._leading.work(key, request.id, request.quantity, request.words, caller)
        return duties_pb2.RecordWorkResponse.FromString(answer)

    async def AppraiseDuty(
        self, request: duties_pb2.AppraiseDutyRequest, context: Context
    ) -> duties_pb2.AppraiseDutyResponse:
        """See duties.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._leading.appraise(key, request.id, appraisal_of(request.appraisal), caller)
        return duties_pb2.AppraiseDutyResponse.FromString(answer)

    async def ListDuties(
        self, request: duties_pb2.ListDutiesRequest, context: Context
    ) -> duties_pb2.ListDutiesResponse:
        """See duties.proto."""
        duties = await self._leading.overview(
            request.area_code, current_caller(), with_drafts=request.with_drafts, size=request.page_size
        )
        return duties_pb2.ListDutiesResponse(duties=duties)


def _require_id(duty_id: str) -> None:
    try:
        UUID(duty_id)
    except ValueError:
        raise DutyUnknown(duty_id=duty_id) from None
