"""Passes what happens on to open pages: made ready once for all who may see the same, sent once for all that comes together."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Counter, Gauge

from services.platform.identity import Scope

#: So much may wait for a page that does not keep up.
WAITING_MAX: Final = 256
#: The more pages there are, the longer what happens is gathered before it goes out: sending is what costs.
GATHERED_S_A_PAGE: Final = 50e-6
GATHERED_S_MAX: Final = 0.05
AT_ONCE_MAX: Final = 20

CLIENTS = Gauge("gateway_stream_clients", "Pages that watch the live stream now")
DROPPED = Counter("gateway_stream_dropped_total", "Pages dropped because they did not keep up")
DELIVERED = Counter("gateway_stream_events_total", "Events passed on to pages")


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


@dataclass(slots=True, eq=False)
class Client:
    """One open page and what waits for it; `behind` once it has fallen too far back, `over` when all ends."""

    audience: "Audience"
    behind: bool = False
    over: bool = False
    _pieces: list[bytes] = field(default_factory=list)
    _waiting: asyncio.Future[None] | None = None

    def offer(self, piece: bytes) -> None:
        """Put something by for it; too much, and it has to begin anew."""
        if self.behind:
            return
        if len(self._pieces) >= WAITING_MAX:
            self.behind = True
            self._pieces.clear()
            DROPPED.inc()
        else:
            self._pieces.append(piece)
        self.wake()

    def wake(self) -> None:
        """Whoever waits for it looks."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def end(self) -> None:
        """Nothing more comes."""
        self.over = True
        self.wake()

    async def wait(self) -> None:
        """Until something waits for it, or somebody woke it."""
        if self._pieces or self.behind or self.over:
            return
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def take(self) -> bytes:
        """All that waits for it, as one piece."""
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audience:
    """All open pages that may see the same."""

    scope: Scope
    subject: str
    clients: set[Client] = field(default_factory=set)


class Audiences:
    """All open pages, by what they may see."""

    def __init__(self) -> None:
        self._audiences: dict[tuple[Scope, str], Audience] = {}
        self._gathered: list[Happening] = []
        self._sending: asyncio.TimerHandle | None = None
        self.count = 0

    def tell(self, happening: Happening) -> None:
        """Pass something on: at once to a few, together with what follows at once to many."""
        if not self.count:
            return
        self._gathered.append(happening)
        if self.count <= AT_ONCE_MAX:
            self.send()
        elif self._sending is None:
            gathered_s = min(self.count * GATHERED_S_A_PAGE, GATHERED_S_MAX)
            self._sending = asyncio.get_running_loop().call_later(gathered_s, self.send)

    def send(self) -> None:
        """Give everybody what was gathered."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        for audience in self._audiences.values():
            shown = [each.text for each in gathered if each.visible(audience.scope, audience.subject)]
            if not shown:
                continue
            piece = b"".join(shown)
            for client in audience.clients:
                client.offer(piece)
            DELIVERED.inc(len(shown) * len(audience.clients))

    def join(self, scope: Scope, subject: str) -> Client:
        """A page begins to watch: it is given what happens from here on."""
        self.send()
        subject = subject if scope.own else ""
        audience = self._audiences.setdefault((scope, subject), Audience(scope=scope, subject=subject))
        client = Client(audience)
        audience.clients.add(client)
        self._counted(1)
        return client

    def leave(self, client: Client) -> None:
        """A page is gone."""
        audience = client.audience
        if client not in audience.clients:
            return
        audience.clients.discard(client)
        if not audience.clients:
            self._audiences.pop((audience.scope, audience.subject), None)
        self._counted(-1)

    def each(self, act: Callable[[Client], None]) -> None:
        """Do something with every page."""
        for audience in list(self._audiences.values()):
            for client in list(audience.clients):
                act(client)

    def _counted(self, by: int) -> None:
        self.count += by
        CLIENTS.set(self.count)
