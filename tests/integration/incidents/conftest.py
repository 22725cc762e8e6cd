"""Incidents with a database of its own for each test, in the demo city, at a time that stands still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from services.incidents.__main__ import assemble
from services.incidents.absence.watching import Watching
from services.incidents.actions.fire import FiringDue
from services.incidents.campaigns.lending import Lending
from services.incidents.cityview.city import City
from services.incidents.settings import IncidentsSettings
from services.platform.clock import ManualClock
from services.platform.database import Database, open_database
from services.platform.grpc_server import Background
from tests.conftest import MakeDatabase
from tests.integration.incidents.hall import AnyTerminal, Hall, NearComponents
from tests.integration.incidents.town import full_view
from tests.support.tokens import TestTokens

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def database(make_database: MakeDatabase) -> AsyncIterator[Database]:
    database = await open_database(make_database("incidents"), service="incidents")
    yield database
    await database.close()


@asynccontextmanager
async def running_hall(
    dsn: str, tokens: TestTokens, clock: ManualClock, *, timers: bool, lending: Lending | None = None
) -> AsyncIterator[Hall]:
    """Incidents as a process, with or without a worker that fires timers by itself."""
    settings = IncidentsSettings(
        database_url=SecretStr(dsn),
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("incidents"),
        webhook_hosts="127.0.0.1",
        drain_s=1,
    )
    database = await open_database(dsn, service="incidents")
    view, terminals, components = full_view(), AnyTerminal(), NearComponents()
    process = await assemble(
        settings, database, view, terminals=terminals, clock=clock, components=components, lending=lending
    )
    process.background = [task for task in process.background if timers or not looks_at_the_clock(task)]
    await process.start()
    city = await City.open(database, view, zone=ZONE, desk=settings.dispatch_desk)
    hall = Hall(
        process=process,
        dsn=dsn,
        database=database,
        view=view,
        clock=clock,
        tokens=tokens,
        terminals=terminals,
        components=components,
        firing=FiringDue(database, city, clock=clock),
        channels={},
    )
    yield hall
    for channel in hall.channels.values():
        await channel.close()
    await process.stop()


def looks_at_the_clock(task: Background) -> bool:
    """Whether it does by itself what a test in which time stands still does in its place."""
    return task.__name__ == "fire_timers" or isinstance(getattr(task, "__self__", None), Watching)


@pytest.fixture
async def hall(make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock) -> AsyncIterator[Hall]:
    async with running_hall(make_database("incidents"), tokens, manual_clock, timers=True) as hall:
        yield hall


@pytest.fixture
async def still(make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock) -> AsyncIterator[Hall]:
    """The test itself decides when timers fire."""
    async with running_hall(make_database("incidents"), tokens, manual_clock, timers=False) as hall:
        yield hall
