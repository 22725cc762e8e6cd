"""Answers searches."""

from typing import Any, TypeAlias

import grpc
from gridward.registry.v1 import search_pb2, search_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.search import SearchActions
from services.registry.domain.schema import ElementKind
from services.registry.servicer.elements import element_message

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

SIZE = 20


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    """See search.proto."""

    def __init__(self, actions: SearchActions) -> None:
        self._actions = actions

    async def Search(self, request: search_pb2.SearchRequest, context: Context) -> search_pb2.SearchResponse:
        """See search.proto."""
        found, more = await self._actions.search(
            request.query,
            kinds=[ElementKind(kind) for kind in request.kinds],
            area_code=request.area_code,
            terminal_id=request.terminal_id,
            size=request.size or SIZE,
            caller=current_caller(),
        )
        return search_pb2.SearchResponse(
            found=[search_pb2.Found(element=element_message(element), matched=how) for element, how in found], more=more
        )
