"""Tells who earned what."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gridward.points.v1 import points_pb2, statements_pb2

from services.platform.database import Transaction
from services.points.domain.ledger import MYSELF_UNITS, Entry, Receipt
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


def line_message(entry: Entry, titles: Mapping[str, str]) -> statements_pb2.StatementLine:
    """A transfer as one line of a book, with its cause in words where they are known."""
    line = statements_pb2.StatementLine(
        number=entry.sequence,
        key=str(entry.key),
        change=entry.change,
        after=entry.after,
        reason=entry.reason,
        cause=entry.cause,
        cause_title=titles.get(entry.cause, ""),
        expires_on=entry.expires_on.isoformat() if entry.expires_on else "",
    )
    line.at.FromDatetime(entry.at)
    return line


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
