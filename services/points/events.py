"""Tells the city that somebody earned something."""

from gridward.points.v1 import points_pb2

from services.platform import outbox
from services.platform.database import Transaction
from services.points.domain import Transfer


def transfer_message(transfer: Transfer) -> points_pb2.Transfer:
    """A transfer as others are told of it."""
    message = points_pb2.Transfer(
        id=str(transfer.id),
        debit_owner=transfer.debit_owner,
        credit_owner=transfer.credit_owner,
        amount=transfer.amount,
        reason=transfer.reason,
        cause=transfer.cause,
        balance_after=transfer.balance_after,
    )
    message.at.FromDatetime(transfer.at)
    return message


async def publish_points_credited(transaction: Transaction, transfer: Transfer) -> None:
    """In the transaction of the transfer; the events of one person keep their order."""
    await outbox.publish(
        transaction,
        type="points_credited",
        subject=transfer.credit_owner,
        payload=points_pb2.PointsCredited(transfer=transfer_message(transfer)),
        at=transfer.at,
    )
