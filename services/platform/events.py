"""Lets other services and plugins read a service's events, each group at its own pace."""

from collections.abc import AsyncIterator
from typing import TypeAlias

import grpc
from gridward.events.v1 import events_pb2, events_pb2_grpc

from services.platform import outbox
from services.platform.database import Database
from services.platform.lifecycle import Drain

BATCH_SIZE = 200
HEARTBEAT_S = 5.0
WAIT_SLICE_S = 0.5

WatchContext: TypeAlias = "grpc.aio.ServicerContext[events_pb2.WatchBatchesRequest, events_pb2.WatchBatchesResponse]"
AckContext: TypeAlias = "grpc.aio.ServicerContext[events_pb2.AckRequest, events_pb2.AckResponse]"


class EventsServicer(events_pb2_grpc.EventsServiceServicer):
    """The same for every service that writes an outbox."""

    def __init__(self, database: Database, sequencer: outbox.Sequencer, *, service: str, drain: Drain) -> None:
        self._database = database
        self._sequencer = sequencer
        self._service = service
        self._drain = drain

    async def WatchBatches(
        self, request: events_pb2.WatchBatchesRequest, context: WatchContext
    ) -> AsyncIterator[events_pb2.WatchBatchesResponse]:
        """See events.proto."""
        position = await self._begin(request)
        size = request.batch_size or BATCH_SIZE
        waited_s = 0.0
        while not self._drain.begun:
            head = await self._sequencer.wait_beyond(position, WAIT_SLICE_S)
            if head <= position:
                waited_s += WAIT_SLICE_S
                if waited_s >= HEARTBEAT_S:
                    waited_s = 0.0
                    yield events_pb2.WatchBatchesResponse(position=position)
                continue
            rows, position = await outbox.read_batch(
                self._database,
                after=position,
                head=head,
                types=list(request.types),
                task_types=list(request.task_types),
                size=size,
            )
            waited_s = 0.0
            events = [outbox.event_of(row, self._service) for row in rows]
            yield events_pb2.WatchBatchesResponse(events=events, position=position)

    async def _begin(self, request: events_pb2.WatchBatchesRequest) -> int:
        if request.HasField("after"):
            return request.after
        return await outbox.reader_position(self._database, request.group)

    async def Ack(
        self,
        request: events_pb2.AckRequest,
        context: AckContext,
    ) -> events_pb2.AckResponse:
        """See events.proto."""
        await outbox.move_reader(self._database, request.group, request.position)
        return events_pb2.AckResponse()
