"""Lets in as many as can be served soon, and turns the rest away with a time to try again, before any work is done.

A crowd that comes at once and is gone a moment later is let in whole, up to the most. One that does not get smaller only
makes everybody wait: then so many are let in as are served within a quarter of a second, until it is over.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from services.platform.errors import Exhausted

RETRY_AFTER_S: Final = 1
#: How long whoever is let in may wait for those before, once a crowd stands.
PATIENCE_S: Final = 0.25
#: How long a crowd must stand before fewer are let in.
STANDING_S: Final = 1.0
#: So many are let in however slowly it goes.
LEAST: Final = 64

SAY_EVERY_S: Final = 1.0

log = structlog.get_logger()

TURNED_AWAY = Counter("rpc_server_turned_away_total", "Calls turned away because too many were being served", ["kind"])
LET_IN = Gauge("rpc_server_room", "Calls that may be inside at once now", ["kind"])


class Room:
    """Counts who is inside; one for each kind of call that must not crowd out the others."""

    def __init__(self, most: int, *, kind: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._most = self.room = most
        self._kind = kind
        self._now_s = now_s
        self.inside = 0
        self._fewest = 0
        self._left = 0
        self._began_s = now_s()
        self._said_s = -math.inf
        LET_IN.labels(kind).set(most)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Inside until the block ends; fails with EXHAUSTED when there is no room."""
        self._look_round()
        if self.inside >= self.room:
            self._turn_away()
            raise Exhausted(retry_after_s=RETRY_AFTER_S)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
            self._left += 1
            self._fewest = min(self._fewest, self.inside)

    def _turn_away(self) -> None:
        TURNED_AWAY.labels(self._kind).inc()
        now_s = self._now_s()
        if now_s - self._said_s >= SAY_EVERY_S:
            log.warning("turned_away", kind=self._kind, inside=self.inside, room=self.room)
            self._said_s = now_s

    def _look_round(self) -> None:
        """Once in a while: whether a crowd has stood all the time, and how many of it would be served soon."""
        now_s = self._now_s()
        passed_s = now_s - self._began_s
        if passed_s < STANDING_S:
            return
        soon = max(LEAST, math.ceil(self._left / passed_s * PATIENCE_S))
        room = self.room
        if self._fewest > soon:
            room = min(soon, self._most)
        elif self._fewest <= room // 2:
            room = self._most
        if room != self.room:
            self.room = room
            LET_IN.labels(self._kind).set(room)
        self._began_s, self._left, self._fewest = now_s, 0, self.inside


class Bounded(Room):
    """A room whose visitors stay: however long they do, as many are let in as it holds."""

    def _look_round(self) -> None:
        """Who stays is no crowd."""
