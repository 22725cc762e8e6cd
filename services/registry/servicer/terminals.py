"""Answers calls about workers' phones."""

from typing import Any, TypeAlias

import grpc
from gridward.registry.v1 import terminals_pb2, terminals_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.terminals import TerminalActions
from services.registry.servicer.asking import asked, next_page_token, page_of
from services.registry.store.terminals import PastRefusal, Span, Terminal

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class TerminalsServicer(terminals_pb2_grpc.TerminalsServiceServicer):
    """See terminals.proto."""

    def __init__(self, actions: TerminalActions) -> None:
        self._actions = actions

    async def GetTerminal(
        self, request: terminals_pb2.GetTerminalRequest, context: Context
    ) -> terminals_pb2.GetTerminalResponse:
        """See terminals.proto."""
        found = await self._actions.get_terminal(request.terminal_id, caller=current_caller())
        return terminals_pb2.GetTerminalResponse(terminal=_terminal(found))

    async def ListTerminals(
        self, request: terminals_pb2.ListTerminalsRequest, context: Context
    ) -> terminals_pb2.ListTerminalsResponse:
        """See terminals.proto."""
        after, size = page_of(request)
        found = await self._actions.list_terminals(
            area_code=request.area_code, after=after, size=size, caller=current_caller()
        )
        return terminals_pb2.ListTerminalsResponse(
            terminals=[_terminal(terminal) for terminal in found],
            next_page_token=next_page_token([terminal.id for terminal in found], size),
        )

    async def HandOverTerminal(
        self, request: terminals_pb2.HandOverTerminalRequest, context: Context
    ) -> terminals_pb2.HandOverTerminalResponse:
        """See terminals.proto."""
        caller = current_caller()
        answer = await self._actions.hand_over_terminal(
            request.terminal_id,
            staff_code=request.staff_code,
            grid_code=request.grid_code,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda terminal: terminals_pb2.HandOverTerminalResponse(terminal=_terminal(terminal)),
            ),
        )
        return terminals_pb2.HandOverTerminalResponse.FromString(answer)

    async def RevokeTerminal(
        self, request: terminals_pb2.RevokeTerminalRequest, context: Context
    ) -> terminals_pb2.RevokeTerminalResponse:
        """See terminals.proto."""
        caller = current_caller()
        answer = await self._actions.revoke_terminal(
            request.terminal_id,
            reason=request.reason,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda terminal: terminals_pb2.RevokeTerminalResponse(terminal=_terminal(terminal)),
            ),
        )
        return terminals_pb2.RevokeTerminalResponse.FromString(answer)

    async def ListTerminalHistory(
        self, request: terminals_pb2.ListTerminalHistoryRequest, context: Context
    ) -> terminals_pb2.ListTerminalHistoryResponse:
        """See terminals.proto."""
        spans, refusals = await self._actions.list_history(request.terminal_id, caller=current_caller())
        return terminals_pb2.ListTerminalHistoryResponse(
            spans=[_span(span) for span in spans], refusals=[_refusal(refusal) for refusal in refusals]
        )


def _terminal(terminal: Terminal) -> terminals_pb2.Terminal:
    message = terminals_pb2.Terminal(
        terminal_id=terminal.id,
        grid_code=terminal.grid_code,
        staff_code=terminal.staff_code,
        revoked=terminal.revoked_at is not None,
    )
    message.bound_at.FromDatetime(terminal.bound_at)
    return message


def _span(span: Span) -> terminals_pb2.TerminalSpan:
    message = terminals_pb2.TerminalSpan(grid_code=span.grid_code, staff_code=span.staff_code, ended_by=span.ended_by)
    message.began_at.FromDatetime(span.began_at)
    if span.ended_at is not None:
        message.ended_at.FromDatetime(span.ended_at)
    return message


def _refusal(refusal: PastRefusal) -> terminals_pb2.TerminalRefusal:
    message = terminals_pb2.TerminalRefusal(
        grid_code=refusal.grid_code, found_grid_code=refusal.found_grid_code, asked_by=refusal.asked_by
    )
    message.refused_at.FromDatetime(refusal.refused_at)
    return message
