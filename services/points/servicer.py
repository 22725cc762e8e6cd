"""Answers calls about points."""

from typing import Any

import grpc
from gridward.points.v1 import points_pb2, points_pb2_grpc

from services.platform import paging
from services.platform.identity import current_caller
from services.points.actions import Actions
from services.points.domain import book_of, credit
from services.points.events import transfer_message

Context = grpc.aio.ServicerContext[Any, Any]


class PointsServicer(points_pb2_grpc.PointsServiceServicer):
    """See points.proto."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def CreditAccount(
        self, request: points_pb2.CreditAccountRequest, context: Context
    ) -> points_pb2.CreditAccountResponse:
        """See points.proto."""
        posting = credit(
            key=request.key, owner=request.owner, amount=request.amount, reason=request.reason, cause=request.cause
        )
        transfer = await self._actions.credit_account(posting)
        return points_pb2.CreditAccountResponse(transfer=transfer_message(transfer))

    async def GetBalance(
        self, request: points_pb2.GetBalanceRequest, context: Context
    ) -> points_pb2.GetBalanceResponse:
        """See points.proto."""
        owner = _visible(request.owner)
        return points_pb2.GetBalanceResponse(owner=owner, balance=await self._actions.read_balance(owner))

    async def ListTransfers(
        self, request: points_pb2.ListTransfersRequest, context: Context
    ) -> points_pb2.ListTransfersResponse:
        """See points.proto."""
        page = await self._actions.list_transfers(
            _visible(request.owner), before=_place(request.page_token), size=request.page_size
        )
        return points_pb2.ListTransfersResponse(
            transfers=[transfer_message(entry.transfer) for entry in page.entries],
            next_page_token="" if page.before is None else paging.encode(str(page.before)),
        )


def _visible(owner: str) -> str:
    """Accounts lie in no area: whoever may read points anywhere may read all."""
    caller = current_caller()
    return book_of(owner, subject=caller.subject, reads_all=bool(caller.scope("points.read").area_paths))


def _place(token: str) -> int | None:
    keys = paging.decode(token, keys=1)
    if keys is None:
        return None
    if not keys[0].isascii() or not keys[0].isdecimal() or len(keys[0]) > 18:
        raise paging.PageTokenInvalid
    return int(keys[0])
