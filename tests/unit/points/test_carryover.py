"""Credits of the first release are brought over even when the database goes away meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from services.platform.database import Database
from services.platform.errors import Unavailable
from services.points.actions import carryover
from services.points.actions.batcher import Batcher
from services.points.actions.carryover import CarryOver


class Interrupted:
    """A database that is away the first two times."""

    def __init__(self) -> None:
        self.asked = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        self.asked += 1
        if self.asked < 3:
            raise Unavailable(part="database")
        yield self

    async def execute(self, statement: str, values: object) -> "Interrupted":
        return self

    async def fetchall(self) -> list[object]:
        return []


class Idle:
    """There is nothing to bring."""

    async def post_many(self, groups: object) -> list[object]:
        return []


async def test_a_database_that_goes_away_at_the_start_does_not_end_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carryover, "RETRY_S", 0.0)
    database = Interrupted()
    await CarryOver(database=cast("Database", database), batcher=cast("Batcher", Idle())).run()
    assert database.asked == 3
