"""Answers calls about the rescue circle."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import grpc
from gridward.common.v1 import place_pb2
from gridward.video.v1 import rescue_pb2, rescue_pb2_grpc

from services.platform.clock import Clock
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.rescue import Rescue
from services.video.domain.cameras import Place
from services.video.domain.errors import RescueCallUnknown
from services.video.domain.rescue import Call, Kind, Outcome, Resource
from services.video.events import point_message

Context = grpc.aio.ServicerContext[Any, Any]
_KINDS = {rescue_pb2.RescueKind.Value(f"RESCUE_KIND_{kind.name}"): kind for kind in Kind}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_OUTCOMES = {outcome: rescue_pb2.RescueOutcome.Value(f"RESCUE_OUTCOME_{outcome.name}") for outcome in Outcome}


class RescueServicer(rescue_pb2_grpc.RescueServiceServicer):
    """See rescue.proto."""

    def __init__(self, rescue: Rescue, clock: Clock) -> None:
        self._rescue, self._clock = rescue, clock

    async def SaveResources(
        self, request: rescue_pb2.SaveResourcesRequest, context: Context
    ) -> rescue_pb2.SaveResourcesResponse:
        key = RequestKey.of(request, subject=current_caller().subject, request_id=request.request_id)
        saved = await self._rescue.save_resources([_resource(one) for one in request.resources], key=key)
        return rescue_pb2.SaveResourcesResponse(saved_count=saved)

    async def RaiseCall(self, request: rescue_pb2.RaiseCallRequest, context: Context) -> rescue_pb2.RaiseCallResponse:
        caller = current_caller()
        raised = await self._rescue.raise_call(
            _place(request.point),
            request.words,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.rescue.act"),
        )
        return rescue_pb2.RaiseCallResponse(
            call=self._call_message(raised.call),
            resources=[
                rescue_pb2.NearResource(resource=_resource_message(resource), distance_m=metres)
                for resource, metres in raised.resources
            ],
            cameras=[
                rescue_pb2.NearCamera(camera_id=camera.id, name=camera.name, distance_m=metres, looks_there=looks)
                for camera, metres, looks in raised.cameras
            ],
        )

    async def MarkOnSite(
        self, request: rescue_pb2.MarkOnSiteRequest, context: Context
    ) -> rescue_pb2.MarkOnSiteResponse:
        try:
            call_id = UUID(request.call_id)
        except ValueError:
            raise RescueCallUnknown(call=request.call_id) from None
        call = await self._rescue.mark_on_site(call_id, request.resource_id)
        return rescue_pb2.MarkOnSiteResponse(call=self._call_message(call))

    async def ListCalls(self, request: rescue_pb2.ListCallsRequest, context: Context) -> rescue_pb2.ListCallsResponse:
        since: datetime | None = request.since.ToDatetime(tzinfo=UTC) if request.HasField("since") else None
        calls = await self._rescue.list_calls(since=since)
        now = self._clock.now()
        return rescue_pb2.ListCallsResponse(
            calls=[self._call_message(call) for call in calls],
            met_count=sum(call.outcome(now) == Outcome.MET for call in calls),
            missed_count=sum(call.outcome(now) == Outcome.MISSED for call in calls),
        )

    def _call_message(self, call: Call) -> rescue_pb2.RescueCall:
        message = rescue_pb2.RescueCall(
            id=str(call.id),
            point=point_message(call.place),
            words=call.words,
            raised_by=call.raised_by,
            on_site_by=call.on_site_by,
            outcome=_OUTCOMES[call.outcome(self._clock.now())],
        )
        message.raised_at.FromDatetime(call.raised_at)
        message.due_at.FromDatetime(call.due_at)
        if call.on_site_at is not None:
            message.on_site_at.FromDatetime(call.on_site_at)
        return message


def _place(point: place_pb2.Point) -> Place:
    return Place(longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg)


def _resource(message: rescue_pb2.RescueResource) -> Resource:
    return Resource(
        id=message.id,
        name=message.name,
        kind=_KINDS[message.kind],
        place=_place(message.point),
        phone=message.phone,
        on_duty=message.on_duty,
        grid_code=message.grid_code,
    )


def _resource_message(resource: Resource) -> rescue_pb2.RescueResource:
    return rescue_pb2.RescueResource(
        id=resource.id,
        name=resource.name,
        kind=_KIND_NUMBERS[resource.kind],
        point=point_message(resource.place),
        phone=resource.phone,
        on_duty=resource.on_duty,
        grid_code=resource.grid_code,
    )
