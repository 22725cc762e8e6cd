"""Answers calls about who holds which post."""

from typing import Any, TypeAlias

import grpc
from gridward.registry.v1 import holders_pb2, holders_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.holders import HolderActions, Naming
from services.registry.domain.holders import Holding
from services.registry.domain.staff import StoredPost
from services.registry.servicer.asking import asked
from services.registry.servicer.moments import moment_given, stamp
from services.registry.servicer.people import post_message

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class HoldersServicer(holders_pb2_grpc.HoldersServiceServicer):
    """See holders.proto."""

    def __init__(self, actions: HolderActions) -> None:
        self._actions = actions

    async def NameHolder(
        self, request: holders_pb2.NameHolderRequest, context: Context
    ) -> holders_pb2.NameHolderResponse:
        """See holders.proto."""
        caller = current_caller()
        answer = await self._actions.name(
            Naming(
                post_code=request.post_code,
                staff_code=request.staff_code,
                from_at=moment_given(request, "from_at"),
                reason=request.reason,
            ),
            caller=caller,
            asked=asked(request, caller=caller, request_id=request.request_id, answer=_settled),
        )
        return holders_pb2.NameHolderResponse.FromString(answer)

    async def ListHoldings(
        self, request: holders_pb2.ListHoldingsRequest, context: Context
    ) -> holders_pb2.ListHoldingsResponse:
        """See holders.proto."""
        found = await self._actions.listed(request.post_code, caller=current_caller())
        return holders_pb2.ListHoldingsResponse(holdings=[_message(holding) for holding in found])


def _settled(result: tuple[StoredPost, Holding]) -> holders_pb2.NameHolderResponse:
    stored, holding = result
    return holders_pb2.NameHolderResponse(post=post_message(stored), holding=_message(holding))


def _message(holding: Holding) -> holders_pb2.Holding:
    return holders_pb2.Holding(
        staff_code=holding.staff_code,
        from_at=stamp(holding.from_at),
        reason=holding.reason,
        named_by=holding.named_by,
        named_at=stamp(holding.named_at),
        to_come=holding.to_come,
    )
