"""Asks registry whether a worker's phone may write about a place."""

from typing import Protocol

import grpc
from gridward.registry.v1 import staff_pb2, staff_pb2_grpc

from services.incidents.domain.case import Point
from services.incidents.messages.outgoing import point_message


class Terminals(Protocol):
    """Whatever knows which phone is bound to which grid."""

    async def check(self, terminal_id: str, point: Point) -> None:
        """Fails with OUT_OF_GRID or TERMINAL_UNKNOWN."""
        ...


class RegistryTerminals:
    """Registry's own answer, so that registry keeps the audit row."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = staff_pb2_grpc.StaffServiceStub(channel)

    async def check(self, terminal_id: str, point: Point) -> None:
        """Fails with OUT_OF_GRID or TERMINAL_UNKNOWN."""
        request = staff_pb2.CheckTerminalRequest(terminal_id=terminal_id, point=point_message(point))
        await self._stub.CheckTerminal(request)
