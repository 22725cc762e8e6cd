"""Nobody waits long for a service that is away, and one slow call shuts nobody out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from services.platform.circuit import Line
from services.platform.errors import NotFound, Unavailable


@dataclass
class Service:
    """Answers when it is there; how often it was asked, and how often looked at."""

    there: bool = True
    asked: int = 0
    looked: int = 0
    slow: asyncio.Event = field(default_factory=asyncio.Event)

    async def look(self) -> bool:
        self.looked += 1
        await asyncio.sleep(0)
        return self.there

    async def answer(self) -> str:
        self.asked += 1
        if not self.there:
            raise Unavailable(part="service")
        return "well"

    async def too_slow(self) -> str:
        await self.slow.wait()
        raise Unavailable(part="service")

    async def without_database(self) -> str:
        raise Unavailable(part="database")

    async def refuse(self) -> str:
        raise NotFound


async def test_while_a_service_is_away_it_is_looked_at_by_one_and_nobody_waits_for_its_answers() -> None:
    service = Service(there=False)
    line = Line("points", service.look)
    with pytest.raises(Unavailable) as caught:
        await line.ask(service.answer)
    assert caught.value.details["part"] == "points"
    outcomes = await asyncio.gather(*(line.ask(service.answer) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert (service.asked, service.looked) == (1, 1)
    service.there = True
    assert await line.ask(service.answer) == "well"
    assert await asyncio.gather(*(line.ask(service.answer) for _ in range(20))) == ["well"] * 20
    assert service.looked == 2


async def test_one_slow_call_shuts_nobody_out_while_others_are_answered() -> None:
    service = Service()
    line = Line("points", service.look)
    slow = asyncio.create_task(line.ask(service.too_slow))
    await asyncio.sleep(0)
    assert await line.ask(service.answer) == "well"
    service.slow.set()
    with pytest.raises(Unavailable):
        await slow
    assert await line.ask(service.answer) == "well"
    assert service.looked == 0


@pytest.mark.parametrize("name", ["without_database", "refuse"])
async def test_a_service_that_says_no_is_there(name: str) -> None:
    service = Service()
    line = Line("points", service.look)
    with pytest.raises((Unavailable, NotFound)):
        await line.ask(getattr(service, name))
    assert await line.ask(service.answer) == "well"
    assert service.looked == 0
