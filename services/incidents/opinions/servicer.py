"""Answers calls about opinions."""

from datetime import date
from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import opinions_pb2, opinions_pb2_grpc

from services.incidents.newest_first import NewestFirst
from services.incidents.opinions.actions import Listening, Said
from services.incidents.opinions.domain import Taken
from services.incidents.opinions.messages import STEP_OF, TONE_OF, mood_message, opinion_message
from services.platform.errors import FieldInvalid
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class OpinionsServicer(opinions_pb2_grpc.OpinionsServiceServicer):
    """See opinions.proto."""

    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    async def CollectOpinion(
        self, request: opinions_pb2.CollectOpinionRequest, context: Context
    ) -> opinions_pb2.CollectOpinionResponse:
        """See opinions.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        said = Said(grid_code=request.grid_code, words=request.words, tone=TONE_OF[request.tone])
        return opinions_pb2.CollectOpinionResponse.FromString(await self._listening.collect(key, said, caller))

    async def AdvanceOpinion(
        self, request: opinions_pb2.AdvanceOpinionRequest, context: Context
    ) -> opinions_pb2.AdvanceOpinionResponse:
        """See opinions.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        taken = Taken(step=STEP_OF[request.step], words=request.words, rating=request.rating, case_id=request.case_id)
        answer = await self._listening.advance(key, request.id, request.version, taken, caller)
        return opinions_pb2.AdvanceOpinionResponse.FromString(answer)

    async def ListOpinions(
        self, request: opinions_pb2.ListOpinionsRequest, context: Context
    ) -> opinions_pb2.ListOpinionsResponse:
        """See opinions.proto."""
        page, token = await self._listening.page(
            request.area_code,
            current_caller(),
            NewestFirst.asked(size=request.page_size, token=request.page_token),
            open_only=request.open_only,
        )
        return opinions_pb2.ListOpinionsResponse(
            opinions=[opinion_message(opinion) for opinion in page], next_page_token=token
        )

    async def GetMood(self, request: opinions_pb2.GetMoodRequest, context: Context) -> opinions_pb2.GetMoodResponse:
        """See opinions.proto."""
        first, last = _day(request.from_day, "from_day"), _day(request.until_day, "until_day")
        moods = await self._listening.moods(request.area_code, first, last, current_caller())
        return opinions_pb2.GetMoodResponse(moods=[mood_message(mood) for mood in moods])


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldInvalid(field=field, problem="is no day") from error
