"""One running gateway for each test."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

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


@pytest.fixture
async def world(
    make_database: Callable[[str], str], object_store: ObjectStoreServer, tokens: TestTokens, fake_suite: FakeSuite
) -> AsyncIterator[World]:
    addresses = await fake_suite.start()
    settings = settings_for(make_database("gateway"), object_store, tokens, addresses)
    async with world_of(settings, fake_suite) as world:
        yield world


@pytest.fixture
async def still_world(
    make_database: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    fake_suite: FakeSuite,
    manual_clock: ManualClock,
) -> AsyncIterator[World]:
    """The same, whose time stands still until a test moves it."""
    addresses = await fake_suite.start()
    settings = settings_for(make_database("gateway"), object_store, tokens, addresses)
    async with world_of(settings, fake_suite, manual_clock) as world:
        yield world
