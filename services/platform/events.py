"""Lets other services and plugins read a service's events, each group at its own pace."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import TypeAlias

import grpc
from gridward.events.v1 import events_pb2, events_pb2_grpc

from services.platform import outbox
from services.platform.database import Database
from services.platform.lifecycle import Drain
from services.platform.tail import Wanted

BATCH_SIZE = 200
HEARTBEAT_S = 5.0
WAIT_SLICE_S = 0.5

WatchContext: TypeAlias = "grpc.aio.ServicerContext[events_pb2.WatchBatchesRequest, events_pb2.WatchBatchesResponse]"
AckContext: TypeAlias = "grpc.aio.ServicerContext[events_pb2.AckRequest, events_pb2.AckResponse]"


class EventsServicer(events_pb2_grpc.EventsServiceServicer):
    """The same for every service that writes an outbox."""

    def __init__(self, database: Database, sequencer: outbox.Sequencer, *, drain: Drain) -> None:
        self._database = database
        self._sequencer = sequencer
        self._drain = drain

    async def WatchBatches(
        self, request: events_pb2.WatchBatchesRequest, context: WatchContext
    ) -> AsyncIterator[events_pb2.WatchBatchesResponse]:
        """See events.proto."""
        position = await self._begin(request)
        wanted = Wanted(types=frozenset(request.types), task_types=frozenset(request.task_types))
        linger_s = request.linger_ms / 1000
        size = request.batch_size or BATCH_SIZE
        loop = asyncio.get_running_loop()
        told_at = -math.inf  # the first answer comes at once: it tells a new reader where the stream stands
        await self._sequencer.wait_beyond(position, WAIT_SLICE_S)
        with self._sequencer.reading(wanted) as reader:
            while not self._drain.begun:
                events: list[events_pb2.Event] = []
                if await reader.news_within(WAIT_SLICE_S):
                    if linger_s:
                        await asyncio.sleep(linger_s)
                    reader.news.clear()  # before the look: what comes during it is looked for anew
                    events, position = await self._sequencer.after(position, wanted, size=size)
                    if len(events) == size:
                        reader.news.set()
                else:
                    position = max(position, reader.passed)
                if events or loop.time() - told_at >= HEARTBEAT_S:
                    told_at = loop.time()
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
