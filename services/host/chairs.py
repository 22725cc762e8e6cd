"""Sees to it that each department is served by one host at a time, and by another as soon as that one is gone.

For each department there is one chair: a lock that the database holds for a connection. Whoever ends, however suddenly,
leaves it at that moment; whoever is cut off from the database is taken for gone by both sides within seconds.
"""

from collections.abc import Callable
from typing import Final

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from services.host.native_grpc import threading
from services.platform import sql

log = structlog.get_logger(service="host")
queries = sql.load(__package__, "chairs.sql")

LOOK_EVERY_S: Final = 0.5
CONNECT_S_MAX: Final = 5
#: A host that gets no answer for so long gives up, before the database gives its chairs away.
CUT_OFF_MS: Final = 4_000
GIVEN_AWAY_MS: Final = 8_000
NETWORK: Final[dict[str, str | int]] = {
    "connect_timeout": CONNECT_S_MAX,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": CUT_OFF_MS,
    "options": (
        "-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2"
        f" -c tcp_user_timeout={GIVEN_AWAY_MS}"
    ),
    "application_name": "gridward host",
}


class Chairs:
    """Sits down wherever a chair is free, on a real thread, over one connection."""

    def __init__(self, url: str, *, line_of: Callable[[str], str]) -> None:
        self._url = url
        self._line_of = line_of
        self._wanted: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chairs", daemon=True)
        #: Departments that this host serves; replaced as a whole, so that any thread may look.
        self.held: frozenset[str] = frozenset()
        #: Somebody else may sit here by now: whatever is done must end at once.
        self.lost = False

    def want(self, plugin: str) -> None:
        """Serve a department as soon as nobody else does."""
        self._wanted = self._wanted | {plugin}

    def start(self) -> None:
        """Look for chairs from now on."""
        self._thread.start()

    def leave(self) -> None:
        """Stand up; whoever stands by sits down."""
        self._stop.set()
        self._thread.join(LOOK_EVERY_S + CONNECT_S_MAX)

    def _run(self) -> None:
        while not (self._stop.is_set() or self.lost):
            try:
                with psycopg.connect(make_conninfo(self._url, **NETWORK), autocommit=True) as connection:
                    self._sit(connection)
            except psycopg.Error as error:
                self.lost = bool(self.held)
                log.warning("chairs_away", error=str(error).strip()[:200], lost=sorted(self.held))
                self._stop.wait(LOOK_EVERY_S)

    def _sit(self, connection: psycopg.Connection) -> None:
        while not self._stop.is_set():
            for plugin in sorted(self._wanted - self.held):
                taken = connection.execute(queries.take_chair, {"line": self._line_of(plugin)}).fetchone()
                if taken and taken[0]:
                    self.held = self.held | {plugin}
                    log.info("chair_taken", plugin=plugin)
            connection.execute(queries.still_there)
            self._stop.wait(LOOK_EVERY_S)
