"""Follows what happens to cases and passes it on, within a second, to everybody who may see it.

One reader for the whole process keeps the newest events in a ring. A page that was away for a moment says where it
had got to and is given what it missed, from the ring or, further back, from incidents itself.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from gridward.events.v1 import events_pb2, events_pb2_grpc
from gridward.incidents.v1 import cases_pb2

from services.gateway import transcode
from services.gateway.audiences import Audiences, Client, Happening
from services.platform.errors import GridwardError
from services.platform.identity import Caller, Scope

log = structlog.get_logger()

GROUP = "gateway.live"
READ_PERMISSION = "incidents.read"
RING_MAX = 2000
CATCH_UP_MAX = 5000
PROBE_TIMEOUT_S = 2.0
RETRY_S = 1.0
#: A type nobody tells: asking for it alone answers at once with the newest position.
NOTHING = ["the_newest_position"]

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
class Kept:
    """An event of the ring as it came; it is made ready to be sent when the first page is to see it."""

    event: events_pb2.Event
    _ready: Happening | None = None

    @property
    def happening(self) -> Happening | None:
        """Ready to be sent; None for one that is not about a case."""
        if self._ready is None:
            self._ready = happening_of(self.event)
        return self._ready


class Hub:
    """The one reader, its ring, and all open pages."""

    def __init__(self, channel: grpc.aio.Channel, *, ring_max: int = RING_MAX) -> None:
        self._stub: Any = events_pb2_grpc.EventsServiceStub(channel)
        self._ring: deque[Kept] = deque(maxlen=ring_max)
        self._audiences = Audiences()
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
        self.position = max(self.position, event.position)
        if event.payload.TypeName() not in _PAYLOADS:
            return
        if len(self._ring) == self._ring.maxlen:
            self._floor = self._ring[0].event.position
        kept = Kept(event)
        self._ring.append(kept)
        if self._audiences.count and (happening := kept.happening):
            self._audiences.tell(happening)

    def mention(self, happening: Happening) -> None:
        """Pass on what is worth knowing at this moment only; nobody who comes back later is told."""
        self._audiences.tell(happening)

    def join(self, scope: Scope, subject: str) -> Client:
        """A page begins to watch, from the hub's position on."""
        return self._audiences.join(scope, subject)

    def leave(self, client: Client) -> None:
        """A page is gone."""
        self._audiences.leave(client)

    def all_sent(self) -> None:
        """Let nothing wait to be sent: from here on the position says how far all is told."""
        self._audiences.send()

    def dismiss(self) -> None:
        """End all streams, because the process ends."""
        self._audiences.each(Client.end)

    async def missed(self, after: int) -> list[Happening] | None:
        """What happened after a position; None when that is too much to tell."""
        if self._floor is None or after > self.position:
            return None
        if after >= self._floor:
            return self._newer(after)
        older = [happening async for happening in self._read_back(after, until=self._floor)]
        if len(older) >= CATCH_UP_MAX:
            return None
        return [*older, *self._newer(self._floor)]

    def _newer(self, after: int) -> list[Happening]:
        """What the ring holds after a position."""
        kept = (kept.happening for kept in self._ring if kept.event.position > after)
        return [happening for happening in kept if happening is not None]

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
