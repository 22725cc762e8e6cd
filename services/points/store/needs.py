"""Reads who fits an order and was not told of it, and keeps who was."""

from collections.abc import Sequence
from datetime import datetime

from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__, "orders.sql")


async def list_untold(connection: Transaction, *, ring_minutes: int, now: datetime, size: int) -> dict[str, list[str]]:
    """Subjects by order, the nearest first."""
    cursor = await connection.execute(queries.list_untold, {"ring_minutes": ring_minutes, "now": now, "size": size})
    found: dict[str, list[str]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["order_id"], []).append(row["subject"])
    return found


async def list_unasked(connection: Transaction, *, ring_minutes: int, now: datetime, size: int) -> list[Row]:
    """id, category, area_path, owner of orders for which no organisation was looked for yet."""
    values = {"ring_minutes": ring_minutes, "now": now, "size": size}
    return await (await connection.execute(queries.list_unasked, values)).fetchall()


async def note_asked(connection: Transaction, order_id: str, *, at: datetime) -> None:
    """Organisations were looked for."""
    await connection.execute(queries.note_asked, {"order_id": order_id, "at": at})


async def told_of(connection: Transaction, order_id: str, subjects: Sequence[str]) -> set[str]:
    """Those of some who were told of an order."""
    cursor = await connection.execute(queries.list_told, {"order_id": order_id, "subjects": list(subjects)})
    return {row["subject"] for row in await cursor.fetchall()}


async def note_told(connection: Transaction, order_id: str, subjects: Sequence[str], *, at: datetime) -> None:
    """They were told of an order."""
    await connection.execute(queries.note_told, {"order_id": order_id, "subjects": list(subjects), "at": at})
