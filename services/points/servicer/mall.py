"""Answers calls about the mall."""

from typing import Any, Final
from uuid import UUID

import grpc
import segno
from gridward.common.v1 import place_pb2
from gridward.points.v1 import mall_pb2, mall_pb2_grpc

from services.platform import paging
from services.platform.errors import Forbidden
from services.platform.identity import allows, current_caller
from services.points.actions.mall import MallActions, Offer
from services.points.domain.errors import RedemptionUnknown
from services.points.domain.mall import Goods, Place
from services.points.domain.places import within
from services.points.events.mall import STATES, redemption_message, shelf_message
from services.points.events.points import line_message
from services.points.servicer.points import moment_of, place_of

Context = grpc.aio.ServicerContext[Any, Any]

MANAGE: Final = "points.mall.manage"
PAGE_SIZE: Final = 50
KINDS: Final = {
    mall_pb2.GOODS_KIND_GOODS: "goods",
    mall_pb2.GOODS_KIND_SERVICE: "service",
    mall_pb2.GOODS_KIND_HONOUR: "honour",
}


class MallServicer(mall_pb2_grpc.MallServiceServicer):
    """See mall.proto."""

    def __init__(self, actions: MallActions) -> None:
        self._actions = actions

    async def SaveGoods(self, request: mall_pb2.SaveGoodsRequest, context: Context) -> mall_pb2.SaveGoodsResponse:
        """See mall.proto."""
        told = request.goods
        offer = await self._actions.save_goods(
            Goods(
                code=told.code,
                title=told.title,
                title_en=told.title_en,
                description=told.description,
                kind=KINDS[told.kind],
                points=told.points,
                limit_per_month=told.limit_per_month,
                picture=told.picture,
                withdrawn=told.withdrawn,
                low_mark=told.low_mark,
            )
        )
        return mall_pb2.SaveGoodsResponse(goods=_goods(offer))

    async def ListGoods(self, request: mall_pb2.ListGoodsRequest, context: Context) -> mall_pb2.ListGoodsResponse:
        """See mall.proto."""
        offers = await self._actions.list_goods(place=request.place_code, with_withdrawn=request.with_withdrawn)
        return mall_pb2.ListGoodsResponse(goods=[_goods(offer) for offer in offers])

    async def SavePlace(self, request: mall_pb2.SavePlaceRequest, context: Context) -> mall_pb2.SavePlaceResponse:
        """See mall.proto."""
        told = request.place
        if not within(current_caller().scope(MANAGE).area_paths, told.area_path):
            raise Forbidden(permission=MANAGE)
        place = Place(code=told.code, name=told.name, address=told.address, hours=told.hours, area_path=told.area_path)
        return mall_pb2.SavePlaceResponse(place=_place(await self._actions.save_place(place)))

    async def ListPlaces(self, request: mall_pb2.ListPlacesRequest, context: Context) -> mall_pb2.ListPlacesResponse:
        """See mall.proto."""
        return mall_pb2.ListPlacesResponse(places=[_place(place) for place in await self._actions.list_places()])

    async def StockGoods(self, request: mall_pb2.StockGoodsRequest, context: Context) -> mall_pb2.StockGoodsResponse:
        """See mall.proto."""
        shelf = await self._actions.stock(
            request.goods_code, request.place_code, quantity=request.quantity, request_id=request.request_id
        )
        return mall_pb2.StockGoodsResponse(shelf=shelf_message(shelf))

    async def ListStockMoves(
        self, request: mall_pb2.ListStockMovesRequest, context: Context
    ) -> mall_pb2.ListStockMovesResponse:
        """See mall.proto."""
        size = request.page_size or PAGE_SIZE
        entries, titles = await self._actions.stock_moves(
            request.goods_code,
            request.place_code,
            reserved=request.reserved,
            before=place_of(request.page_token),
            size=size + 1,
        )
        return mall_pb2.ListStockMovesResponse(
            lines=[line_message(entry, titles) for entry in entries[:size]],
            next_page_token=paging.encode(str(entries[size - 1].sequence)) if len(entries) > size else "",
        )

    async def ListLowStock(
        self, request: mall_pb2.ListLowStockRequest, context: Context
    ) -> mall_pb2.ListLowStockResponse:
        """See mall.proto."""
        return mall_pb2.ListLowStockResponse(
            shelves=[shelf_message(shelf) for shelf in await self._actions.low_stock()]
        )

    async def Redeem(self, request: mall_pb2.RedeemRequest, context: Context) -> mall_pb2.RedeemResponse:
        """See mall.proto."""
        redemption, code = await self._actions.redeem(
            owner=current_caller().subject,
            request_id=request.request_id,
            goods_code=request.goods_code,
            place_code=request.place_code,
            quantity=request.quantity,
        )
        return mall_pb2.RedeemResponse(redemption=redemption_message(redemption), code=code, code_svg=qr_picture(code))

    async def ListRedemptions(
        self, request: mall_pb2.ListRedemptionsRequest, context: Context
    ) -> mall_pb2.ListRedemptionsResponse:
        """See mall.proto."""
        caller = current_caller()
        counter = request.place_code and any(allows(role, "points.mall.counter") for role in caller.roles)
        size = request.page_size or PAGE_SIZE
        wanted = set(request.states)
        found = await self._actions.list_redemptions(
            owner="" if counter else caller.subject,
            place=request.place_code,
            states=[state for state, number in STATES.items() if number in wanted],
            before=moment_of(request.page_token),
            size=size + 1,
        )
        page = found[:size]
        more = len(found) > size
        return mall_pb2.ListRedemptionsResponse(
            redemptions=[redemption_message(redemption) for redemption in page],
            next_page_token=paging.encode(page[-1].at.isoformat(), str(page[-1].id)) if more else "",
        )

    async def FindRedemption(
        self, request: mall_pb2.FindRedemptionRequest, context: Context
    ) -> mall_pb2.FindRedemptionResponse:
        """See mall.proto."""
        return mall_pb2.FindRedemptionResponse(redemption=redemption_message(await self._actions.find(request.code)))

    async def FulfilRedemption(
        self, request: mall_pb2.FulfilRedemptionRequest, context: Context
    ) -> mall_pb2.FulfilRedemptionResponse:
        """See mall.proto."""
        ended = await self._actions.fulfil(request.code, by=current_caller().subject)
        return mall_pb2.FulfilRedemptionResponse(redemption=redemption_message(ended))

    async def CancelRedemption(
        self, request: mall_pb2.CancelRedemptionRequest, context: Context
    ) -> mall_pb2.CancelRedemptionResponse:
        """See mall.proto."""
        caller = current_caller()
        ended = await self._actions.cancel(
            _uuid(request.redemption_id),
            by=caller.subject,
            anybodys=any(allows(role, "points.mall.manage") for role in caller.roles),
        )
        return mall_pb2.CancelRedemptionResponse(redemption=redemption_message(ended))

    async def ReturnGoods(self, request: mall_pb2.ReturnGoodsRequest, context: Context) -> mall_pb2.ReturnGoodsResponse:
        """See mall.proto."""
        ended = await self._actions.take_back(
            _uuid(request.redemption_id), is_broken=request.broken, by=current_caller().subject
        )
        return mall_pb2.ReturnGoodsResponse(redemption=redemption_message(ended))


def qr_picture(text: str) -> str:
    """A QR code as SVG, black on white whatever the page's colours, with the quiet zone that readers need."""
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=6, border=4, dark="#000", light="#fff"))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise RedemptionUnknown from None


def _place(place: Place) -> mall_pb2.PickupPlace:
    return mall_pb2.PickupPlace(
        code=place.code, name=place.name, address=place.address, hours=place.hours, area_path=place.area_path
    )


def _goods(offer: Offer) -> mall_pb2.Goods:
    goods = offer.goods
    return mall_pb2.Goods(
        code=goods.code,
        version=goods.version,
        title=goods.title,
        title_en=goods.title_en,
        description=goods.description,
        kind=next(number for number, kind in KINDS.items() if kind == goods.kind),
        points=goods.points,
        limit_per_month=goods.limit_per_month,
        picture=goods.picture,
        withdrawn=goods.withdrawn,
        low_mark=goods.low_mark,
        shelves=[shelf_message(shelf) for shelf in offer.shelves],
        image=place_pb2.Evidence(object_key=goods.picture) if goods.picture else None,
    )
