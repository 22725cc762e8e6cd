"""Two gateways of one city know of one another's visitors."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from services.gateway.desk.line import Line
from services.gateway.desk.presence import Presence
from services.gateway.hub import Happening
from services.platform.database import open_database
from services.platform.lifecycle import end


class Ear:
    """Hears what pages would be told."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Happening] = asyncio.Queue()

    def mention(self, happening: Happening) -> None:
        self.heard.put_nowait(happening)

    async def people(self) -> list[tuple[str, str]]:
        told = json.loads((await self.heard.get()).text.decode().split("data: ")[1])
        return [(each["name"], each["doing"]) for each in told["people"]]


@asynccontextmanager
async def gateway(dsn: str) -> AsyncIterator[tuple[Line, Presence, Ear]]:
    ear = Ear()
    presence = Presence(ear)  # type: ignore[arg-type]
    database = await open_database(dsn, service="gateway")
    line = Line(database, dsn, presence)
    running = asyncio.create_task(line.run())
    await line.open.wait()
    try:
        yield line, presence, ear
    finally:
        await end([running])
        await database.close()


@pytest.mark.timeout(60)
async def test_who_looks_at_a_case_is_known_at_the_other_gateway(make_database: Callable[[str], str]) -> None:
    dsn = make_database("gateway")
    async with gateway(dsn) as (one, here, ear), gateway(dsn) as (other, _, far):
        here.place("c", area_path="999.1", department_code="D06")
        await one.tell("c", subject="staff:a", name="甲", name_en="A", doing="looking")
        assert await ear.people() == [("甲", "looking")]
        assert await far.people() == [("甲", "looking")]
        await other.tell("c", subject="staff:b", name="乙", name_en="B", doing="writing")
        assert await far.people() == [("甲", "looking"), ("乙", "writing")]
        assert await ear.people() == [("甲", "looking"), ("乙", "writing")]
        await one.tell("c", subject="staff:a", name="甲", name_en="A", doing="")
        assert await far.people() == [("乙", "writing")]
