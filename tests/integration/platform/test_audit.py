"""The audit trail stands or falls with the deed, and no row of it can be changed unnoticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest

from services.platform import audit
from services.platform.audit import Deed
from services.platform.database import Database, Transaction, open_database
from services.platform.identity import Caller, Grant
from tests.conftest import MakeDatabase

AT = datetime(2026, 3, 2, 2, 0, 0, 123456, tzinfo=UTC)
CLERK = Caller(subject="staff:1", grants=(Grant(role="data_steward", area_path="999100"),), purpose="走访核实")


class ChangedMind(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture
async def database(make_database: MakeDatabase) -> AsyncIterator[Database]:
    database = await open_database(make_database("incidents"), service="incidents", connections_max=10)
    yield database
    await database.close()


async def act(database: Database, number: int = 1, *, fail: bool = False) -> None:
    deed = Deed(action="person_unmasked", target=f"p{number}", fields=("phone",), row_count=1, masked=False)
    async with database.transaction() as transaction:
        await audit.write(transaction, deed, caller=CLERK, at=AT)
        if fail:
            raise ChangedMind


async def tampered(database: Database, statement: str) -> audit.Verdict:
    """What the verifier says after somebody with every right took the walls down and changed something."""
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        await connection.execute("GRANT ALL ON audit, audit_head TO CURRENT_USER")
        await connection.execute(statement.encode())
        return await audit.verify(connection)


async def test_a_deed_is_told_with_who_when_why_and_what(database: Database) -> None:
    await act(database)
    async with database.connection() as connection:
        (row,) = await audit.read(connection, who="staff:1", target="p1", action="person_unmasked")
    assert (row.position, row.at, row.roles, row.purpose) == (1, AT, ("data_steward",), "走访核实")
    assert (row.fields, row.row_count, row.masked, row.refused) == (("phone",), 1, False, "")


async def test_a_deed_that_was_undone_leaves_no_row(database: Database) -> None:
    with pytest.raises(ChangedMind):
        await act(database, fail=True)
    await act(database)
    async with database.connection() as connection:
        verdict = await audit.verify(connection)
        assert (verdict.rows, verdict.whole) == (1, True)


async def test_many_writers_at_once_make_one_whole_chain(database: Database) -> None:
    await asyncio.gather(*(act(database, number) for number in range(40)))
    async with database.connection() as connection:
        verdict = await audit.verify(connection)
        page = await audit.read(connection, size=3)
    assert (verdict.rows, verdict.whole) == (40, True)
    assert [row.position for row in page] == [40, 39, 38]


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = ''", "DELETE FROM audit", "TRUNCATE audit"])
async def test_the_service_itself_has_no_right_to_change_a_row(database: Database, statement: str) -> None:
    await act(database)
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement.encode())
        await connection.execute("GRANT UPDATE, DELETE, TRUNCATE ON audit TO CURRENT_USER")
        with pytest.raises(psycopg.errors.RaiseException, match="only ever added to"):
            await connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET who = 'staff:2' WHERE position = 3", 3),
        ("UPDATE audit SET row_count = 0 WHERE position = 1", 1),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE position = 2", 2),
        ("DELETE FROM audit WHERE position = 2", 2),
        ("DELETE FROM audit WHERE position = 5", 5),
        ("DELETE FROM audit WHERE position > 3", 4),
        ("DELETE FROM audit", 1),
    ],
)
async def test_whatever_is_altered_or_removed_is_found_and_where(
    database: Database, statement: str, broken_at: int
) -> None:
    for number in range(5):
        await act(database, number)
    verdict = await tampered(database, statement)
    assert verdict.broken_at == broken_at


async def test_a_noted_head_proves_that_a_chain_was_not_written_anew(database: Database) -> None:
    await act(database)
    async with database.connection() as connection:
        noted = await audit.verify(connection)
    heads = {noted.rows: noted.head}
    async with database.connection() as connection:
        assert (await audit.verify(connection, noted=heads)).whole
        await forge(connection)
        assert (await audit.verify(connection)).whole
        assert (await audit.verify(connection, noted=heads)).broken_at == 1


async def forge(connection: Transaction) -> None:
    """Begin the whole trail anew, with another row."""
    await connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
    await connection.execute("GRANT ALL ON audit, audit_head TO CURRENT_USER")
    await connection.execute("DELETE FROM audit")
    await connection.execute("UPDATE audit_head SET position = 0, digest = sha256('gridward audit')")
    await connection.execute("ALTER TABLE audit ENABLE TRIGGER USER")
    await audit.write(connection, Deed(action="nothing_to_see"), caller=CLERK, at=AT)
