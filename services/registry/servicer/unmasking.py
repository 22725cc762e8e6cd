"""Answers calls about unmaskings."""

from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.registry.v1 import unmasking_pb2, unmasking_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.unmasking import Asking, UnmaskingActions
from services.registry.domain.unmasking import ALONE_MAX, Unmasking
from services.registry.servicer.asking import asked
from services.registry.servicer.catalogue import trace_message
from services.registry.servicer.moments import stamp

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

_STATES = {
    None: unmasking_pb2.UNMASKING_STATE_ASKED,
    True: unmasking_pb2.UNMASKING_STATE_GRANTED,
    False: unmasking_pb2.UNMASKING_STATE_REFUSED,
}


class UnmaskingServicer(unmasking_pb2_grpc.UnmaskingServiceServicer):
    """See unmasking.proto."""

    def __init__(self, actions: UnmaskingActions) -> None:
        self._actions = actions

    async def AskUnmasking(
        self, request: unmasking_pb2.AskUnmaskingRequest, context: Context
    ) -> unmasking_pb2.AskUnmaskingResponse:
        """See unmasking.proto."""
        caller = current_caller()
        answer = await self._actions.ask(
            Asking(
                purpose=request.purpose, case_id=request.case_id, people_max=request.people_max, hours=request.hours
            ),
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda told: unmasking_pb2.AskUnmaskingResponse(unmasking=self._message(told)),
            ),
        )
        return unmasking_pb2.AskUnmaskingResponse.FromString(answer)

    async def DecideUnmasking(
        self, request: unmasking_pb2.DecideUnmaskingRequest, context: Context
    ) -> unmasking_pb2.DecideUnmaskingResponse:
        """See unmasking.proto."""
        caller = current_caller()
        answer = await self._actions.decide(
            UUID(request.id),
            grant=request.grant,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda told: unmasking_pb2.DecideUnmaskingResponse(unmasking=self._message(told)),
            ),
        )
        return unmasking_pb2.DecideUnmaskingResponse.FromString(answer)

    async def ListUnmaskings(
        self, request: unmasking_pb2.ListUnmaskingsRequest, context: Context
    ) -> unmasking_pb2.ListUnmaskingsResponse:
        """See unmasking.proto."""
        found = await self._actions.listed(waiting_only=request.waiting_only, caller=current_caller())
        return unmasking_pb2.ListUnmaskingsResponse(unmaskings=[self._message(told) for told in found])

    async def ListOwnUnmaskings(
        self, request: unmasking_pb2.ListOwnUnmaskingsRequest, context: Context
    ) -> unmasking_pb2.ListOwnUnmaskingsResponse:
        """See unmasking.proto."""
        found, seen_count, traces = await self._actions.own(caller=current_caller())
        return unmasking_pb2.ListOwnUnmaskingsResponse(
            unmaskings=[self._message(told) for told in found],
            seen_count=seen_count,
            alone_max=ALONE_MAX,
            traces=[trace_message(row) for row in traces],
        )

    def _message(self, told: Unmasking) -> unmasking_pb2.Unmasking:
        state = unmasking_pb2.UNMASKING_STATE_OVER if self._actions.over(told) else _STATES[told.granted]
        return unmasking_pb2.Unmasking(
            id=str(told.id),
            asked_by=told.asked_by,
            purpose=told.purpose,
            case_id=told.case_id,
            people_max=told.people_max,
            people_used=told.people_used,
            hours=told.hours,
            state=state,
            asked_at=stamp(told.asked_at),
            decided_by=told.decided_by,
            until=stamp(told.until) if told.until else None,
        )
