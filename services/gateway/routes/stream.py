"""The live stream: what happens to the cases a person may see, as it happens."""

import asyncio
import contextlib
import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.gateway import hub as hubs
from services.gateway.audiences import Client, Happening
from services.gateway.gate import Gate, gate_of
from services.gateway.hub import sse
from services.gateway.visits import Visit
from services.platform.errors import Forbidden, GridwardError

#: After so long without a word a sign of life follows, at the latest when twice as long has passed.
PING_S: Final = 8.0
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
    return Stream(gate, visit, after)


class Stream(Response):
    """One open stream; speaks to the server itself, for every layer between costs each page at each event."""

    def __init__(self, gate: Gate, visit: Visit, after: int | None) -> None:
        super().__init__(
            media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
        )
        del self.headers["content-length"]
        self._gate = gate
        self._visit = visit
        self._after = after
        self._checked_s = time.monotonic()
        self._spoke = True
        self._due = False
        self._client: Client
        self._ticking: asyncio.TimerHandle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak until the page is gone, its session is over or the process ends."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        beginning = await self._begin()
        leaving = asyncio.create_task(self._until_gone(receive))
        self._tick()
        try:
            await self._say(send, beginning)
            while await self._goes_on():
                piece, last = self._next()
                await self._say(send, piece)
                if last:
                    break
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._ticking.cancel()
            self._gate.hub.leave(self._client)
            leaving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await leaving

    async def _begin(self) -> bytes:
        """What a page is told first: what it missed, or that it must begin anew; from here on it is told what happens."""
        hub = self._gate.hub
        missed = [] if self._after is None else await self._missed(self._after)
        # Nothing may happen between the two: no event is told twice or not at all.
        self._client = hub.join(hubs.scope_of(self._visit.caller), self._visit.caller.subject)
        audience = self._client.audience
        told = (each.text for each in missed or () if each.visible(audience.scope, audience.subject))
        first = self._reset() if missed is None else b"".join(told)
        return f"retry: {RETRY_MS}\n\n".encode() + first + self._ping()

    async def _goes_on(self) -> bool:
        """Wait for something to say; False when there is nobody to say it to any more."""
        await self._client.wait()
        return not self._client.over and not self._gate.drain.begun and await self._still_welcome()

    def _next(self) -> tuple[bytes, bool]:
        """What to say now, and whether it is the last."""
        if self._client.behind:
            return self._reset(), True
        scope, subject = hubs.scope_of(self._visit.caller), self._visit.caller.subject
        if scope != self._client.audience.scope:
            # What waits was chosen by other rights; the page asks for everything anew.
            self._gate.hub.leave(self._client)
            self._client.end()
            self._client = self._gate.hub.join(scope, subject)
            return self._reset(), False
        if self._due:
            self._gate.hub.all_sent()
        return self._client.take() or self._ping(), False

    async def _say(self, send: Send, piece: bytes) -> None:
        self._spoke, self._due = True, False
        await send({"type": "http.response.body", "body": piece, "more_body": True})

    def _tick(self) -> None:
        """A page that heard nothing since the last time is given a sign of life."""
        self._due = not self._spoke
        self._spoke = False
        if self._due:
            self._client.wake()
        self._ticking = asyncio.get_running_loop().call_later(PING_S, self._tick)

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._client.end()

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
        return True

    def _ping(self) -> bytes:
        """A sign of life; says how far all is told, so that a page that comes back asks for little."""
        hub = self._gate.hub
        return sse(name="ping", position=hub.position, data={"live": hub.live})

    async def _missed(self, after: int) -> list[Happening] | None:
        try:
            return await self._gate.hub.missed(after)
        except GridwardError:
            return None

    def _reset(self) -> bytes:
        return sse(name="reset", position=self._gate.hub.position, data={})


ROUTES = [Route("/v1/stream", watch, methods=["GET"])]
