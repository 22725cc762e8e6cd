"""Tells where orders stand, and of people in need whom nobody contacted."""

from datetime import datetime
from typing import Final

from gridward.common.v1 import place_pb2
from gridward.points.v1 import orders_pb2

from services.platform.database import Transaction
from services.points.domain.orders import Claim, ClaimState, Order, Pair, State
from services.points.events.publishing import publish

STATES: Final = {
    State.OPENED: orders_pb2.ORDER_STATE_OPENED,
    State.PUBLISHED: orders_pb2.ORDER_STATE_PUBLISHED,
    State.SERVING: orders_pb2.ORDER_STATE_SERVING,
    State.SETTLED: orders_pb2.ORDER_STATE_SETTLED,
    State.CREDITED: orders_pb2.ORDER_STATE_CREDITED,
    State.DISPUTED: orders_pb2.ORDER_STATE_DISPUTED,
    State.CANCELLED: orders_pb2.ORDER_STATE_CANCELLED,
}
CLAIM_STATES: Final = {
    ClaimState.TAKEN: orders_pb2.CLAIM_STATE_TAKEN,
    ClaimState.CHECKED_IN: orders_pb2.CLAIM_STATE_CHECKED_IN,
    ClaimState.CHECKED_OUT: orders_pb2.CLAIM_STATE_CHECKED_OUT,
    ClaimState.REQUESTED: orders_pb2.CLAIM_STATE_REQUESTED,
    ClaimState.SETTLED: orders_pb2.CLAIM_STATE_SETTLED,
    ClaimState.CREDITED: orders_pb2.CLAIM_STATE_CREDITED,
    ClaimState.RELEASED: orders_pb2.CLAIM_STATE_RELEASED,
    ClaimState.NO_SHOW: orders_pb2.CLAIM_STATE_NO_SHOW,
}


def order_message(
    order: Order, *, ring: int = 0, near: bool = True, owner_shown: bool = True, mine: Claim | None = None
) -> orders_pb2.Order:
    """An order as somebody may see it: who is not near it yet gets no door and no name."""
    spot = order.spot if near else order.spot.roughly
    message = orders_pb2.Order(
        id=order.id,
        number=order.number,
        category=order.category,
        description=order.description,
        place=order.place if near else "",
        area_path=order.area_path,
        estate=order.estate,
        owner=order.owner if owner_shown else "",
        minutes=order.minutes,
        people=order.people,
        left=order.left,
        state=STATES[order.state],
        ring=ring,
        rating=order.rating,
        rated_by_default=order.rated_by_default,
        case_state=order.case_state,
    )
    message.point.longitude_deg = spot.longitude_deg
    message.point.latitude_deg = spot.latitude_deg
    message.opened_at.FromDatetime(order.opened_at)
    if order.wanted_at is not None:
        message.wanted_at.FromDatetime(order.wanted_at)
    if order.published_at is not None:
        message.published_at.FromDatetime(order.published_at)
    if mine is not None:
        message.mine.CopyFrom(claim_message(mine))
    return message


def claim_message(claim: Claim) -> orders_pb2.Claim:
    """A volunteer's part in an order."""
    message = orders_pb2.Claim(
        volunteer=claim.volunteer,
        nickname=claim.nickname,
        state=CLAIM_STATES[claim.state],
        note=claim.note,
        minutes=claim.minutes,
        points=claim.points,
        decision=claim.decision,
        photos=[
            place_pb2.Evidence(
                object_key=photo.object_key,
                sha256=photo.sha256,
                content_type=photo.content_type,
                size_bytes=photo.size_bytes,
                kind=place_pb2.EVIDENCE_KIND_AFTER,
            )
            for photo in claim.photos
        ],
    )
    message.claimed_at.FromDatetime(claim.claimed_at)
    if claim.checked_in_at is not None:
        message.checked_in_at.FromDatetime(claim.checked_in_at)
    if claim.checked_out_at is not None:
        message.checked_out_at.FromDatetime(claim.checked_out_at)
    return message


def pair_message(pair: Pair, *, now: datetime) -> orders_pb2.Pair:
    """Somebody in need and who looks after them."""
    message = orders_pb2.Pair(
        id=str(pair.id),
        beneficiary=pair.beneficiary,
        need=pair.need,
        area_path=pair.area_path,
        volunteers=pair.volunteers,
        overdue=pair.overdue(now),
        contact_note=pair.contact_note,
    )
    message.contact_at.FromDatetime(pair.contact_at)
    return message


async def tell_order(transaction: Transaction, order: Order, *, at: datetime) -> None:
    """It came to stand somewhere else."""
    payload = orders_pb2.OrderChanged(order=order_message(order))
    await publish(transaction, "order_changed", order.id, payload, at=at)


async def tell_overdue(transaction: Transaction, pair: Pair, *, at: datetime) -> None:
    """Nobody contacted somebody in need for too long."""
    payload = orders_pb2.ContactOverdue(pair=pair_message(pair, now=at))
    await publish(transaction, "contact_overdue", str(pair.id), payload, at=at)
