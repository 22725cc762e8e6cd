"""Keeps who was named for which post, from when."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from services.platform import sql
from services.platform.database import Transaction
from services.registry.domain.holders import Holding

queries = sql.load(__package__, "holders.sql")


async def note(transaction: Transaction, holdings: Sequence[Holding]) -> None:
    """Write down who was named; what was to come for these posts is called off."""
    await transaction.execute(queries.call_off_holdings, {"post_codes": [holding.post_code for holding in holdings]})
    async with transaction.cursor() as cursor:
        await cursor.executemany(queries.note_holding, [asdict(holding) for holding in holdings])


async def seat(transaction: Transaction, holding: Holding) -> None:
    """From now on this person holds the post."""
    await transaction.execute(queries.seat_holder, asdict(holding))


async def find_due(transaction: Transaction, *, now: datetime) -> list[Holding]:
    """Those whose time has come, the earliest first."""
    cursor = await transaction.execute(queries.find_due_holdings, {"now": now})
    return [Holding(**row) for row in await cursor.fetchall()]


async def settle(transaction: Transaction, holding: Holding) -> None:
    """What was to come has come."""
    await transaction.execute(queries.settle_holding, asdict(holding))


async def listed(transaction: Transaction, post_code: str) -> list[Holding]:
    """The story of a post, newest first."""
    cursor = await transaction.execute(queries.list_holdings, {"post_code": post_code})
    return [Holding(**row) for row in await cursor.fetchall()]
