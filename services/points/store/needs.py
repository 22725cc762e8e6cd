"""Reads who fits an order and was not told of it, and keeps who was."""

from collections.abc import Sequence
from datetime import datetime

from services.platform import sql
from services.platform.database import Transaction

queries = sql.load(__package__, "orders.sql")


async def list_untold(connection: Transaction, *, ring_minutes: int, now: datetime, size: int) -> dict[str, list[str]]:
    """Subjects by order, the nearest first."""
    cursor = await connection.execute(queries.list_untold, {"ring_minutes": ring_minutes, "now": now, "size": size})
    found: dict[str, list[str]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["order_id"], []).append(row["subject"])
    return found


async def note_told(connection: Transaction, order_id: str, subjects: Sequence[str], *, at: datetime) -> None:
    """They were told of an order."""
    await connection.execute(queries.note_told, {"order_id": order_id, "subjects": list(subjects), "at": at})
