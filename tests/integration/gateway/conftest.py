"""One running gateway for each test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.platform.clock import ManualClock
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import World, settings_for, world_of
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens


@pytest.fixture
async def fake_suite(tokens: TestTokens, demo_data: Path) -> AsyncIterator[FakeSuite]:
    suite = FakeSuite(tokens, demo_data)
    yield suite
    await suite.stop()


MakeWorld = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def make_world(
    make_database: Callable[[str], str], object_store: ObjectStoreServer, tokens: TestTokens, fake_suite: FakeSuite
) -> MakeWorld:
    """A gateway for a while, with the settings that a test gives it and perhaps a clock of the test's own."""

    @asynccontextmanager
    async def made(clock: ManualClock | None = None, **changes: Any) -> AsyncIterator[World]:
        addresses = await fake_suite.start()
        settings = settings_for(make_database("gateway"), object_store, tokens, addresses, **changes)
        async with world_of(settings, fake_suite, clock) as world:
            yield world

    return made


@pytest.fixture
async def world(make_world: MakeWorld) -> AsyncIterator[World]:
    async with make_world() as world:
        yield world


@pytest.fixture
async def still_world(make_world: MakeWorld, manual_clock: ManualClock) -> AsyncIterator[World]:
    """The same, whose time stands still until a test moves it."""
    async with make_world(manual_clock) as world:
        yield world
