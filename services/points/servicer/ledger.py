"""Answers calls to the books: one group, many, or a stream of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from functools import partial
from typing import Any, Final
from uuid import UUID

import grpc
from gridward.points.v1 import ledger_pb2, ledger_pb2_grpc

from services.platform import validation
from services.platform.errors import GridwardError, Invalid, Unavailable
from services.platform.lifecycle import end
from services.points.actions.batcher import Batcher, Lane
from services.points.actions.ledger import LedgerActions
from services.points.domain.ledger import Account, Group, Leg, Receipt, Sort, require_done

Context = grpc.aio.ServicerContext[Any, Any]

#: Groups of one stream that may wait for their commit; the sender is held up beyond.
STREAM_UNDER_WAY_MAX: Final = 2000


class _Desk:
    """One stream: takes what comes, and answers each group once it is posted, without a task for each."""

    def __init__(self, batcher: Batcher) -> None:
        self.answers: asyncio.Queue[ledger_pb2.StreamPostResponse | None] = asyncio.Queue()
        self._batcher = batcher
        self._room = asyncio.Semaphore(STREAM_UNDER_WAY_MAX)

    async def read(self, requests: AsyncIterator[ledger_pb2.StreamPostRequest]) -> None:
        """Hand over what comes until the sender is done and all of it is answered; None is the last answer."""
        try:
            async for request in requests:
                await self._room.acquire()
                self._begin(request)
            for _ in range(STREAM_UNDER_WAY_MAX):
                await self._room.acquire()
        finally:
            self.answers.put_nowait(None)

    def _begin(self, request: ledger_pb2.StreamPostRequest) -> None:
        try:
            validation.check(request)
            posted = self._batcher.begin(_group(request.legs), lane=Lane.BULK)
        except GridwardError as error:
            self._refuse(request.number, error)
        else:
            posted.add_done_callback(partial(self._answer, request.number))

    def _answer(self, number: int, posted: asyncio.Future[list[Receipt]]) -> None:
        error = Unavailable(part="points") if posted.cancelled() else posted.exception()
        if error is not None:
            self._refuse(number, error if isinstance(error, GridwardError) else GridwardError())
            return
        self.answers.put_nowait(ledger_pb2.StreamPostResponse(number=number, results=_results(posted.result())))
        self._room.release()

    def _refuse(self, number: int, error: GridwardError) -> None:
        self.answers.put_nowait(ledger_pb2.StreamPostResponse(number=number, refused=error.reason))
        self._room.release()


class LedgerServicer(ledger_pb2_grpc.LedgerServiceServicer):
    """See ledger.proto."""

    def __init__(self, actions: LedgerActions) -> None:
        self._actions = actions

    async def Post(self, request: ledger_pb2.PostRequest, context: Context) -> ledger_pb2.PostResponse:
        """See ledger.proto."""
        receipts = await self._actions.batcher.post(_group(request.legs))
        require_done(receipts)
        return ledger_pb2.PostResponse(results=_results(receipts))

    async def PostBatch(self, request: ledger_pb2.PostBatchRequest, context: Context) -> ledger_pb2.PostBatchResponse:
        """See ledger.proto."""
        receipts = await self._actions.batcher.post_many([_group(group.legs) for group in request.groups])
        return ledger_pb2.PostBatchResponse(
            groups=[ledger_pb2.PostResponse(results=_results(of_group)) for of_group in receipts]
        )

    async def StreamPost(
        self, requests: AsyncIterator[ledger_pb2.StreamPostRequest], context: Context
    ) -> AsyncIterator[ledger_pb2.StreamPostResponse]:
        """See ledger.proto."""
        desk = _Desk(self._actions.batcher)
        reader = asyncio.create_task(desk.read(requests))
        try:
            while (told := await desk.answers.get()) is not None:
                yield told
            await reader
        finally:
            await end([reader])

    async def Reverse(self, request: ledger_pb2.ReverseRequest, context: Context) -> ledger_pb2.ReverseResponse:
        """See ledger.proto."""
        receipts = await self._actions.reverse(UUID(request.key), cause=request.cause)
        taken = sum(r.leg.amount for r in receipts if r.leg.debit.kind != "debt")
        return ledger_pb2.ReverseResponse(taken=taken, owed=sum(r.leg.amount for r in receipts) - taken)

    async def VerifyLedger(
        self, request: ledger_pb2.VerifyLedgerRequest, context: Context
    ) -> ledger_pb2.VerifyLedgerResponse:
        """See ledger.proto."""
        audit = await self._actions.verify()
        return ledger_pb2.VerifyLedgerResponse(
            accounts=audit.accounts,
            transfers=audit.transfers,
            faults=[
                ledger_pb2.LedgerFault(kind=f.kind, subject=f.subject, expected=f.expected, found=f.found)
                for f in audit.faults
            ],
            closed=await self._actions.why_closed(),
        )


def _group(legs: Sequence[ledger_pb2.PostLeg]) -> Group:
    return tuple(_leg(leg) for leg in legs)


def _leg(message: ledger_pb2.PostLeg) -> Leg:
    sort = Sort.RESOLVE if message.resolves else Sort.HOLD if message.HasField("hold_until") else Sort.PLAIN
    try:
        ref = UUID(message.resolves) if message.resolves else None
    except ValueError as error:
        raise Invalid(problem="resolves is no UUID") from error
    return Leg(
        key=UUID(message.key),
        debit=Account(message.debit.owner, message.debit.unit, message.debit.kind),
        credit=Account(message.credit.owner, message.credit.unit, message.credit.kind),
        amount=message.amount,
        reason=message.reason,
        cause=message.cause,
        sort=sort,
        ref=ref,
        hold_until=message.hold_until.ToDatetime(tzinfo=UTC) if sort is Sort.HOLD else None,
    )


def _results(receipts: Sequence[Receipt]) -> list[ledger_pb2.PostResult]:
    return [
        ledger_pb2.PostResult(
            outcome=ledger_pb2.PostOutcome.ValueType(int(receipt.outcome) + 1),
            debit_after=receipt.debit_after,
            credit_after=receipt.credit_after,
        )
        for receipt in receipts
    ]
