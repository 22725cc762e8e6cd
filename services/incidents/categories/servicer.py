"""Answers calls about classes."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import categories_pb2, categories_pb2_grpc

from services.incidents.categories.domain import edition_on
from services.incidents.categories.messages import KINDS, category_message, edition_message
from services.incidents.categories.taxonomy import Sheet, Taxonomy
from services.incidents.domain.suggest import SUGGESTIONS_MAX
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class CategoriesServicer(categories_pb2_grpc.CategoriesServiceServicer):
    """See categories.proto."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    async def ListCategories(
        self, request: categories_pb2.ListCategoriesRequest, context: Context
    ) -> categories_pb2.ListCategoriesResponse:
        """See categories.proto."""
        version = request.version if request.HasField("version") else None
        edition, categories = await self._taxonomy.edition(version, request.day)
        wanted = [each for each in categories if not request.kind or KINDS[each.kind] == request.kind]
        counting = edition_on(self._taxonomy.today, await self._taxonomy.editions())
        return categories_pb2.ListCategoriesResponse(
            edition=edition_message(edition, counts_today=counting == edition),
            categories=[category_message(category) for category in wanted],
        )

    async def SuggestCategories(
        self, request: categories_pb2.SuggestCategoriesRequest, context: Context
    ) -> categories_pb2.SuggestCategoriesResponse:
        """See categories.proto."""
        edition, found = await self._taxonomy.suggest(request.text, most=request.most or SUGGESTIONS_MAX)
        return categories_pb2.SuggestCategoriesResponse(
            suggestions=[
                categories_pb2.CategorySuggestion(
                    category=category_message(each.category),
                    score=each.suggestion.score,
                    matched=each.suggestion.matched,
                    task_types=each.task_types,
                )
                for each in found
            ],
            version=edition.version,
        )

    async def ListEditions(
        self, request: categories_pb2.ListEditionsRequest, context: Context
    ) -> categories_pb2.ListEditionsResponse:
        """See categories.proto."""
        editions = await self._taxonomy.editions()
        counting = edition_on(self._taxonomy.today, editions)
        return categories_pb2.ListEditionsResponse(
            editions=[edition_message(edition, counts_today=edition == counting) for edition in editions]
        )

    async def ImportCategories(
        self, request: categories_pb2.ImportCategoriesRequest, context: Context
    ) -> categories_pb2.ImportCategoriesResponse:
        """See categories.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        sheet = Sheet(
            content=request.content,
            title=request.title,
            effective_from=request.effective_from,
            dry_run=request.dry_run,
        )
        return categories_pb2.ImportCategoriesResponse.FromString(await self._taxonomy.take_in(key, sheet, caller))
