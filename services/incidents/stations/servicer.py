"""Answers calls about grid stations."""

from datetime import UTC
from typing import Any, Final, TypeAlias

import grpc
from gridward.incidents.v1 import stations_pb2, stations_pb2_grpc

from services.incidents.messages.moments import stamp
from services.incidents.stations.actions import Stations
from services.incidents.stations.domain import ITEM_KINDS
from services.platform.database import Row
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

KINDS: Final = {kind: stations_pb2.ItemKind.Value(f"ITEM_KIND_{kind.upper()}") for kind in ITEM_KINDS}
KIND_OF: Final = {number: kind for kind, number in KINDS.items()}


class StationsServicer(stations_pb2_grpc.StationsServiceServicer):
    """See stations.proto."""

    def __init__(self, stations: Stations) -> None:
        self._stations = stations

    async def AskLegal(self, request: stations_pb2.AskLegalRequest, context: Context) -> stations_pb2.AskLegalResponse:
        """See stations.proto."""
        told = await self._stations.ask(
            _key(request),
            request.grid_code,
            request.words,
            current_caller(),
            lambda row: stations_pb2.AskLegalResponse(question=_question(row)),
            by_hotline=request.by_hotline,
        )
        return stations_pb2.AskLegalResponse.FromString(told)

    async def AnswerLegal(
        self, request: stations_pb2.AnswerLegalRequest, context: Context
    ) -> stations_pb2.AnswerLegalResponse:
        """See stations.proto."""
        told = await self._stations.answer(
            _key(request),
            request.question_id,
            request.answer,
            current_caller(),
            lambda row: stations_pb2.AnswerLegalResponse(question=_question(row)),
            seen=request.version,
        )
        return stations_pb2.AnswerLegalResponse.FromString(told)

    async def ListLegalQuestions(
        self, request: stations_pb2.ListLegalQuestionsRequest, context: Context
    ) -> stations_pb2.ListLegalQuestionsResponse:
        """See stations.proto."""
        rows = await self._stations.questions(current_caller(), open_only=request.open_only)
        return stations_pb2.ListLegalQuestionsResponse(questions=[_question(row) for row in rows])

    async def ProposeItem(
        self, request: stations_pb2.ProposeItemRequest, context: Context
    ) -> stations_pb2.ProposeItemResponse:
        """See stations.proto."""
        told = await self._stations.propose(
            _key(request),
            request.grid_code,
            request.title,
            current_caller(),
            lambda row: stations_pb2.ProposeItemResponse(item=_item(row)),
            kind=KIND_OF[request.kind],
        )
        return stations_pb2.ProposeItemResponse.FromString(told)

    async def JoinItem(self, request: stations_pb2.JoinItemRequest, context: Context) -> stations_pb2.JoinItemResponse:
        """See stations.proto."""
        told = await self._stations.join(
            _key(request),
            request.item_id,
            request.party,
            current_caller(),
            lambda row: stations_pb2.JoinItemResponse(item=_item(row)),
            seen=request.version,
        )
        return stations_pb2.JoinItemResponse.FromString(told)

    async def DecideItem(
        self, request: stations_pb2.DecideItemRequest, context: Context
    ) -> stations_pb2.DecideItemResponse:
        """See stations.proto."""
        told = await self._stations.decide(
            _key(request),
            request.item_id,
            request.decision,
            current_caller(),
            lambda row: stations_pb2.DecideItemResponse(item=_item(row)),
            adopted=request.adopted,
            seen=request.version,
        )
        return stations_pb2.DecideItemResponse.FromString(told)

    async def ListItems(
        self, request: stations_pb2.ListItemsRequest, context: Context
    ) -> stations_pb2.ListItemsResponse:
        """See stations.proto."""
        rows = await self._stations.items(current_caller(), open_only=request.open_only)
        return stations_pb2.ListItemsResponse(items=[_item(row) for row in rows])

    async def OpenSelection(
        self, request: stations_pb2.OpenSelectionRequest, context: Context
    ) -> stations_pb2.OpenSelectionResponse:
        """See stations.proto."""
        told = await self._stations.open_selection(
            _key(request),
            request.area_code,
            request.title,
            request.candidates,
            request.closes_at.ToDatetime(UTC),
            caller=current_caller(),
            told=lambda row: stations_pb2.OpenSelectionResponse(selection=_selection(row)),
        )
        return stations_pb2.OpenSelectionResponse.FromString(told)

    async def CastVote(self, request: stations_pb2.CastVoteRequest, context: Context) -> stations_pb2.CastVoteResponse:
        """See stations.proto."""
        told = await self._stations.vote(
            _key(request),
            request.selection_id,
            current_caller(),
            lambda row: stations_pb2.CastVoteResponse(selection=_selection(row)),
            household_code=request.household_code,
            candidate=request.candidate,
        )
        return stations_pb2.CastVoteResponse.FromString(told)

    async def GetSelection(
        self, request: stations_pb2.GetSelectionRequest, context: Context
    ) -> stations_pb2.GetSelectionResponse:
        """See stations.proto."""
        row = await self._stations.selection(request.selection_id, current_caller())
        return stations_pb2.GetSelectionResponse(selection=_selection(row))

    async def ListSelections(
        self, request: stations_pb2.ListSelectionsRequest, context: Context
    ) -> stations_pb2.ListSelectionsResponse:
        """See stations.proto."""
        rows = await self._stations.selections(current_caller(), open_only=request.open_only)
        return stations_pb2.ListSelectionsResponse(selections=[_selection(row) for row in rows])


def _key(request: Any) -> RequestKey:
    """Each of these requests has an id of its own."""
    return RequestKey.of(request, subject=current_caller().subject, request_id=request.request_id)


def _question(row: Row) -> stations_pb2.LegalQuestion:
    return stations_pb2.LegalQuestion(
        id=str(row["id"]),
        version=row["version"],
        grid_code=row["grid_code"],
        words=row["words"],
        by_hotline=row["by_hotline"],
        receiver=row["receiver"],
        lawyer=row["lawyer"],
        asked_at=stamp(row["asked_at"]),
        answer=row["answer"],
        answered_by=row["answered_by"],
        answered_at=stamp(row["answered_at"]),
    )


def _item(row: Row) -> stations_pb2.CouncilItem:
    return stations_pb2.CouncilItem(
        id=str(row["id"]),
        version=row["version"],
        grid_code=row["grid_code"],
        kind=KINDS[row["kind"]],
        title=row["title"],
        parties=row["parties"],
        decision=row["decision"],
        adopted=row["adopted"],
        proposed_at=stamp(row["proposed_at"]),
        decided_at=stamp(row["decided_at"]),
    )


def _selection(row: Row) -> stations_pb2.Selection:
    counts = {candidate: row["votes"].get(candidate, 0) for candidate in row["candidates"]}
    most_first = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return stations_pb2.Selection(
        id=str(row["id"]),
        area_code=row["area_code"],
        title=row["title"],
        closes_at=stamp(row["closes_at"]),
        votes=[stations_pb2.Votes(candidate=candidate, count=count) for candidate, count in most_first],
        household_count=sum(counts.values()),
    )
