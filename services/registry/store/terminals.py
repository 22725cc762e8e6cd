"""Remembers which grid a worker's phone is bound to, and each time one tried to write elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from services.platform import sql
from services.platform.database import Transaction
from services.platform.ids import uuid7

queries = sql.load(__package__, "staff.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A phone tried to write about a place outside its grid."""

    terminal_id: str
    grid_code: str
    #: The grid the place lies in; empty when it lies outside the city.
    found_grid_code: str
    longitude_deg: float
    latitude_deg: float
    asked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The grid a phone is bound to, and where that lies."""

    grid_code: str
    area_path: str


async def save_terminal(
    transaction: Transaction, terminal_id: str, *, grid_code: str, bound_by: str, now: datetime
) -> None:
    """Bind a phone to a grid; one bound elsewhere moves."""
    await transaction.execute(
        queries.save_terminal, {"id": terminal_id, "grid_code": grid_code, "bound_by": bound_by, "now": now}
    )


async def find_terminal(transaction: Transaction, terminal_id: str) -> Binding | None:
    """The grid a phone is bound to."""
    row = await (await transaction.execute(queries.find_terminal, {"id": terminal_id})).fetchone()
    return Binding(**row) if row else None


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
