"""Answers calls about tickets."""

from datetime import date
from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import errands_pb2, errands_pb2_grpc

from services.incidents.errands.actions import Helping, Opening
from services.incidents.errands.domain import Consent, Going
from services.incidents.errands.messages import MODE_OF, PLACE_OF, STATE_OF
from services.incidents.newest_first import NewestFirst
from services.platform.errors import FieldInvalid
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class ErrandsServicer(errands_pb2_grpc.ErrandsServiceServicer):
    """See errands.proto."""

    def __init__(self, helping: Helping) -> None:
        self._helping = helping

    async def OpenErrand(
        self, request: errands_pb2.OpenErrandRequest, context: Context
    ) -> errands_pb2.OpenErrandResponse:
        """See errands.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        opening = Opening(
            grid_code=request.grid_code,
            person_id=request.person_id,
            matter=request.matter,
            mode=MODE_OF[request.mode],
            place=PLACE_OF[request.place],
            consent=_consent(request),
        )
        return errands_pb2.OpenErrandResponse.FromString(await self._helping.open(key, opening, caller))

    async def AdvanceErrand(
        self, request: errands_pb2.AdvanceErrandRequest, context: Context
    ) -> errands_pb2.AdvanceErrandResponse:
        """See errands.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        going = Going(
            place=PLACE_OF[request.place],
            words=request.words,
            mode=MODE_OF.get(request.mode),
            state=STATE_OF.get(request.state),
            consent=_consent(request),
        )
        answer = await self._helping.advance(key, request.id, request.version, going, caller)
        return errands_pb2.AdvanceErrandResponse.FromString(answer)

    async def GetErrand(self, request: errands_pb2.GetErrandRequest, context: Context) -> errands_pb2.GetErrandResponse:
        """See errands.proto."""
        return errands_pb2.GetErrandResponse(errand=await self._helping.get(request.id, current_caller()))

    async def ListErrands(
        self, request: errands_pb2.ListErrandsRequest, context: Context
    ) -> errands_pb2.ListErrandsResponse:
        """See errands.proto."""
        page, token = await self._helping.page(
            request.area_code,
            current_caller(),
            NewestFirst.asked(size=request.page_size, token=request.page_token),
            open_only=request.open_only,
        )
        return errands_pb2.ListErrandsResponse(errands=page, next_page_token=token)


def _consent(request: errands_pb2.OpenErrandRequest | errands_pb2.AdvanceErrandRequest) -> Consent | None:
    if not request.HasField("consent"):
        return None
    try:
        until = date.fromisoformat(request.consent.until_day)
    except ValueError as error:
        raise FieldInvalid(field="consent.until_day", problem="is no day") from error
    return Consent(object_key=request.consent.object_key, until=until)
