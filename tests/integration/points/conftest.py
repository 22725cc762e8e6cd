"""A ledger of its own for each test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import conninfo

from services.platform.clock import ManualClock
from services.platform.database import Database, open_database
from services.points.actions import Actions
from services.points.domain import credit
from tests.conftest import MakeDatabase
from tests.support.servers import PostgresServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger, its database, and a way past all its guards."""

    actions: Actions
    database: Database
    dsn: str
    admin_dsn: str

    async def credit(self, owner: str, amount: int = 10, *, key: str = "") -> None:
        await self.actions.credit_account(
            credit(key=key or f"{owner}:{amount}", owner=owner, amount=amount, reason="TEST", cause="test")
        )

    def tamper(self, *statements: str) -> None:
        """Do as the server's own administrator could: with all guards off."""
        with psycopg.connect(self.admin_dsn) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET search_path = points, public")
            for statement in statements:
                connection.execute(statement.encode())

    async def value(self, query: str) -> int:
        async with self.database.connection() as connection:
            row = await (await connection.execute(query.encode())).fetchone()
            assert row is not None
            return int(next(iter(row.values())))


@pytest.fixture
async def ledger(
    make_database: MakeDatabase, postgres: PostgresServer, manual_clock: ManualClock
) -> AsyncIterator[Ledger]:
    dsn = make_database("points")
    database = await open_database(dsn, service="points")
    admin_dsn = postgres.dsn(str(conninfo.conninfo_to_dict(dsn)["dbname"]))
    yield Ledger(
        actions=Actions(database=database, clock=manual_clock), database=database, dsn=dsn, admin_dsn=admin_dsn
    )
    await database.close()
