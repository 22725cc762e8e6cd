"""Answers calls about somebody's points."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import grpc
from gridward.points.v1 import points_pb2, points_pb2_grpc

from services.platform import paging
from services.platform.identity import current_caller
from services.points.actions.ledger import LedgerActions
from services.points.domain import books
from services.points.domain.ledger import Entry, available
from services.points.domain.validity import expires_after, today_in_city
from services.points.events.points import transfer_message

Context = grpc.aio.ServicerContext[Any, Any]


class PointsServicer(points_pb2_grpc.PointsServiceServicer):
    """See points.proto."""

    def __init__(self, actions: LedgerActions) -> None:
        self._actions = actions

    async def CreditAccount(
        self, request: points_pb2.CreditAccountRequest, context: Context
    ) -> points_pb2.CreditAccountResponse:
        """See points.proto."""
        leg = books.credit(
            key=request.key,
            owner=request.owner,
            amount=request.amount,
            reason=request.reason,
            cause=request.cause,
            expires_on=expires_after(today_in_city(self._actions.clock.now())),
        )
        receipt = await self._actions.credit(leg)
        posted_at = await self._actions.posted_at(leg.key)
        return points_pb2.CreditAccountResponse(transfer=transfer_message(receipt, at=posted_at))

    async def GetBalance(
        self, request: points_pb2.GetBalanceRequest, context: Context
    ) -> points_pb2.GetBalanceResponse:
        """See points.proto."""
        owner = visible(request.owner)
        return points_pb2.GetBalanceResponse(owner=owner, balance=await self._actions.balance(owner))

    async def ListTransfers(
        self, request: points_pb2.ListTransfersRequest, context: Context
    ) -> points_pb2.ListTransfersResponse:
        """See points.proto."""
        owner = visible(request.owner)
        page = await self._actions.list_entries(
            available(owner), before=place_of(request.page_token), size=request.page_size
        )
        return points_pb2.ListTransfersResponse(
            transfers=[_transfer(owner, entry) for entry in page.entries],
            next_page_token="" if page.before is None else paging.encode(str(page.before)),
        )


def _transfer(owner: str, entry: Entry) -> points_pb2.Transfer:
    message = points_pb2.Transfer(
        id=str(entry.key),
        debit_owner=entry.other if entry.change > 0 else owner,
        credit_owner=owner if entry.change > 0 else entry.other,
        amount=abs(entry.change),
        reason=entry.reason,
        cause=entry.cause,
        balance_after=entry.after,
    )
    message.at.FromDatetime(entry.at)
    return message


def visible(owner: str) -> str:
    """Accounts lie in no area: whoever may read points anywhere may read all."""
    caller = current_caller()
    return books.book_of(owner, subject=caller.subject, reads_all=bool(caller.scope("points.read").area_paths))


def place_of(token: str) -> int | None:
    """The place in a page token; fails with PAGE_TOKEN_INVALID."""
    keys = paging.decode(token, keys=1)
    if keys is None:
        return None
    if not keys[0].isascii() or not keys[0].isdecimal() or len(keys[0]) > 18:
        raise paging.PageTokenInvalid
    return int(keys[0])


def moment_of(token: str) -> tuple[datetime, UUID] | None:
    """The moment and the id in a page token; fails with PAGE_TOKEN_INVALID."""
    keys = paging.decode(token, keys=2)
    if keys is None:
        return None
    try:
        return datetime.fromisoformat(keys[0]).astimezone(UTC), UUID(keys[1])
    except ValueError:
        raise paging.PageTokenInvalid from None
