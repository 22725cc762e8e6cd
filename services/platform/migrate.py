"""Brings a service's schema forward to what its code expects; never backward, never twice."""

import re
from collections.abc import Iterator
from importlib.resources import files

import psycopg

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
                with connection.transaction():
                    connection.execute(statements.encode())
                    connection.execute("INSERT INTO migration (package, name) VALUES (%s, %s)", (package, name))
                applied.append(name)
    return applied


def _files(package: str) -> Iterator[tuple[str, str]]:
    folder = files(package).joinpath("migrations")
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.startswith("__") or not entry.name.endswith(".sql"):
            continue
        if not _FILENAME.match(entry.name):
            raise ValueError(f"migration {entry.name} is not named NNNN_words.sql")
        yield entry.name, entry.read_text()
