"""Answers calls about orders and pairs; shows each caller as much of them as they need."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.points.v1 import orders_pb2, orders_pb2_grpc

from services.platform import paging
from services.platform.errors import Forbidden
from services.platform.identity import Caller, allows, current_caller
from services.points.actions.orders import OrderActions, Seen
from services.points.actions.pairs import PairActions
from services.points.actions.service import ServiceActions
from services.points.domain.errors import OrderUnknown, PairUnknown
from services.points.domain.orders import LIVE, Pair, Photo, Spot, ring_open
from services.points.events.orders import STATES, claim_message, order_message, pair_message
from services.points.neighbours import Wish

Context = grpc.aio.ServicerContext[Any, Any]

PAGE_SIZE: Final = 50


class OrdersServicer(orders_pb2_grpc.OrdersServiceServicer):
    """See orders.proto."""

    def __init__(self, orders: OrderActions, service: ServiceActions, pairs: PairActions) -> None:
        self._orders = orders
        self._service = service
        self._pairs = pairs

    async def OpenOrder(self, request: orders_pb2.OpenOrderRequest, context: Context) -> orders_pb2.OpenOrderResponse:
        """See orders.proto."""
        wish = Wish(
            request_id=request.request_id,
            category=request.category,
            description=request.description,
            place=request.place,
            longitude_deg=request.point.longitude_deg,
            latitude_deg=request.point.latitude_deg,
            minutes=request.minutes,
            people=request.people,
        )
        order = await self._orders.open(wish, estate=request.estate, wanted_at=_moment(request, "wanted_at"))
        return orders_pb2.OpenOrderResponse(order=order_message(order))

    async def PublishOrder(
        self, request: orders_pb2.PublishOrderRequest, context: Context
    ) -> orders_pb2.PublishOrderResponse:
        """See orders.proto."""
        await self._require_area(request.order_id, "points.orders.publish")
        order = await self._orders.publish(request.order_id, at=_moment(request, "at"), weekend=request.weekend_batch)
        return orders_pb2.PublishOrderResponse(order=order_message(order))

    async def GetOrder(self, request: orders_pb2.GetOrderRequest, context: Context) -> orders_pb2.GetOrderResponse:
        """See orders.proto."""
        caller = current_caller()
        order, claims, rules = await self._orders.find(request.order_id)
        ring = ring_open(order, rules, self._orders.clock.now())
        mine = next((c for c in reversed(claims) if c.volunteer == caller.subject and c.state in LIVE), None)
        if order.owner == caller.subject or _covers(caller, "points.orders.read", order.area_path):
            await self._orders.require_shown(order.id, caller)
            return orders_pb2.GetOrderResponse(
                order=order_message(order, ring=ring, mine=mine), claims=[claim_message(claim) for claim in claims]
            )
        if mine is not None:
            await self._orders.require_shown(order.id, caller)
            return orders_pb2.GetOrderResponse(
                order=order_message(order, ring=ring, mine=mine), claims=[claim_message(mine)]
            )
        near = await self._orders.volunteer_ring(caller.subject, order)
        if not near or near > ring:
            raise OrderUnknown
        await self._orders.require_shown(order.id, caller)
        return orders_pb2.GetOrderResponse(order=order_message(order, ring=ring, near=False, owner_shown=False))

    async def ListOrders(
        self, request: orders_pb2.ListOrdersRequest, context: Context
    ) -> orders_pb2.ListOrdersResponse:
        """See orders.proto."""
        caller = current_caller()
        size = request.page_size or PAGE_SIZE
        wanted = set(request.states)
        by_area = request.view == orders_pb2.ORDER_VIEW_AREA
        seen = await self._orders.search(
            caller,
            offered=request.view in {orders_pb2.ORDER_VIEW_UNSPECIFIED, orders_pb2.ORDER_VIEW_OFFERED},
            owner=caller.subject if request.view == orders_pb2.ORDER_VIEW_OPENED_BY_ME else "",
            volunteer=caller.subject if request.view == orders_pb2.ORDER_VIEW_CLAIMED_BY_ME else "",
            scope_areas=caller.scope("points.orders.read").area_paths if by_area else None,
            states=[state for state, number in STATES.items() if number in wanted],
            before=_before(request.page_token),
            size=size + 1,
        )
        page = seen[:size]
        last = page[-1].order if len(seen) > size else None
        return orders_pb2.ListOrdersResponse(
            orders=[_seen(row, caller, whole=by_area) for row in page],
            next_page_token=paging.encode(last.opened_at.isoformat(), last.id) if last else "",
        )

    async def ListCandidates(
        self, request: orders_pb2.ListCandidatesRequest, context: Context
    ) -> orders_pb2.ListCandidatesResponse:
        """See orders.proto."""
        await self._require_area(request.order_id, "points.orders.publish")
        rows = await self._orders.candidates(request.order_id)
        return orders_pb2.ListCandidatesResponse(
            candidates=[
                orders_pb2.Candidate(
                    volunteer=row["subject"], nickname=row["nickname"], ring=row["ring"], fits=row["fits"]
                )
                for row in rows
            ]
        )

    async def ClaimOrder(
        self, request: orders_pb2.ClaimOrderRequest, context: Context
    ) -> orders_pb2.ClaimOrderResponse:
        """See orders.proto."""
        seen = await self._orders.claim(request.order_id, current_caller().subject)
        return orders_pb2.ClaimOrderResponse(order=order_message(seen.order, ring=seen.ring, mine=seen.mine))

    async def ReleaseClaim(
        self, request: orders_pb2.ReleaseClaimRequest, context: Context
    ) -> orders_pb2.ReleaseClaimResponse:
        """See orders.proto."""
        order = await self._service.release(request.order_id, current_caller().subject)
        return orders_pb2.ReleaseClaimResponse(order=order_message(order, near=False, owner_shown=False))

    async def CheckIn(self, request: orders_pb2.CheckInRequest, context: Context) -> orders_pb2.CheckInResponse:
        """See orders.proto."""
        order, claim = await self._service.check_in(
            request.order_id, current_caller().subject, _spot(request.point), device=request.device_id
        )
        return orders_pb2.CheckInResponse(order=order_message(order, mine=claim))

    async def CheckOut(self, request: orders_pb2.CheckOutRequest, context: Context) -> orders_pb2.CheckOutResponse:
        """See orders.proto."""
        order, claim = await self._service.check_out(
            request.order_id, current_caller().subject, _spot(request.point), device=request.device_id
        )
        return orders_pb2.CheckOutResponse(order=order_message(order, mine=claim))

    async def RequestSettlement(
        self, request: orders_pb2.RequestSettlementRequest, context: Context
    ) -> orders_pb2.RequestSettlementResponse:
        """See orders.proto."""
        order, claim = await self._service.request(
            request.order_id, current_caller().subject, note=request.note, photos=_photos(request.photos)
        )
        return orders_pb2.RequestSettlementResponse(order=order_message(order, mine=claim))

    async def DecideSettlement(
        self, request: orders_pb2.DecideSettlementRequest, context: Context
    ) -> orders_pb2.DecideSettlementResponse:
        """See orders.proto."""
        await self._require_area(request.order_id, "points.orders.settle")
        order, claim = await self._service.decide(
            request.order_id,
            request.volunteer,
            approved=request.approved,
            reason=request.reason,
            minutes=request.minutes,
            by=current_caller().subject,
        )
        return orders_pb2.DecideSettlementResponse(order=order_message(order), claim=claim_message(claim))

    async def RateOrder(self, request: orders_pb2.RateOrderRequest, context: Context) -> orders_pb2.RateOrderResponse:
        """See orders.proto."""
        order = await self._service.rate(
            request.order_id, subject=current_caller().subject, rating=request.rating, comment=request.comment
        )
        return orders_pb2.RateOrderResponse(order=order_message(order))

    async def DisputeOrder(
        self, request: orders_pb2.DisputeOrderRequest, context: Context
    ) -> orders_pb2.DisputeOrderResponse:
        """See orders.proto."""
        order = await self._service.dispute(request.order_id, subject=current_caller().subject, reason=request.reason)
        return orders_pb2.DisputeOrderResponse(order=order_message(order))

    async def DecideDispute(
        self, request: orders_pb2.DecideDisputeRequest, context: Context
    ) -> orders_pb2.DecideDisputeResponse:
        """See orders.proto."""
        await self._require_area(request.order_id, "points.orders.settle")
        order = await self._service.decide_dispute(
            request.order_id,
            upheld=request.upheld,
            rating=request.rating,
            reason=request.reason,
            by=current_caller().subject,
        )
        return orders_pb2.DecideDisputeResponse(order=order_message(order))

    async def ReportNoShow(
        self, request: orders_pb2.ReportNoShowRequest, context: Context
    ) -> orders_pb2.ReportNoShowResponse:
        """See orders.proto."""
        await self._require_area(request.order_id, "points.orders.settle")
        order = await self._service.no_show(request.order_id, request.volunteer, by=current_caller().subject)
        return orders_pb2.ReportNoShowResponse(order=order_message(order))

    async def CancelOrder(
        self, request: orders_pb2.CancelOrderRequest, context: Context
    ) -> orders_pb2.CancelOrderResponse:
        """See orders.proto."""
        caller = current_caller()
        order, _, _ = await self._orders.find(request.order_id)
        order = await self._orders.cancel(
            request.order_id,
            subject=caller.subject,
            reason=request.reason,
            anybodys=_covers(caller, "points.orders.publish", order.area_path),
        )
        return orders_pb2.CancelOrderResponse(order=order_message(order))

    async def SavePair(self, request: orders_pb2.SavePairRequest, context: Context) -> orders_pb2.SavePairResponse:
        """See orders.proto."""
        told = request.pair
        _require_within(told.area_path, "points.volunteers.manage")
        pair = await self._pairs.save(
            Pair(
                id=_pair_id(told.id) if told.id else uuid4(),
                beneficiary=told.beneficiary,
                need=told.need,
                area_path=told.area_path,
                volunteers=tuple(told.volunteers),
                contact_at=self._pairs.clock.now(),
            )
        )
        return orders_pb2.SavePairResponse(pair=pair_message(pair, now=self._pairs.clock.now()))

    async def ListPairs(self, request: orders_pb2.ListPairsRequest, context: Context) -> orders_pb2.ListPairsResponse:
        """See orders.proto."""
        caller = current_caller()
        areas = caller.scope("points.volunteers.read").area_paths
        found = await self._pairs.search(
            scope_areas=areas or None,
            volunteer="" if areas else caller.subject,
            area=request.area_path,
            overdue_only=request.overdue_only,
            size=request.page_size or PAGE_SIZE,
        )
        now = self._pairs.clock.now()
        return orders_pb2.ListPairsResponse(pairs=[pair_message(pair, now=now) for pair in found])

    async def RecordContact(
        self, request: orders_pb2.RecordContactRequest, context: Context
    ) -> orders_pb2.RecordContactResponse:
        """See orders.proto."""
        pair = await self._pairs.record_contact(
            _pair_id(request.pair_id), subject=current_caller().subject, note=request.note
        )
        return orders_pb2.RecordContactResponse(pair=pair_message(pair, now=self._pairs.clock.now()))

    async def _require_area(self, order_id: str, permission: str) -> None:
        """An order outside the caller's areas is none for the caller."""
        order, _, _ = await self._orders.find(order_id)
        if not _covers(current_caller(), permission, order.area_path):
            raise OrderUnknown


def _require_within(area_path: str, permission: str) -> None:
    if not _covers(current_caller(), permission, area_path):
        raise Forbidden(permission=permission)


def _covers(caller: Caller, permission: str, area_path: str) -> bool:
    return any(
        allows(grant.role, permission) and (not grant.area_path or f"{area_path}.".startswith(f"{grant.area_path}."))
        for grant in caller.grants
    )


def _seen(row: Seen, caller: Caller, *, whole: bool) -> orders_pb2.Order:
    known = whole or row.order.owner == caller.subject or row.mine is not None
    message = order_message(row.order, ring=row.ring, near=known, owner_shown=known, mine=row.mine)
    message.nearness = row.nearness
    return message


def _moment(request: Any, name: str) -> datetime | None:
    if not request.HasField(name):
        return None
    stamp: Timestamp = getattr(request, name)
    return stamp.ToDatetime(tzinfo=UTC)


def _spot(point: place_pb2.Point) -> Spot:
    return Spot(point.longitude_deg, point.latitude_deg)


def _photos(evidence: Sequence[place_pb2.Evidence]) -> list[Photo]:
    return [
        Photo(
            object_key=item.object_key,
            sha256=item.sha256,
            content_type=item.content_type,
            size_bytes=item.size_bytes,
        )
        for item in evidence
    ]


def _before(token: str) -> tuple[datetime, str] | None:
    keys = paging.decode(token, keys=2)
    if keys is None:
        return None
    try:
        return datetime.fromisoformat(keys[0]).astimezone(UTC), keys[1]
    except ValueError:
        raise paging.PageTokenInvalid from None


def _pair_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise PairUnknown from None
