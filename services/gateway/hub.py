"""Follows what happens to cases and passes it on, within a second, to everybody who may see it.

One reader for the whole process keeps the newest events in a ring. A page that was away for a moment says where it
had got to and is given what it missed, from the ring or, further back, from incidents itself.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import structlog
from gridward.events.v1 import events_pb2, events_pb2_grpc
from gridward.incidents.v1 import cases_pb2
from prometheus_client import Counter, Gauge

from services.gateway import transcode
from services.platform.errors import GridwardError
from services.platform.identity import Caller, Scope

log = structlog.get_logger()

GROUP = "gateway.live"
READ_PERMISSION = "incidents.read"
RING_MAX = 2000
QUEUE_MAX = 256
CATCH_UP_MAX = 5000
PROBE_TIMEOUT_S = 2.0
RETRY_S = 1.0
#: A type nobody tells: asking for it alone answers at once with the newest position.
NOTHING = ["the_newest_position"]

CLIENTS = Gauge("gateway_stream_clients", "Pages that watch the live stream now")
DROPPED = Counter("gateway_stream_dropped_total", "Pages dropped because they did not keep up")
DELIVERED = Counter("gateway_stream_events_total", "Events passed on to pages")

_PAYLOADS: Mapping[str, type[Any]] = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        cases_pb2.IncidentReported,
        cases_pb2.CaseAdvanced,
        cases_pb2.SignalChanged,
        cases_pb2.CaseEscalated,
        cases_pb2.CaseRated,
    )
}
#: Left out of the stream: long, or nobody's business; the case itself is asked for when it is opened.
_LEFT_OUT = ("evidence", "route", "form_answers", "reporter", "rating_comment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event ready to be sent, and what decides who may see it."""

    position: int
    area_path: str
    department_code: str
    people: frozenset[str]
    text: bytes

    def visible(self, scope: Scope, subject: str) -> bool:
        """Whether somebody with this scope may see it."""
        if scope.own and subject in self.people:
            return True
        return any(
            _within(self.area_path, area) and department in {"", self.department_code}
            for area, department in zip(scope.area_paths, scope.departments, strict=True)
        )


def _within(path: str, area: str) -> bool:
    return not area or path == area or path.startswith(f"{area}.")


def happening_of(event: events_pb2.Event) -> Happening | None:
    """What pages are told of an event; None for one that is not about a case."""
    kind = _PAYLOADS.get(event.payload.TypeName())
    if kind is None:
        return None
    payload = kind()
    event.payload.Unpack(payload)
    case = payload.case
    people = frozenset({case.reporter, case.handler, case.checker, case.solver} - {""})
    for name in _LEFT_OUT:
        case.ClearField(name)
    told = {"type": event.type, "at": event.occurred_at.ToJsonString(), "case": transcode.to_json(case)}
    return Happening(
        position=event.position,
        area_path=case.area_path,
        department_code=case.department_code,
        people=people,
        text=sse(name="case", position=event.position, data=told),
    )


def sse(*, name: str, data: Mapping[str, Any], position: int | None = None) -> bytes:
    """One event in the text/event-stream format."""
    lines = [f"id: {position}"] if position is not None else []
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return "\n".join([*lines, f"event: {name}", f"data: {body}", "", ""]).encode()


@dataclass(slots=True, eq=False)
class Client:
    """One open page; `behind` once it has fallen too far back. None in its queue ends the stream."""

    queue: asyncio.Queue[Happening | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    behind: bool = False


class Hub:
    """The one reader, its ring, and all open pages."""

    def __init__(self, channel: grpc.aio.Channel, *, ring_max: int = RING_MAX) -> None:
        self._stub: Any = events_pb2_grpc.EventsServiceStub(channel)
        self._ring: deque[Happening] = deque(maxlen=ring_max)
        self._clients: set[Client] = set()
        self._floor: int | None = None
        self.position = 0
        self.live = False

    async def run(self) -> None:
        """Read until cancelled; after a break goes on where it was."""
        while True:
            try:
                if self._floor is None:
                    self._floor = self.position = await self._newest_position()
                await self._follow()
            except (grpc.aio.AioRpcError, GridwardError) as error:
                log.warning("live_stream_broken", error=str(error)[:200])
            self.live = False
            await asyncio.sleep(RETRY_S)

    async def _newest_position(self) -> int:
        request = events_pb2.WatchBatchesRequest(group=GROUP, after=0, types=NOTHING, batch_size=1)
        call = self._stub.WatchBatches(request)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                async for batch in call:
                    return int(batch.position)
        except TimeoutError:
            pass  # nothing has happened yet
        return 0

    async def _follow(self) -> None:
        request = events_pb2.WatchBatchesRequest(group=GROUP, after=self.position, batch_size=500)
        self.live = True
        async for batch in self._stub.WatchBatches(request):
            self.live = True
            for event in batch.events:
                self._pass_on(event)
            self.position = max(self.position, batch.position)

    def _pass_on(self, event: events_pb2.Event) -> None:
        happening = happening_of(event)
        self.position = max(self.position, event.position)
        if happening is None:
            return
        if len(self._ring) == self._ring.maxlen:
            self._floor = self._ring[0].position
        self._ring.append(happening)
        for client in self._clients:
            self._offer(client, happening)

    @staticmethod
    def _offer(client: Client, happening: Happening) -> None:
        if client.behind:
            return
        try:
            client.queue.put_nowait(happening)
        except asyncio.QueueFull:
            client.behind = True
            DROPPED.inc()

    def mention(self, happening: Happening) -> None:
        """Pass on what is worth knowing at this moment only; nobody who comes back later is told."""
        for client in self._clients:
            self._offer(client, happening)

    def join(self) -> Client:
        """A page begins to watch."""
        client = Client()
        self._clients.add(client)
        CLIENTS.set(len(self._clients))
        return client

    def dismiss(self) -> None:
        """End all streams, because the process ends."""
        for client in self._clients:
            if not client.queue.full():
                client.queue.put_nowait(None)

    def leave(self, client: Client) -> None:
        """A page is gone."""
        self._clients.discard(client)
        CLIENTS.set(len(self._clients))

    async def missed(self, after: int) -> list[Happening] | None:
        """What happened after a position; None when that is too much to tell."""
        if self._floor is None or after > self.position:
            return None
        if after >= self._floor:
            return [happening for happening in self._ring if happening.position > after]
        older = [happening async for happening in self._read_back(after, until=self._floor)]
        if len(older) >= CATCH_UP_MAX:
            return None
        return [*older, *(happening for happening in self._ring if happening.position > self._floor)]

    async def _read_back(self, after: int, *, until: int) -> AsyncIterator[Happening]:
        request = events_pb2.WatchBatchesRequest(group=GROUP, after=after, batch_size=500)
        told = 0
        async for batch in self._stub.WatchBatches(request, timeout=10.0):
            for event in batch.events:
                if event.position > until or told >= CATCH_UP_MAX:
                    return
                happening = happening_of(event)
                if happening is not None:
                    told += 1
                    yield happening
            if batch.position >= until:
                return


def scope_of(caller: Caller) -> Scope:
    """What somebody may watch."""
    return caller.scope(READ_PERMISSION)
