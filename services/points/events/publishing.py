"""Writes an event into the transaction of what it tells."""

from datetime import datetime

from google.protobuf.message import Message

from services.platform import outbox
from services.platform.database import Transaction


async def publish(transaction: Transaction, type: str, subject: str, payload: Message, *, at: datetime) -> None:
    """One event; those of one subject keep their order."""
    await outbox.publish(transaction, type=type, subject=subject, payload=payload, at=at)
