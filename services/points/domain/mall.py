"""Says what points can be had for, how much of it one may have, and by which movements it changes hands."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import new as hmac
from typing import Final
from uuid import UUID, uuid5

from services.points.domain.errors import GoodsWithdrawn, LimitReached
from services.points.domain.ledger import (
    SPENT,
    Account,
    Group,
    Leg,
    Sort,
    available,
    held,
    key_for,
)

#: Letters and digits that nobody mistakes for one another, read aloud or written by hand.
CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 10
_NAMES: Final = UUID("2f0f5b6e-7d1a-4c55-8a5e-51a7d8c0b911")


class State(StrEnum):
    """Where a redemption stands."""

    HELD = "held"
    FETCHED = "fetched"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where goods are fetched."""

    code: str
    name: str
    address: str
    hours: str
    area_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Something points can be had for."""

    code: str
    title: str
    title_en: str
    description: str
    kind: str
    points: int
    limit_per_month: int = 0
    picture: str = ""
    withdrawn: bool = False
    low_mark: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """How much of some goods lies at a place."""

    goods_code: str
    place_code: str
    on_hand: int
    reserved: int
    low_mark: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """Something that was redeemed."""

    id: UUID
    owner: str
    request_id: str
    goods_code: str
    goods_version: int
    title: str
    title_en: str
    quantity: int
    points: int
    place_code: str
    month: date
    code_digest: bytes
    at: datetime
    until: datetime
    state: State = State.HELD
    ended_at: datetime | None = None


def redemption_id_of(owner: str, request_id: str) -> UUID:
    """The same request makes the same redemption."""
    return uuid5(_NAMES, f"{owner}/{request_id}")


def pickup_code(secret: bytes, redemption_id: UUID) -> str:
    """The code that fetches a redemption: it follows from our secret, so it can be shown again and need not be kept."""
    number = int.from_bytes(hmac(secret, redemption_id.bytes, "sha256").digest())
    letters = []
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[place])
    return "".join(letters)


def digest_of(code: str) -> bytes:
    """What is kept of a code; however it was typed."""
    return sha256("".join(letter for letter in code.upper() if letter.isalnum()).encode()).digest()


def unit_of(goods_code: str) -> str:
    """The unit in which goods are counted."""
    return f"goods:{goods_code}"


def on_shelf(goods_code: str, place_code: str) -> Account:
    """Goods at a place that are free."""
    return Account(f"place:{place_code}", unit_of(goods_code), "on_hand")


def set_aside(goods_code: str, place_code: str) -> Account:
    """Goods at a place that somebody will fetch."""
    return Account(f"place:{place_code}", unit_of(goods_code), "reserved")


def delivered(goods_code: str) -> Account:
    """Goods that were fetched."""
    return Account("system:delivered", unit_of(goods_code), "delivered")


def broken(goods_code: str) -> Account:
    """Goods that were brought back and go to nobody else."""
    return Account("system:broken", unit_of(goods_code), "broken")


def stocking(goods_code: str, place_code: str, *, quantity: int, request_id: str, at: datetime) -> Leg:
    """Goods arrive at a place."""
    return Leg(
        key=key_for(datetime.fromtimestamp(0, at.tzinfo), "stock", goods_code, place_code, request_id),
        debit=Account("system:supplier", unit_of(goods_code), "source"),
        credit=on_shelf(goods_code, place_code),
        amount=quantity,
        reason="STOCKED",
        cause=request_id,
    )


def check_wish(goods: Goods, *, quantity: int, had_this_month: int) -> None:
    """Fails with GOODS_WITHDRAWN, LIMIT_REACHED."""
    if goods.withdrawn:
        raise GoodsWithdrawn(title=goods.title)
    if goods.limit_per_month and had_this_month + quantity > goods.limit_per_month:
        raise LimitReached(title=goods.title, limit=goods.limit_per_month)


def redeeming(wish: Redemption) -> Group:
    """Points and goods are set aside, both or none."""
    cause = str(wish.id)
    return (
        Leg(
            key=key_for(wish.at, "redeem-points", cause),
            debit=available(wish.owner),
            credit=held(wish.owner),
            amount=wish.points,
            reason="REDEEM",
            cause=cause,
            sort=Sort.HOLD,
        ),
        Leg(
            key=key_for(wish.at, "redeem-goods", cause),
            debit=on_shelf(wish.goods_code, wish.place_code),
            credit=set_aside(wish.goods_code, wish.place_code),
            amount=wish.quantity,
            reason="REDEEM",
            cause=cause,
            sort=Sort.HOLD,
        ),
    )


#: How a hold ends: the reason in the books of both.
ENDINGS: Final = {
    State.FETCHED: "REDEEM_FETCHED",
    State.CANCELLED: "REDEEM_CANCELLED",
    State.LAPSED: "REDEEM_LAPSED",
}


def ending(redemption: Redemption, end: State) -> Group:
    """What was set aside is fetched, or goes back; the ledger lets one ending happen."""
    points, goods = redeeming(redemption)
    fetched = end is State.FETCHED
    return tuple(
        Leg(
            key=key_for(redemption.at, f"end-{end}", pocket, str(redemption.id)),
            debit=hold.credit,
            credit=away if fetched else hold.debit,
            amount=hold.amount,
            reason=ENDINGS[end],
            cause=str(redemption.id),
            sort=Sort.RESOLVE,
            ref=hold.key,
        )
        for pocket, hold, away in (("points", points, SPENT), ("goods", goods, delivered(redemption.goods_code)))
    )


def returning(redemption: Redemption, *, is_broken: bool) -> Group:
    """Fetched goods come back, and the points with them, once."""
    points, goods = ending(redemption, State.FETCHED)
    back = broken(redemption.goods_code) if is_broken else on_shelf(redemption.goods_code, redemption.place_code)
    return tuple(
        Leg(
            key=key_for(redemption.at, "return", pocket, str(redemption.id)),
            debit=fetched.credit,
            credit=to,
            amount=fetched.amount,
            reason="GOODS_RETURNED",
            cause=str(redemption.id),
            sort=Sort.REVERSE,
            ref=fetched.key,
        )
        for pocket, fetched, to in (("points", points, available(redemption.owner)), ("goods", goods, back))
    )


def new_redemption(
    goods: Goods,
    *,
    owner: str,
    request_id: str,
    place_code: str,
    quantity: int,
    secret: bytes,
    at: datetime,
    today: date,
    kept_days: int,
) -> Redemption:
    """Goods as they are offered now, for somebody."""
    redemption_id = redemption_id_of(owner, request_id)
    return Redemption(
        id=redemption_id,
        owner=owner,
        request_id=request_id,
        goods_code=goods.code,
        goods_version=goods.version,
        title=goods.title,
        title_en=goods.title_en,
        quantity=quantity,
        points=goods.points * quantity,
        place_code=place_code,
        month=today.replace(day=1),
        code_digest=digest_of(pickup_code(secret, redemption_id)),
        at=at,
        until=at + timedelta(days=kept_days),
    )
