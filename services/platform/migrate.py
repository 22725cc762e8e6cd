"""Brings a service's schema forward to what its code expects; never backward, never twice."""

import re
import time
from collections.abc import Iterator
from importlib.resources import files

import psycopg
import structlog

from services.platform.settings import DatabaseSettings

log = structlog.get_logger()

_FILENAME = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")
_LOCK = 7_401_001  # one migrating process at a time for each database

_LEDGER = """
CREATE TABLE IF NOT EXISTS migration (
    package    text        NOT NULL,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (package, name)
)
"""


#: A change of a table waits no longer than this for its turn: whoever wants the table next waits behind it.
LOCK_WAIT_S = 1.0
LOCK_TRIES = 60
LOOK_EVERY_S = 1.0
SAY_EVERY_S = 10.0
CONNECT_TIMEOUT_S = 5


def prepare(settings: DatabaseSettings, *packages: str) -> None:
    """See that the schema is as this code expects: by bringing it forward, or by waiting until that has been done.

    Where many replicas start at once, one job brings the schema forward before them; they wait for it, and for a
    server that is away, as long as it takes.
    """
    dsn = settings.database_url.get_secret_value()
    if settings.migrate_at_start:
        migrate(dsn, *packages)
        return
    began_s = said_s = time.monotonic()
    while lacking := _lacking_or_why(dsn, packages):
        if time.monotonic() - said_s >= SAY_EVERY_S:
            said_s = time.monotonic()
            log.warning("schema_awaited", lacking=lacking, waited_s=round(said_s - began_s))
        time.sleep(LOOK_EVERY_S)


def _lacking_or_why(dsn: str, packages: tuple[str, ...]) -> list[str]:
    try:
        return missing(dsn, *packages)
    except psycopg.OperationalError as error:
        return [str(error).strip().splitlines()[0][:200] or type(error).__name__]


def missing(dsn: str, *packages: str) -> list[str]:
    """The migrations that this code has and the schema has not; what the schema has besides is a newer release's."""
    with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        known = connection.execute("SELECT to_regclass('migration')").fetchone() != (None,)
        rows = connection.execute("SELECT package, name FROM migration") if known else ()
        done = {(package, name) for package, name in rows}
    return [name for package in packages for name, _ in _files(package) if (package, name) not in done]


def migrate(dsn: str, *packages: str) -> list[str]:
    """Apply what is missing from each package's `migrations` folder, in order; the names applied.

    Each file runs in a transaction of its own together with its row in the ledger.
    """
    applied: list[str] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(_LEDGER)
        for package in packages:
            done = {name for (name,) in connection.execute("SELECT name FROM migration WHERE package = %s", (package,))}
            for name, statements in _files(package):
                if name in done:
                    continue
                _apply(connection, package, name, statements)
                applied.append(name)
    return applied


def _apply(connection: psycopg.Connection, package: str, name: str, statements: str) -> None:
    """One file, whole or not at all; tried again and again where a busy table does not let it in."""
    for tries in range(1, LOCK_TRIES + 1):
        try:
            with connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{round(LOCK_WAIT_S * 1000)}ms",))
                connection.execute(statements.encode())
                connection.execute("INSERT INTO migration (package, name) VALUES (%s, %s)", (package, name))
        except psycopg.errors.LockNotAvailable:
            if tries == LOCK_TRIES:
                raise
            log.warning("migration_waits", package=package, name=name, tries=tries)
            time.sleep(LOCK_WAIT_S)
        else:
            return


def _files(package: str) -> Iterator[tuple[str, str]]:
    folder = files(package).joinpath("migrations")
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.startswith("__") or not entry.name.endswith(".sql"):
            continue
        if not _FILENAME.match(entry.name):
            raise ValueError(f"migration {entry.name} is not named NNNN_words.sql")
        yield entry.name, entry.read_text()
