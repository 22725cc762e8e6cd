"""Answers calls about directives."""

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import grpc
from gridward.incidents.v1 import directives_pb2, directives_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.directives.actions import Directing
from services.incidents.directives.domain import Directive, Receipts
from services.incidents.directives.store import Filter
from services.incidents.messages.moments import stamp
from services.platform import paging
from services.platform.clock import Clock
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.platform.paging import PageTokenInvalid

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

PAGE: Final = 50
UNREAD_PAGE: Final = 200


class DirectivesServicer(directives_pb2_grpc.DirectivesServiceServicer):
    """See directives.proto."""

    def __init__(self, city: City, directing: Directing, *, clock: Clock) -> None:
        self._city = city
        self._directing = directing
        self._clock = clock

    async def IssueDirective(
        self, request: directives_pb2.IssueDirectiveRequest, context: Context
    ) -> directives_pb2.IssueDirectiveResponse:
        """See directives.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        wanted = Directive(
            id="",
            title=request.title,
            body=request.body,
            area_code=request.area_code,
            area_path="",
            until_level=request.until_level,
            due_at=request.due_at.ToDatetime(UTC) if request.HasField("due_at") else None,
            issued_at=self._clock.now(),
            issued_by=caller.subject,
        )

        def answer(directive: Directive, levels: list[Receipts]) -> directives_pb2.IssueDirectiveResponse:
            return directives_pb2.IssueDirectiveResponse(directive=_directive(directive), levels=_levels(levels))

        told = await self._directing.issue(key, wanted, caller, answer)
        return directives_pb2.IssueDirectiveResponse.FromString(told)

    async def ListDirectives(
        self, request: directives_pb2.ListDirectivesRequest, context: Context
    ) -> directives_pb2.ListDirectivesResponse:
        """See directives.proto."""
        size = request.page_size or PAGE
        wanted = Filter(
            mine_only=request.mine_only,
            open_only=request.open_only,
            before=_before(request.page_token),
            size=size + 1,
        )
        found = await self._directing.listed(wanted, current_caller())
        page = found[:size]
        token = paging.encode(page[-1].issued_at.isoformat(), page[-1].id) if len(found) > size else ""
        return directives_pb2.ListDirectivesResponse(
            directives=[_directive(each) for each in page], next_page_token=token
        )

    async def GetDirective(
        self, request: directives_pb2.GetDirectiveRequest, context: Context
    ) -> directives_pb2.GetDirectiveResponse:
        """See directives.proto."""
        directive, levels = await self._directing.one(request.directive_id, current_caller())
        return directives_pb2.GetDirectiveResponse(directive=_directive(directive), levels=_levels(levels))

    async def ListUnread(
        self, request: directives_pb2.ListUnreadRequest, context: Context
    ) -> directives_pb2.ListUnreadResponse:
        """See directives.proto."""
        size = request.page_size or UNREAD_PAGE
        after = _after(request.page_token)
        found = await self._directing.unread(
            request.directive_id, current_caller(), level=request.level, after=after, size=size + 1
        )
        page = found[:size]
        token = paging.encode(str(page[-1][0]), page[-1][1]) if len(found) > size else ""
        return directives_pb2.ListUnreadResponse(
            areas=[self._unread(level, code) for level, code in page], next_page_token=token
        )

    async def AcknowledgeDirective(
        self, request: directives_pb2.AcknowledgeDirectiveRequest, context: Context
    ) -> directives_pb2.AcknowledgeDirectiveResponse:
        """See directives.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(directive: Directive, _levels: list[Receipts]) -> directives_pb2.AcknowledgeDirectiveResponse:
            return directives_pb2.AcknowledgeDirectiveResponse(directive=_directive(directive))

        told = await self._directing.acknowledge(
            key, request.directive_id, caller, done=request.done, reply=request.reply, answer=answer
        )
        return directives_pb2.AcknowledgeDirectiveResponse.FromString(told)

    async def WithdrawDirective(
        self, request: directives_pb2.WithdrawDirectiveRequest, context: Context
    ) -> directives_pb2.WithdrawDirectiveResponse:
        """See directives.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(directive: Directive, _levels: list[Receipts]) -> directives_pb2.WithdrawDirectiveResponse:
            return directives_pb2.WithdrawDirectiveResponse(directive=_directive(directive))

        told = await self._directing.withdraw(key, request.directive_id, caller, answer)
        return directives_pb2.WithdrawDirectiveResponse.FromString(told)

    def _unread(self, level: int, area_code: str) -> directives_pb2.UnreadArea:
        area = self._city.view.area(area_code)
        return directives_pb2.UnreadArea(
            area_code=area_code,
            name=area.name if area else area_code,
            name_en=area.name_en if area else area_code,
            level=level,
            holder=self._directing.holder(area_code, level, self._clock.now()),
        )


def _directive(directive: Directive) -> directives_pb2.Directive:
    return directives_pb2.Directive(
        id=directive.id,
        title=directive.title,
        body=directive.body,
        area_code=directive.area_code,
        until_level=directive.until_level,
        due_at=stamp(directive.due_at),
        issued_at=stamp(directive.issued_at),
        issued_by=directive.issued_by,
        withdrawn_at=stamp(directive.withdrawn_at),
        own_unread_count=directive.own_unread_count,
        own_open_count=directive.own_open_count,
    )


def _levels(levels: list[Receipts]) -> list[directives_pb2.LevelReceipts]:
    return [
        directives_pb2.LevelReceipts(
            level=each.level,
            area_count=each.area_count,
            read_count=each.read_count,
            done_count=each.done_count,
            read_ratio=each.read_ratio,
        )
        for each in levels
    ]


def _before(token: str) -> tuple[datetime, str] | None:
    keys = paging.decode(token, keys=2)
    if keys is None:
        return None
    try:
        return datetime.fromisoformat(keys[0]), str(UUID(keys[1]))
    except ValueError as error:
        raise PageTokenInvalid from error


def _after(token: str) -> tuple[int, str]:
    keys = paging.decode(token, keys=2)
    if keys is None:
        return 0, ""
    try:
        return int(keys[0]), keys[1]
    except ValueError as error:
        raise PageTokenInvalid from error
