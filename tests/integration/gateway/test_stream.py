"""What happens is told at once, to those who may see it, and nothing is missed by a page that was away."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2

from services.gateway import audiences
from services.gateway import hub as hubs
from services.gateway.routes import stream as streams
from services.platform.identity import Scope
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import World

ELSEWHERE = "999100.999103.999103001.999103001001.999103001001001"


class Page:
    """One open stream, read event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()
        self.last_id = ""

    async def next(self) -> tuple[str, dict[str, Any]]:
        name, data = "", ""
        async with asyncio.timeout(20):
            async for line in self._lines:
                if line.startswith("id: "):
                    self.last_id = line[4:]
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data = line[6:]
                elif not line and name:
                    return name, json.loads(data)
        return "end", {}

    async def case(self) -> dict[str, Any]:
        while True:
            name, data = await self.next()
            if name == "case":
                return dict(data["case"])
            assert name == "ping", name


@asynccontextmanager
async def page(client: httpx.AsyncClient, last_id: str = "") -> AsyncIterator[Page]:
    headers = {"last-event-id": last_id} if last_id else {}
    async with client.stream("GET", "/v1/stream", headers=headers, timeout=None) as response:
        assert response.status_code == 200
        opened = Page(response)
        if not last_id:
            assert (await opened.next())[0] == "ping"
        yield opened


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 the hub has no event for it
            await asyncio.sleep(0.02)


async def live(world: World) -> None:
    await until(lambda: world.gate.hub.live)


async def test_a_report_is_seen_at_once_without_what_is_nobody_s_business(world: World) -> None:
    await live(world)
    async with world.signed_in("chief") as client, page(client) as opened:
        await world.suite.events.tell(a_case(1, rating_comment="secret", form_answers="{}"))
        case = await opened.case()
        assert case["number"] == "9991-20260306-00001"
        assert not {"reporter", "evidence", "route", "formAnswers", "ratingComment"} & set(case)


async def test_everyone_sees_only_what_lies_in_area_and_department(world: World) -> None:
    await live(world)
    world.suite.hire("staff:chief", "department_specialist", department="D09")
    async with (
        world.signed_in("worker") as worker,
        world.signed_in("resident") as resident,
        world.signed_in("chief") as desk,
        page(worker) as of_worker,
        page(resident) as of_resident,
        page(desk) as of_desk,
    ):
        await world.suite.events.tell(
            a_case(1, area_path=ELSEWHERE, reporter="resident:r2", department_code="D01"),
            a_case(2, area_path=ELSEWHERE, reporter="resident:r1", department_code="D01"),
            a_case(3, reporter="resident:r2", department_code="D01"),
            a_case(4, area_path=ELSEWHERE, reporter="resident:r2", department_code="D09"),
        )
        assert (await of_resident.case())["number"].endswith("2")
        assert (await of_worker.case())["number"].endswith("3")
        assert (await of_desk.case())["number"].endswith("4")


async def test_a_page_that_was_away_gets_what_it_missed_from_the_ring(world: World) -> None:
    await live(world)
    async with world.signed_in("chief") as client:
        async with page(client) as opened:
            await world.suite.events.tell(a_case(1))
            await opened.case()
            at = opened.last_id
        await world.suite.events.tell(a_case(2), a_case(3))
        async with page(client, at) as opened_again:
            missed = [await opened_again.case() for _ in range(2)]
            assert [case["number"][-1] for case in missed] == ["2", "3"]


async def test_what_the_ring_has_forgotten_is_read_back(world: World) -> None:
    world.gate.hub._ring = type(world.gate.hub._ring)(maxlen=2)
    await live(world)
    await world.suite.events.tell(*(a_case(number) for number in range(1, 7)))
    await until(lambda: world.gate.hub.position >= 6)
    missed = await world.gate.hub.missed(1)
    assert missed is not None
    assert [happening.position for happening in missed] == [2, 3, 4, 5, 6]
    assert [happening.position for happening in await world.gate.hub.missed(5) or []] == [6]


async def test_too_much_to_tell_makes_the_page_begin_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "CATCH_UP_MAX", 3)
    world.gate.hub._ring = type(world.gate.hub._ring)(maxlen=1)
    await live(world)
    await world.suite.events.tell(*(a_case(number) for number in range(1, 9)))
    await until(lambda: world.gate.hub.position >= 8)
    async with world.signed_in("chief") as client:
        response_events = []
        async with client.stream("GET", "/v1/stream", headers={"last-event-id": "1"}, timeout=None) as response:
            opened = Page(response)
            response_events.append((await opened.next())[0])
        assert response_events == ["reset"]
        assert opened.last_id == "8"


async def test_a_place_in_a_stream_that_never_was_begins_anew(world: World) -> None:
    await live(world)
    async with world.signed_in("chief") as client:
        async with client.stream("GET", "/v1/stream", headers={"last-event-id": "999999"}, timeout=None) as response:
            assert (await Page(response).next())[0] == "reset"
        async with client.stream("GET", "/v1/stream", headers={"last-event-id": "nonsense"}, timeout=None) as response:
            assert (await Page(response).next())[0] == "ping"


async def test_a_page_that_does_not_keep_up_is_let_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await live(world)
    async with world.signed_in("chief") as client, page(client) as opened:
        clients: list[audiences.Client] = []
        world.gate.hub._audiences.each(clients.append)
        for _ in range(audiences.WAITING_MAX + 1):
            clients[0].offer(b"")
        assert clients[0].behind
        names = [(await opened.next())[0] for _ in range(2)]
        assert names == ["reset", "end"]
    await until(lambda: world.gate.hub._audiences.count == 0)


async def test_rights_taken_away_end_an_open_stream_before_the_next_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "RIGHTS_S", 0.0)
    await live(world)
    async with world.signed_in("worker") as client, page(client) as opened:
        world.suite.dismiss("staff:worker")
        world.gate.visitors._grants.clear()
        await world.suite.events.tell(a_case(1))
        assert await opened.next() == ("end", {})


async def test_signing_out_ends_an_open_stream(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "RIGHTS_S", 0.0)
    await live(world)
    async with world.signed_in("chief") as client, page(client) as opened:
        assert (await client.delete("/v1/session")).status_code == 204
        await world.suite.events.tell(a_case(1))
        assert await opened.next() == ("end", {})


async def test_the_reader_goes_on_after_a_break(world: World) -> None:
    await live(world)
    async with world.signed_in("chief") as client, page(client) as opened:
        await world.suite.events.tell(a_case(1))
        assert (await opened.case())["number"].endswith("1")
        world.suite.events.cut += 1
        await world.suite.events.tell(a_case(2))
        assert (await opened.case())["number"].endswith("2")


async def test_a_live_stream_tells_that_it_lives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PING_S", 0.05)
    await live(world)
    async with world.signed_in("chief") as client, page(client) as opened:
        assert await opened.next() == ("ping", {"live": True})


def happening(area_path: str, department: str = "D09", people: frozenset[str] = frozenset()) -> audiences.Happening:
    return audiences.Happening(position=1, area_path=area_path, department_code=department, people=people, text=b"")


@pytest.mark.parametrize(
    ("area", "department", "path", "seen"),
    [
        ("", "", "1.2.3", True),
        ("1", "", "1.2.3", True),
        ("1.2", "D09", "1.2.3", True),
        ("1.2", "D01", "1.2.3", False),
        ("1.20", "", "1.2.3", False),
        ("1.2.3.4", "", "1.2.3", False),
        ("1.2.3", "", "1.2.3", True),
    ],
)
def test_a_scope_is_a_subtree_and_a_department(area: str, department: str, path: str, seen: bool) -> None:
    scope = Scope(area_paths=(area,), departments=(department,), own=False)
    assert happening(path).visible(scope, "x") is seen


def test_one_s_own_case_is_seen_anywhere() -> None:
    scope = Scope(area_paths=(), departments=(), own=True)
    assert happening("1.2", people=frozenset({"me"})).visible(scope, "me")
    assert not happening("1.2", people=frozenset({"me"})).visible(scope, "you")


def test_an_event_about_something_else_is_passed_over() -> None:
    event = events_pb2.Event(position=1)
    event.payload.Pack(cases_pb2.Leg())
    assert hubs.happening_of(event) is None
