"""The object store hangs: a caller waits a bounded time, the next ones are told at once, and all goes on by itself."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from services.platform import objects
from services.platform.errors import Unavailable
from services.platform.objects import CONNECT_S, RETRIES, ObjectStore, ObjectUnknown
from services.platform.settings import ObjectStoreSettings
from tests.support import servers
from tests.support.servers import ObjectStoreServer

CALLERS = 20
#: Less than in use, so that the test need not wait as long as people would.
SILENCE_S = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreServer]:
    """A store of this file's own, since it is not treated kindly."""
    found = servers.start_object_store(tmp_path_factory.mktemp("objects"))
    yield found
    found.stop()


@pytest.fixture
def store(server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    monkeypatch.setattr(objects, "SILENCE_S", SILENCE_S)
    return ObjectStore.open(
        ObjectStoreSettings(
            trust_file=Path("none"),
            signing_key_file=Path("none"),
            s3_endpoint=server.endpoint,
            s3_access_key=SecretStr(server.access_key),
            s3_secret_key=SecretStr(server.secret_key),
        )
    )


def signal_to(server: ObjectStoreServer, number: signal.Signals) -> None:
    for process in psutil.Process(server.leashed.process.pid).children(recursive=True):
        process.send_signal(number)


async def fails_after_s(store: ObjectStore) -> float:
    began_s = time.monotonic()
    with pytest.raises(Unavailable):
        await store.put("a", b"a", "text/plain")
    return time.monotonic() - began_s


async def test_a_store_that_hangs_holds_nobody_up_for_long(server: ObjectStoreServer, store: ObjectStore) -> None:
    await store.put("a", b"first", "text/plain")
    signal_to(server, signal.SIGSTOP)
    try:
        first_s = await fails_after_s(store)
        trying = asyncio.create_task(fails_after_s(store))
        await asyncio.sleep(0)
        later_s = await asyncio.gather(*(fails_after_s(store) for _ in range(CALLERS)))
        assert first_s < (CONNECT_S + SILENCE_S) * (RETRIES + 1) + 2
        assert max(later_s) < 0.5
        trying.cancel()
    finally:
        signal_to(server, signal.SIGCONT)
    await asyncio.gather(trying, return_exceptions=True)
    async with asyncio.timeout(20):
        while not await store.ready():  # noqa: ASYNC110 the question itself is what is waited for
            await asyncio.sleep(0.05)
    assert (await store.get("a"))[0] in {b"first", b"a"}


async def test_a_file_that_is_not_there_is_no_reason_to_think_the_store_away(store: ObjectStore) -> None:
    for _ in range(2):
        with pytest.raises(ObjectUnknown):
            await store.get("nothing")
    await store.put("b", b"b", "text/plain")
    assert await store.get("b") == (b"b", "text/plain")
