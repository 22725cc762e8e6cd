"""Tells who earned what."""

from collections.abc import Iterable
from datetime import datetime

from gridward.points.v1 import points_pb2

from services.platform.database import Transaction
from services.points.domain.ledger import MYSELF_UNITS, Receipt
from services.points.events.publishing import publish


def transfer_message(receipt: Receipt, *, at: datetime) -> points_pb2.Transfer:
    """A transfer as others are told of it."""
    leg = receipt.leg
    message = points_pb2.Transfer(
        id=str(leg.key),
        debit_owner=leg.debit.owner,
        credit_owner=leg.credit.owner,
        amount=leg.amount,
        reason=leg.reason,
        cause=leg.cause,
        balance_after=receipt.credit_after,
    )
    message.at.FromDatetime(at)
    return message


async def publish_points_credited(transaction: Transaction, receipts: Iterable[Receipt], *, at: datetime) -> None:
    """In the transaction of the transfers; the events of one person keep their order."""
    for receipt in receipts:
        if (receipt.leg.credit.unit, receipt.leg.credit.kind) in MYSELF_UNITS:
            await publish(
                transaction,
                "points_credited",
                receipt.leg.credit.owner,
                points_pb2.PointsCredited(transfer=transfer_message(receipt, at=at)),
                at=at,
            )
