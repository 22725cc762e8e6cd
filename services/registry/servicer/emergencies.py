"""Answers calls about emergencies."""

from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.registry.v1 import emergencies_pb2, emergencies_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.emergencies import Declaring, EmergencyActions
from services.registry.domain.emergencies import Emergency
from services.registry.servicer.asking import asked
from services.registry.servicer.moments import moment_of, stamp

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class EmergenciesServicer(emergencies_pb2_grpc.EmergenciesServiceServicer):
    """See emergencies.proto."""

    def __init__(self, actions: EmergencyActions) -> None:
        self._actions = actions

    async def DeclareEmergency(
        self, request: emergencies_pb2.DeclareEmergencyRequest, context: Context
    ) -> emergencies_pb2.DeclareEmergencyResponse:
        """See emergencies.proto."""
        caller = current_caller()
        declaring = Declaring(
            area_code=request.area_code,
            title=request.title,
            reason=request.reason,
            opened_task_types=tuple(request.opened_task_types),
            paused_task_types=tuple(request.paused_task_types),
            roster=tuple((shift.post_code, shift.staff_code) for shift in request.roster),
            report_minutes=request.report_minutes,
            until=moment_of(request.until),
        )
        answer = await self._actions.declare(
            declaring,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda emergency: emergencies_pb2.DeclareEmergencyResponse(emergency=_told(emergency)),
            ),
        )
        return emergencies_pb2.DeclareEmergencyResponse.FromString(answer)

    async def StandDown(
        self, request: emergencies_pb2.StandDownRequest, context: Context
    ) -> emergencies_pb2.StandDownResponse:
        """See emergencies.proto."""
        caller = current_caller()
        answer = await self._actions.stand_down(
            UUID(request.id),
            reason=request.reason,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda emergency: emergencies_pb2.StandDownResponse(emergency=_told(emergency)),
            ),
        )
        return emergencies_pb2.StandDownResponse.FromString(answer)

    async def ListEmergencies(
        self, request: emergencies_pb2.ListEmergenciesRequest, context: Context
    ) -> emergencies_pb2.ListEmergenciesResponse:
        """See emergencies.proto."""
        found = await self._actions.list_emergencies(
            area_code=request.area_code, in_force_only=request.in_force_only, caller=current_caller()
        )
        return emergencies_pb2.ListEmergenciesResponse(emergencies=[_told(emergency) for emergency in found])


def _told(emergency: Emergency) -> emergencies_pb2.Emergency:
    return emergencies_pb2.Emergency(
        id=str(emergency.id),
        area_code=emergency.area_code,
        title=emergency.title,
        reason=emergency.reason,
        opened_task_types=emergency.opened_task_types,
        paused_task_types=emergency.paused_task_types,
        roster=[
            emergencies_pb2.EmergencyShift(post_code=post, staff_code=staff)
            for post, staff in sorted(emergency.roster.items())
        ],
        report_minutes=emergency.report_minutes,
        declared_by=emergency.declared_by,
        declared_at=stamp(emergency.declared_at),
        until=stamp(emergency.until),
        ended_at=stamp(emergency.ended_at),
        ended_by=emergency.ended_by,
        end_reason=emergency.end_reason,
    )
