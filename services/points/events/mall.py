"""Tells what happened in the mall."""

from datetime import datetime
from typing import Final

from gridward.points.v1 import mall_pb2

from services.platform.database import Transaction
from services.points.domain.mall import Goods, Redemption, Shelf, State
from services.points.events.publishing import publish

STATES: Final = {
    State.HELD: mall_pb2.REDEMPTION_STATE_HELD,
    State.FETCHED: mall_pb2.REDEMPTION_STATE_FETCHED,
    State.CANCELLED: mall_pb2.REDEMPTION_STATE_CANCELLED,
    State.LAPSED: mall_pb2.REDEMPTION_STATE_LAPSED,
    State.RETURNED: mall_pb2.REDEMPTION_STATE_RETURNED,
}


def redemption_message(redemption: Redemption) -> mall_pb2.Redemption:
    """A redemption as others are told of it; never with its code."""
    message = mall_pb2.Redemption(
        id=str(redemption.id),
        owner=redemption.owner,
        goods_code=redemption.goods_code,
        goods_version=redemption.goods_version,
        title=redemption.title,
        title_en=redemption.title_en,
        quantity=redemption.quantity,
        points=redemption.points,
        place_code=redemption.place_code,
        state=STATES[redemption.state],
    )
    message.at.FromDatetime(redemption.at)
    message.until.FromDatetime(redemption.until)
    if redemption.ended_at is not None:
        message.ended_at.FromDatetime(redemption.ended_at)
    return message


def shelf_message(shelf: Shelf) -> mall_pb2.Shelf:
    """How much lies where."""
    return mall_pb2.Shelf(
        goods_code=shelf.goods_code, place_code=shelf.place_code, on_hand=shelf.on_hand, reserved=shelf.reserved
    )


async def tell_redemption(transaction: Transaction, redemption: Redemption, *, at: datetime) -> None:
    """It came to stand somewhere else."""
    payload = mall_pb2.RedemptionChanged(redemption=redemption_message(redemption))
    await publish(transaction, "redemption_changed", redemption.owner, payload, at=at)


async def tell_low_stock(transaction: Transaction, goods: Goods, wish: Redemption, *, left: int, at: datetime) -> None:
    """A shelf fell below its mark."""
    shelf = mall_pb2.Shelf(goods_code=goods.code, place_code=wish.place_code, on_hand=left)
    payload = mall_pb2.StockLow(shelf=shelf, low_mark=goods.low_mark)
    await publish(transaction, "stock_low", wish.place_code, payload, at=at)
