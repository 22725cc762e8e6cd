"""Rows of the mall: places, goods, shelves, redemptions."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.mall import Goods, Place, Redemption, Shelf, State

queries = sql.load(__package__, "mall.sql")


async def save_place(transaction: Transaction, place: Place) -> None:
    """A place as it is now."""
    await transaction.execute(queries.save_place, {name: getattr(place, name) for name in Place.__slots__})


async def places(transaction: Transaction, code: str = "") -> list[Place]:
    """All, or one."""
    return [Place(**row) for row in await (await transaction.execute(queries.list_places, {"code": code})).fetchall()]


async def save_goods(transaction: Transaction, goods: Goods, *, at: datetime) -> None:
    """Goods as they are offered now."""
    values = {name: getattr(goods, name) for name in Goods.__slots__}
    await transaction.execute(queries.save_goods, values | {"saved_at": at})


async def goods(transaction: Transaction, code: str = "", *, with_withdrawn: bool = True) -> list[Goods]:
    """All, or one."""
    values = {"code": code, "with_withdrawn": with_withdrawn}
    return [Goods(**row) for row in await (await transaction.execute(queries.list_goods, values)).fetchall()]


async def shelves(
    transaction: Transaction, *, goods_code: str = "", place_code: str = "", low_only: bool = False
) -> list[Shelf]:
    """How much lies where."""
    values = {"goods": goods_code, "place": place_code, "low_only": low_only}
    return [Shelf(**row) for row in await (await transaction.execute(queries.list_shelves, values)).fetchall()]


async def had_this_month(transaction: Transaction, owner: str, goods_code: str, month: date) -> int:
    """How many somebody had; nobody counts for the same person until the transaction ends."""
    await transaction.execute(queries.lock_wishes, {"owner": owner})
    values = {"owner": owner, "goods": goods_code, "month": month}
    row = await (await transaction.execute(queries.count_in_month, values)).fetchone()
    return int(row["had"]) if row else 0


async def insert(transaction: Transaction, wish: Redemption) -> None:
    """Set aside."""
    await transaction.execute(queries.insert_redemption, {name: getattr(wish, name) for name in Redemption.__slots__})


async def find(transaction: Transaction, *, id: UUID | None = None, digest: bytes | None = None) -> Redemption | None:
    """By id or by the digest of its code, locked."""
    row = await (await transaction.execute(queries.find_redemption, {"id": id, "digest": digest})).fetchone()
    return _redemption(row) if row else None


async def end(transaction: Transaction, id: UUID, state: State, *, by: str, at: datetime) -> None:
    """It stands somewhere else from now on."""
    await transaction.execute(queries.end_redemption, {"id": id, "state": state, "by": by, "at": at})


async def redemptions(
    transaction: Transaction,
    *,
    owner: str = "",
    place: str = "",
    states: Sequence[State] = (),
    before: tuple[datetime, UUID] | None = None,
    size: int,
) -> list[Redemption]:
    """Newest first."""
    values = {
        "owner": owner,
        "place": place,
        "states": [str(state) for state in states],
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "size": size,
    }
    return [_redemption(row) for row in await (await transaction.execute(queries.list_redemptions, values)).fetchall()]


async def lapsed(transaction: Transaction, *, now: datetime, size: int) -> list[UUID]:
    """Not fetched in time."""
    rows = await (await transaction.execute(queries.list_lapsed, {"now": now, "size": size})).fetchall()
    return [row["id"] for row in rows]


def _redemption(row: Row) -> Redemption:
    return Redemption(**{**row, "state": State(row["state"]), "code_digest": bytes(row["code_digest"])})
