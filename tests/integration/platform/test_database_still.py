"""PostgreSQL stands still, so that lines stand and nobody answers: a lone caller is told soon, and nothing slow is cut."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import psutil
import pytest
from prometheus_client import REGISTRY

from services.platform import pulse
from services.platform.database import Database, open_database
from services.platform.deadline import answering_within
from services.platform.errors import GridwardError, Unavailable
from services.platform.pulse import LASTS_S, LOOK_S, LOOKS
from tests.support import servers
from tests.support.servers import PostgresServer

#: Nobody is kept waiting longer than this by the numbers in use; a busy machine is given room.
TOLD_S = LASTS_S * 1.5 + LOOKS * LOOK_S
ROOM_S = 10.0
CALLERS = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server of this file's own, since it is not treated kindly."""
    found = servers.start_postgres(tmp_path_factory.mktemp("still"), hurried=True)
    yield found
    found.stop()


@pytest.fixture
async def database(server: PostgresServer) -> AsyncIterator[Database]:
    found = await open_database(server.dsn_admin, service="tests", connections_max=3)
    yield found
    await found.close()


@contextlib.contextmanager
def held_still(server: PostgresServer) -> Iterator[None]:
    """The server and all its children answer nobody until the block ends."""
    first = psutil.Process(server.leashed.process.pid)
    held = first.children(recursive=True)
    for process in held:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in held:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


async def ask(database: Database) -> str:
    """What one caller is told."""
    try:
        async with database.transaction() as transaction:
            await transaction.execute("SELECT 1")
    except GridwardError as error:
        return f"{error.reason} {error.details.get('part', '')}"
    return "answered"


async def told(database: Database, *, within_s: float = TOLD_S + ROOM_S) -> str:
    began_s = time.monotonic()
    said = await ask(database)
    took_s = time.monotonic() - began_s
    assert took_s < within_s, f"told {said} after {took_s:.1f} s"
    return said


def silences() -> float:
    return REGISTRY.get_sample_value("database_silences_total") or 0.0


async def test_one_alone_is_told_soon_each_time_and_served_when_the_server_goes_on(
    server: PostgresServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = silences()
    assert await ask(database) == "answered"
    with held_still(server), monkeypatch.context() as shorter:
        shorter.setattr(pulse, "LOOKS", 5)
        for _ in range(2):
            assert await told(database) == "UNAVAILABLE database"
        together = await asyncio.gather(*(told(database) for _ in range(CALLERS)))
        assert set(together) == {"UNAVAILABLE database"}
    assert silences() > before
    async with asyncio.timeout(20):
        while await ask(database) != "answered":  # noqa: ASYNC110 the question itself is what is waited for
            await asyncio.sleep(0.05)
    assert set(await asyncio.gather(*(ask(database) for _ in range(CALLERS)))) == {"answered"}


def test_by_its_numbers_nobody_waits_longer_than_three_seconds() -> None:
    assert TOLD_S <= 3.0


async def test_all_who_ask_or_wait_for_a_connection_are_told_soon(
    server: PostgresServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "LASTS_S", 0.1)
    monkeypatch.setattr(pulse, "LOOKS", 3)
    await asyncio.gather(*(ask(database) for _ in range(CALLERS)))
    with held_still(server):
        assert set(await asyncio.gather(*(told(database) for _ in range(CALLERS)))) == {"UNAVAILABLE database"}
    async with asyncio.timeout(20):
        while await ask(database) != "answered":  # noqa: ASYNC110 the question itself is what is waited for
            await asyncio.sleep(0.05)


async def test_a_statement_that_takes_long_is_left_alone_while_the_server_answers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "LASTS_S", 0.1)
    monkeypatch.setattr(pulse, "LOOKS", 100)
    before = silences()

    async def slow() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("SELECT pg_sleep(0.5)")

    await asyncio.gather(*(slow() for _ in range(4)))  # more than there are connections: one waits first
    assert silences() == before


async def test_whoever_may_wait_shortly_is_told_before_the_time_is_up(database: Database) -> None:
    async with database.connection(), database.connection(), database.connection():
        with answering_within(0.2), pytest.raises(Unavailable):
            async with database.connection():
                pass
    assert set(await asyncio.gather(*(ask(database) for _ in range(3)))) == {"answered"}, (
        "it says nothing of the server"
    )
