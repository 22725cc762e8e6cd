"""Takes the measure of a database, so that two can be told apart by any row: for each table its count and a digest."""

from collections.abc import Iterable
from typing import Final, LiteralString

import psycopg
from psycopg import Connection, sql

Fingerprint = dict[str, str]

#: The same text for the same row on every server.
STEADY: Final[tuple[LiteralString, ...]] = (
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL row_security = off",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL search_path = public",
)

_TABLES: Final = """
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname = ANY (%s)
 ORDER BY 1, 2
"""
_SEQUENCES: Final = """
SELECT schemaname || '.' || sequencename, coalesce(last_value, 0)
  FROM pg_sequences WHERE schemaname = ANY (%s) ORDER BY 1
"""
#: A sum does not care in what order the rows lie.
_ROWS: Final = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} AS t"


def take(connection: Connection, schemas: Iterable[str]) -> Fingerprint:
    """The fingerprint of every table, inside the transaction that is open."""
    names = list(schemas)
    for statement in STEADY:
        connection.execute(statement)
    found: Fingerprint = {}
    for schema, table in connection.execute(_TABLES, (names,)).fetchall():
        row = connection.execute(sql.SQL(_ROWS).format(sql.Identifier(schema, table))).fetchone()
        count, digest = row or (0, 0)
        found[f"{schema}.{table}"] = f"{count} rows, {digest}"
    return found


def sequences(connection: Connection, schemas: Iterable[str]) -> dict[str, int]:
    """How far each sequence has come. No transaction holds a sequence still, so this is a lower bound of any later look."""
    return {name: int(value) for name, value in connection.execute(_SEQUENCES, (list(schemas),)).fetchall()}


def of_database(dsn: str, schemas: Iterable[str]) -> tuple[Fingerprint, dict[str, int]]:
    """The fingerprint of a database as it is now, and its sequences."""
    with psycopg.connect(dsn) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return take(connection, schemas), sequences(connection, schemas)


def differences(wanted: Fingerprint, found: Fingerprint) -> list[str]:
    """What differs, in words; empty when nothing does."""
    return [
        f"{name}: {wanted.get(name, 'absent')} ≠ {found.get(name, 'absent')}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def behind(wanted: dict[str, int], found: dict[str, int]) -> list[str]:
    """Sequences that would give a number for the second time; empty when all have come far enough."""
    return [
        f"sequence {name}: {found.get(name, 0)} < {least}"
        for name, least in sorted(wanted.items())
        if found.get(name, 0) < least
    ]
