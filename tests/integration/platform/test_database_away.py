"""PostgreSQL goes away and comes back: callers are told at once instead of piling up, and all goes on by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.machine import postgres as machine_postgres
from services.platform import database as databases
from services.platform.database import Database, open_database
from services.platform.errors import Unavailable
from tests.support import servers
from tests.support.servers import Leashed, PostgresServer

CALLERS = 40
BACK_WITHIN_S = 10.0
AWAY_S = 3.0
#: Less than in use, so that the test need not wait as long as people would.
CONNECT_TIMEOUT_S = 1.5


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server of this test's own, since it is not treated kindly."""
    found = servers.start_postgres(tmp_path)
    yield found
    found.stop()


async def ask(database: Database) -> float:
    """How long one call takes; negative when it was told that the database is away."""
    began_s = time.monotonic()
    try:
        async with database.connection() as connection:
            await connection.execute("SELECT 1")
    except Unavailable:
        return -(time.monotonic() - began_s)
    return time.monotonic() - began_s


async def test_callers_are_told_at_once_and_all_goes_on_by_itself(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "CONNECT_TIMEOUT_S", CONNECT_TIMEOUT_S)
    database = await open_database(server.dsn_admin, service="tests", connections_max=4)
    assert await ask(database) > 0
    server.kill()
    first = await asyncio.gather(*(ask(database) for _ in range(CALLERS)))
    assert all(took_s < 0 for took_s in first)
    assert min(first) > -(CONNECT_TIMEOUT_S + 2)
    later = await asyncio.gather(*(ask(database) for _ in range(CALLERS)))
    told_at_once = [took_s for took_s in later if -0.5 < took_s < 0]
    assert len(told_at_once) == CALLERS - 1
    await asyncio.sleep(AWAY_S)

    machine_postgres.clear_lock(server.cluster.data)
    server.leashed = Leashed.start(
        server.cluster.command, log=tmp_path / "again.log", stop_signal="INT", account=server.cluster.account
    )
    assert await asyncio.to_thread(machine_postgres.wait_ready, server.cluster)
    began_s = time.monotonic()
    async with asyncio.timeout(BACK_WITHIN_S * 3):
        while await ask(database) < 0:  # noqa: ASYNC110 the question itself is what is waited for
            await asyncio.sleep(0.05)
    print(f"served again {time.monotonic() - began_s:.1f} s after the server was back")
    assert all(took_s > 0 for took_s in await asyncio.gather(*(ask(database) for _ in range(CALLERS))))
    await database.close()


async def fall_asleep(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("SET statement_timeout = '20ms'")
        await connection.execute("SELECT pg_sleep(5)")


async def test_an_error_inside_a_transaction_is_no_reason_to_think_the_server_away(server: PostgresServer) -> None:
    database = await open_database(server.dsn_admin, service="tests", connections_max=2)
    with pytest.raises(Unavailable):
        await fall_asleep(database)
    assert all(took_s > 0 for took_s in await asyncio.gather(*(ask(database) for _ in range(5))))
    await database.close()
