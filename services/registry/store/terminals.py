"""Remembers which grid a worker's phone is bound to, who had it when, and each time one tried to write elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.platform import sql
from services.platform.database import Transaction
from services.platform.ids import uuid7

queries = sql.load(__package__, "terminals.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A phone tried to read or write about a place outside its grid."""

    terminal_id: str
    grid_code: str
    #: The grid the place lies in; empty when it lies outside the city.
    found_grid_code: str
    longitude_deg: float
    latitude_deg: float
    asked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A phone, the one grid it is bound to, where that lies, and who has it."""

    id: str
    grid_code: str
    staff_code: str
    bound_at: datetime
    revoked_at: datetime | None
    area_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which a phone was bound so; how it ended is empty while it lasts."""

    grid_code: str
    staff_code: str
    began_at: datetime
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRefusal:
    """A refusal as it is on record."""

    refused_at: datetime
    grid_code: str
    found_grid_code: str
    asked_by: str


async def bind(
    transaction: Transaction,
    terminal_id: str,
    *,
    grid_code: str,
    staff_code: str,
    ended_by: str,
    by: str,
    now: datetime,
) -> None:
    """Bind a phone to a grid and a worker from now on; the span before ends in the given way."""
    told = {"id": terminal_id, "grid_code": grid_code, "staff_code": staff_code, "by": by, "now": now}
    await transaction.execute(queries.end_terminal_span, {**told, "ended_by": ended_by, "reason": ""})
    await transaction.execute(queries.save_terminal, told)
    await transaction.execute(queries.begin_terminal_span, told)


async def revoke(transaction: Transaction, terminal_id: str, *, reason: str, now: datetime) -> None:
    """Withdraw a phone."""
    told = {"id": terminal_id, "now": now, "ended_by": "revoked", "reason": reason}
    await transaction.execute(queries.end_terminal_span, told)
    await transaction.execute(queries.revoke_terminal, told)


async def find_terminal(transaction: Transaction, terminal_id: str) -> Terminal | None:
    """One phone."""
    row = await (await transaction.execute(queries.find_terminal, {"id": terminal_id})).fetchone()
    return Terminal(**row) if row else None


async def list_terminals(transaction: Transaction, *, grids: Sequence[str], after: str, size: int) -> list[Terminal]:
    """One page of phones bound to any of these grids."""
    cursor = await transaction.execute(queries.list_terminals, {"grids": list(grids), "after": after, "size": size})
    return [Terminal(**row) for row in await cursor.fetchall()]


async def read_history(transaction: Transaction, terminal_id: str) -> tuple[list[Span], list[PastRefusal]]:
    """Who had a phone when, and what was refused on it, newest first."""
    spans = await (await transaction.execute(queries.list_terminal_spans, {"id": terminal_id})).fetchall()
    refusals = await (await transaction.execute(queries.list_terminal_refusals, {"id": terminal_id})).fetchall()
    return [Span(**row) for row in spans], [PastRefusal(**row) for row in refusals]


async def insert_refusal(transaction: Transaction, refusal: Refusal, *, now: datetime) -> None:
    """Keep that it was tried."""
    await transaction.execute(
        queries.insert_terminal_refusal,
        {
            "id": uuid7(),
            "terminal_id": refusal.terminal_id,
            "grid_code": refusal.grid_code,
            "found_grid_code": refusal.found_grid_code,
            "longitude_deg": refusal.longitude_deg,
            "latitude_deg": refusal.latitude_deg,
            "asked_by": refusal.asked_by,
            "now": now,
        },
    )
