"""The live stream: what happens to the cases a person may see, as it happens."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.gateway import hub as hubs
from services.gateway.gate import Gate, gate_of
from services.gateway.hub import Client, Happening, sse
from services.gateway.visits import Visit
from services.platform.errors import Forbidden, GridwardError

PING_S: Final = 15.0
#: An event is never passed on by rights older than this.
RIGHTS_S: Final = 5.0
RETRY_MS: Final = 2000


async def watch(request: Request) -> Response:
    """Open the stream; Last-Event-ID (or ?after=) tells where a page had got to."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not visit.caller.permits(hubs.READ_PERMISSION):
        raise Forbidden(permission=hubs.READ_PERMISSION)
    told = request.headers.get("last-event-id") or request.query_params.get("after", "")
    after = int(told) if told.isdigit() and len(told) < 19 else None
    watcher = _Watcher(gate, visit)
    return StreamingResponse(
        watcher.events(after),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


class _Watcher:
    """One open stream."""

    def __init__(self, gate: Gate, visit: Visit) -> None:
        self._gate = gate
        self._visit = visit
        self._scope = hubs.scope_of(visit.caller)
        self._checked_s = time.monotonic()
        self._sent = 0

    async def events(self, after: int | None) -> AsyncIterator[bytes]:
        hub = self._gate.hub
        client = hub.join()
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            self._sent = hub.position if after is None else after
            missed = [] if after is None else await self._missed(after)
            if missed is None:
                self._sent = hub.position
                yield self._reset()
            for happening in missed or ():
                if self._shows(happening):
                    yield happening.text
            yield self._ping(client)
            async for piece in self._live(client):
                yield piece
        finally:
            hub.leave(client)

    async def _live(self, client: Client) -> AsyncIterator[bytes]:
        while not self._gate.drain.begun:
            happening: Happening | None = None
            try:
                async with asyncio.timeout(PING_S):
                    happening = await client.queue.get()
                if happening is None:
                    return
            except TimeoutError:
                pass
            if not await self._still_welcome():
                return
            if client.behind:
                self._sent = self._gate.hub.position
                yield self._reset()
                return
            if happening is None:
                yield self._ping(client)
            elif self._shows(happening):
                yield happening.text

    def _shows(self, happening: Happening) -> bool:
        """Whether to send it; never twice, never what the person may not see."""
        if happening.position:
            if happening.position <= self._sent:
                return False
            self._sent = happening.position
        if not happening.visible(self._scope, self._visit.caller.subject):
            return False
        hubs.DELIVERED.inc()
        return True

    async def _still_welcome(self) -> bool:
        """Whether the session lasts; takes up changed rights."""
        now_s = time.monotonic()
        if now_s - self._checked_s < RIGHTS_S:
            return True
        try:
            visit = await self._gate.visitors.of_digest(self._visit.token_digest, by_cookie=self._visit.by_cookie)
        except GridwardError:
            return False
        if visit is None or not visit.caller.permits(hubs.READ_PERMISSION):
            return False
        self._visit, self._checked_s = visit, now_s
        self._scope = hubs.scope_of(visit.caller)
        return True

    def _ping(self, client: Client) -> bytes:
        """A sign of life; says how far all is told, so that a page that comes back asks for little."""
        hub = self._gate.hub
        if client.queue.empty():
            self._sent = max(self._sent, hub.position)
        return sse(name="ping", position=self._sent, data={"live": hub.live})

    async def _missed(self, after: int) -> list[Happening] | None:
        try:
            return await self._gate.hub.missed(after)
        except GridwardError:
            return None

    def _reset(self) -> bytes:
        return sse(name="reset", position=self._sent, data={})


ROUTES = [Route("/v1/stream", watch, methods=["GET"])]
