"""Lets in as many as can be served at once, and turns the rest away with a time to try again, before any work is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter

from services.platform.errors import Exhausted

RETRY_AFTER_S: Final = 1

TURNED_AWAY = Counter("rpc_server_turned_away_total", "Calls turned away because too many were being served", ["kind"])


class Room:
    """Counts who is inside; one for each kind of call that must not crowd out the others."""

    def __init__(self, most: int, *, kind: str) -> None:
        self._most = most
        self._kind = kind
        self.inside = 0

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Inside until the block ends; fails with EXHAUSTED when there is no room."""
        if self.inside >= self._most:
            TURNED_AWAY.labels(self._kind).inc()
            raise Exhausted(retry_after_s=RETRY_AFTER_S)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
