"""Opens what the host's desk keeps its things in: a file for one host, or the city's database for several."""

import re
import sqlite3
import threading
import time
from collections.abc import Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, LiteralString, Protocol

import psycopg
from eventlet import patcher
from psycopg.rows import dict_row

from services.platform import sql

BUSY_S_MAX: Final = 5.0
CONNECT_S_MAX: Final = 5
#: Connections that one host holds at most, and how long somebody waits for one.
CONNECTIONS_MAX: Final = 4
#: So often it is looked whether anybody else changed anything in a database.
OTHERS_SEEN_S: Final = 2.0
#: What a full disk, a locked file or a database that is away raises.
DESK_AWAY: Final = (OSError, sqlite3.Error, psycopg.Error)

queries = sql.load(__package__, "chairs.sql")
_NAMED: Final = re.compile(r":([a-z_]+)")
#: Connections are opened on real threads alone, where a green lock would have nobody to wake.
_threads = patcher.original("threading")

Row = Mapping[str, Any]


class Drawer(Protocol):
    """One transaction: what was changed is safe when the drawer is closed, or none of it."""

    def change(self, statement: LiteralString, values: Mapping[str, Any]) -> int:
        """How many rows were touched."""
        ...

    def rows(self, statement: LiteralString, values: Mapping[str, Any]) -> list[Row]:
        """What was found."""
        ...


class Drawers(Protocol):
    """Where the drawers are."""

    @property
    def place(self) -> str:
        """In words, for a log."""
        ...

    def open(self) -> AbstractContextManager[Drawer]:
        """One at a time for each thread."""
        ...

    def mark(self) -> Hashable:
        """Another one whenever anything may have been put in or taken out; asking waits for nothing."""
        ...

    def close(self) -> None:
        """Nobody comes any more."""
        ...


@dataclass(slots=True)
class _Changes:
    """How often this process changed anything."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class _FileDrawer:
    connection: sqlite3.Connection

    def change(self, statement: LiteralString, values: Mapping[str, Any]) -> int:
        return self.connection.execute(statement, values).rowcount

    def rows(self, statement: LiteralString, values: Mapping[str, Any]) -> list[Row]:
        return [dict(row) for row in self.connection.execute(statement, values)]


@dataclass(frozen=True, slots=True)
class FileDrawers:
    """One SQLite file, for one host."""

    path: Path
    _changes: _Changes = field(default_factory=_Changes)

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def set_up(self, statements: LiteralString) -> None:
        """Make the tables where there are none."""
        with closing(sqlite3.connect(self.path, timeout=BUSY_S_MAX)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(statements)

    @contextmanager
    def open(self) -> Iterator[_FileDrawer]:
        """See Drawers."""
        with closing(sqlite3.connect(self.path, timeout=BUSY_S_MAX)) as connection:
            connection.row_factory = sqlite3.Row
            with connection:
                yield _FileDrawer(connection)
            self._changes.count += connection.total_changes

    def close(self) -> None:
        """Nothing stays open between two looks."""

    def mark(self) -> Hashable:
        """See Drawers; what other processes write is seen by the file and by its journal."""
        return self._changes.count, _written(self.path), _written(self.path.with_name(f"{self.path.name}-wal"))


def _written(path: Path) -> tuple[int, int]:
    """When a file was last written, and how long it is; a journal without a line in it counts as none."""
    try:
        seen = path.stat()
    except OSError:
        return (0, 0)
    return (seen.st_mtime_ns, seen.st_size) if seen.st_size else (0, 0)


@dataclass(slots=True)
class _SharedDrawer:
    connection: psycopg.Connection[dict[str, Any]]
    changed: int = 0

    def change(self, statement: LiteralString, values: Mapping[str, Any]) -> int:
        touched = self.connection.execute(in_postgres(statement), values).rowcount
        self.changed += touched
        return touched

    def rows(self, statement: LiteralString, values: Mapping[str, Any]) -> list[Row]:
        return list(self.connection.execute(in_postgres(statement), values).fetchall())


@dataclass(frozen=True, slots=True)
class SharedDrawers:
    """A schema of PostgreSQL, which several hosts see."""

    url: str = field(repr=False)
    _room: threading.BoundedSemaphore = field(default_factory=lambda: _threads.BoundedSemaphore(CONNECTIONS_MAX))
    _idle: list[psycopg.Connection[dict[str, Any]]] = field(default_factory=list)
    _changes: _Changes = field(default_factory=_Changes)

    @property
    def place(self) -> str:
        """The database, without its password."""
        return "database"

    def set_up(self, statements: LiteralString) -> None:
        """Make the tables where there are none."""
        with self._taken() as connection, connection.transaction():
            connection.execute(queries.set_up_alone)
            connection.execute(statements)

    @contextmanager
    def open(self) -> Iterator[_SharedDrawer]:
        """See Drawers."""
        with self._taken() as connection:
            drawer = _SharedDrawer(connection)
            with connection.transaction():
                yield drawer
            self._changes.count += drawer.changed

    def close(self) -> None:
        """See Drawers."""
        while self._idle:
            self._idle.pop().close()

    def mark(self) -> Hashable:
        """See Drawers; what other hosts and people write is seen after a moment."""
        return self._changes.count, time.monotonic() // OTHERS_SEEN_S

    @contextmanager
    def _taken(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        with self._room:
            connection = self._idle.pop() if self._idle else self._connected()
            try:
                yield connection
            except psycopg.OperationalError:
                # Whatever was held beside it is most likely broken too.
                self.close()
                connection.close()
                raise
            finally:
                if not connection.closed:
                    self._idle.append(connection)

    def _connected(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(self.url, autocommit=True, row_factory=dict_row, connect_timeout=CONNECT_S_MAX)


@cache
def in_postgres(statement: LiteralString) -> LiteralString:
    """A statement of the desk as PostgreSQL's client wants its values named."""
    return _NAMED.sub(r"%(\1)s", statement)
