"""Rows of orders, claims and pairs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from psycopg import errors as pg

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.errors import ClaimOverlaps, OrderClaimed
from services.points.domain.orders import Claim, ClaimState, Order, Pair, Photo, Spot, State
from services.points.domain.rules import ServedBefore

queries = sql.load(__package__, "orders.sql")

CHANGING = (
    "id",
    "state",
    "published_at",
    "settled_at",
    "rating",
    "rated_by_default",
    "generation",
    "credited_at",
    "dispute_reason",
    "case_state",
)


async def insert(transaction: Transaction, order: Order) -> bool:
    """Enter an order, or add what its owner said besides; whether it is new."""
    names = (
        "id", "number", "category", "description", "place", "area_path", "grid_code", "estate", "owner", "minutes",
        "people", "wanted_at", "opened_at", "case_state",
    )  # fmt: skip
    values = {name: getattr(order, name) for name in names}
    values |= {"longitude_deg": order.spot.longitude_deg, "latitude_deg": order.spot.latitude_deg}
    row = await (await transaction.execute(queries.insert_order, values)).fetchone()
    return bool(row and row["fresh"])


async def find(transaction: Transaction, order_id: str) -> Order | None:
    """One order."""
    row = await (await transaction.execute(queries.find_order, {"id": order_id})).fetchone()
    return _order(row) if row else None


async def lock(transaction: Transaction, order_id: str) -> Order | None:
    """One order that nobody else changes until the transaction ends."""
    await transaction.execute(queries.lock_order, {"id": order_id})
    return await find(transaction, order_id)


async def keep_as_it_is(transaction: Transaction, order_id: str) -> Order | None:
    """One order that nobody changes until the transaction ends, though others may look at it in the same way."""
    await transaction.execute(queries.share_order, {"id": order_id})
    return await find(transaction, order_id)


async def update(transaction: Transaction, order: Order) -> None:
    """The order as it stands now."""
    await transaction.execute(queries.update_order, {name: getattr(order, name) for name in CHANGING})


async def note_dispute(
    transaction: Transaction, order_id: str, *, by: str | None = None, decision: str | None = None
) -> None:
    """Who doubts, and what was decided."""
    await transaction.execute(queries.note_dispute, {"id": order_id, "by": by, "decision": decision})


async def list_orders(
    transaction: Transaction,
    *,
    owner: str = "",
    volunteer: str = "",
    scope_areas: Sequence[str] | None = None,
    states: Iterable[State] = (),
    before: tuple[datetime, str] | None,
    size: int,
) -> list[Order]:
    """Newest first."""
    values = {
        "owner": owner,
        "volunteer": volunteer,
        "scope_areas": None if scope_areas is None else list(scope_areas),
        "states": [str(state) for state in states],
        "size": size,
    } | _before(before)
    return [_order(row) for row in await (await transaction.execute(queries.list_orders, values)).fetchall()]


async def list_offered(
    transaction: Transaction,
    volunteer: str,
    *,
    ring_minutes: int,
    now: datetime,
    before: tuple[datetime, str] | None,
    size: int,
) -> list[Order]:
    """Orders a volunteer could take now."""
    values = {"volunteer": volunteer, "ring_minutes": ring_minutes, "now": now, "size": size} | _before(before)
    return [_order(row) for row in await (await transaction.execute(queries.list_offered, values)).fetchall()]


def _before(before: tuple[datetime, str] | None) -> dict[str, object]:
    return {"before_at": before[0] if before else None, "before_id": before[1] if before else None}


async def candidates(transaction: Transaction, order_id: str, *, size: int) -> list[Row]:
    """Who could come: subject, nickname, ring, fits."""
    return await (await transaction.execute(queries.list_candidates, {"id": order_id, "size": size})).fetchall()


def _order(row: Row) -> Order:
    values = dict(row)
    spot = Spot(values.pop("longitude_deg"), values.pop("latitude_deg"))
    left = values.pop("places")
    return Order(**{**values, "spot": spot, "state": State(row["state"]), "left": left})


async def insert_claim(transaction: Transaction, claim: Claim, *, begin: datetime, end: datetime) -> None:
    """Enter a claim. Fails with ORDER_CLAIMED, CLAIM_OVERLAPS; the transaction goes on after either."""
    values = {
        "id": claim.id,
        "order_id": claim.order_id,
        "volunteer": claim.volunteer,
        "begin": begin,
        "end": end,
        "at": claim.claimed_at,
    }
    try:
        async with transaction.transaction():
            await transaction.execute(queries.insert_claim, values)
    except pg.UniqueViolation:
        raise OrderClaimed from None
    except pg.ExclusionViolation:
        row = await (await transaction.execute(queries.overlapping, values)).fetchone()
        if row and row["id"] == claim.order_id:
            raise OrderClaimed from None
        raise ClaimOverlaps(number=row["number"] if row else "-") from None


async def update_claim(transaction: Transaction, claim: Claim) -> None:
    """The claim as it stands now."""
    names = ("id", "state", "checked_in_at", "checked_out_at", "note", "decision", "minutes_there", "minutes", "points")
    values = {name: getattr(claim, name) for name in names}
    photos = json.dumps([asdict(photo) for photo in claim.photos])
    await transaction.execute(queries.update_claim, values | {"photos": photos})


async def note_claim(
    transaction: Transaction,
    claim_id: UUID,
    *,
    device: str | None = None,
    decided_by: str | None = None,
    requested_at: datetime | None = None,
    settled_at: datetime | None = None,
    served_on: date | None = None,
    given_that_day: int | None = None,
) -> None:
    """What is kept of a claim beside what it shows."""
    values = {
        "id": claim_id,
        "device": device,
        "decided_by": decided_by,
        "requested_at": requested_at,
        "settled_at": settled_at,
        "served_on": served_on,
        "given_that_day": given_that_day,
    }
    await transaction.execute(queries.note_claim, values)


async def claims_of(transaction: Transaction, order_id: str, *, volunteer: str = "") -> list[Claim]:
    """Claims of an order, oldest first."""
    values = {"order_id": order_id, "volunteer": volunteer}
    return [_claim(row) for row in await (await transaction.execute(queries.list_claims, values)).fetchall()]


async def my_claims(transaction: Transaction, volunteer: str, orders: Sequence[Order]) -> dict[str, Claim]:
    """One volunteer's live claims by order."""
    values = {"volunteer": volunteer, "orders": [order.id for order in orders]}
    rows = await (await transaction.execute(queries.list_my_claims, values)).fetchall()
    return {row["order_id"]: _claim(row) for row in rows}


def _claim(row: Row) -> Claim:
    photos = tuple(Photo(**photo) for photo in row["photos"])
    return Claim(**{**row, "state": ClaimState(row["state"]), "photos": photos})


async def count_no_shows(transaction: Transaction, volunteer: str, *, since: datetime) -> int:
    """How often somebody did not come."""
    row = await (await transaction.execute(queries.count_no_shows, {"volunteer": volunteer, "since": since})).fetchone()
    return int(row["times"]) if row else 0


async def given_that_day(transaction: Transaction, volunteer: str, day: date, *, but: UUID) -> int:
    """Minutes already counted; nobody credits the same volunteer until the transaction ends."""
    await transaction.execute(queries.lock_day, {"volunteer": volunteer})
    values = {"volunteer": volunteer, "day": day, "but": but}
    row = await (await transaction.execute(queries.given_that_day, values)).fetchone()
    return int(row["given"]) if row else 0


async def unrated(transaction: Transaction, *, until: datetime, size: int) -> list[str]:
    """Settled orders nobody rated in time."""
    rows = await (await transaction.execute(queries.list_unrated, {"until": until, "size": size})).fetchall()
    return [row["id"] for row in rows]


async def served(transaction: Transaction, *, size: int) -> list[ServedBefore]:
    """The newest credited services."""
    rows = await (await transaction.execute(queries.list_served, {"size": size})).fetchall()
    return [ServedBefore(**row) for row in rows]


async def save_pair(transaction: Transaction, pair: Pair) -> None:
    """A pair as it is now."""
    values = {
        "id": pair.id,
        "beneficiary": pair.beneficiary,
        "need": pair.need,
        "area_path": pair.area_path,
        "volunteers": list(pair.volunteers),
        "contact_at": pair.contact_at,
    }
    await transaction.execute(queries.save_pair, values)


async def pairs(
    transaction: Transaction,
    *,
    id: UUID | None = None,
    volunteer: str = "",
    scope_areas: Sequence[str] | None = None,
    area: str = "",
    contact_before: datetime | None = None,
    size: int = 1,
) -> list[Pair]:
    """Longest without contact first."""
    values = {
        "id": id,
        "volunteer": volunteer,
        "scope_areas": None if scope_areas is None else list(scope_areas),
        "area": area,
        "contact_before": contact_before,
        "size": size,
    }
    return [_pair(row) for row in await (await transaction.execute(queries.list_pairs, values)).fetchall()]


async def record_contact(transaction: Transaction, id: UUID, *, note: str, at: datetime) -> None:
    """There was contact."""
    await transaction.execute(queries.record_contact, {"id": id, "note": note, "at": at})


async def take_overdue(transaction: Transaction, *, until: datetime, now: datetime) -> list[Pair]:
    """Pairs without contact for too long of which nobody was told yet."""
    rows = await (await transaction.execute(queries.take_overdue, {"until": until, "now": now})).fetchall()
    return [_pair(row) for row in rows]


def _pair(row: Row) -> Pair:
    return Pair(**{**row, "volunteers": tuple(row["volunteers"])})
