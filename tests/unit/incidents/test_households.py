"""Which households live in an area: registry is asked once, again when one is missing, and never guessed at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from gridward.registry.v1 import elements_pb2, elements_pb2_grpc

from services.incidents.stations.domain import HouseholdUnknown
from services.incidents.stations.households import LENT_FOR, MISSED_FOR, RegistryHouseholds
from services.platform.clock import ManualClock
from services.platform.errors import Unavailable

Places = tuple["Register", grpc.aio.Channel]


class Register(elements_pb2_grpc.ElementsServiceServicer):
    """Stands in for registry: lends its households one on a page."""

    def __init__(self) -> None:
        self.households = {"A1": ["H-1", "H-2"], "A2": []}
        self.away = False
        self.read = 0

    async def ListElements(
        self, request: elements_pb2.ListElementsRequest, context: Any
    ) -> elements_pb2.ListElementsResponse:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        assert request.kind == elements_pb2.ELEMENT_KIND_HOUSEHOLD
        place, codes = int(request.page_token or 0), self.households[request.area_code]
        self.read += not place
        elements = [elements_pb2.Element(key=code, retired=code == "H-gone") for code in codes[place : place + 1]]
        more = place + 1 < len(codes)
        return elements_pb2.ListElementsResponse(elements=elements, next_page_token=str(place + 1) if more else "")


@pytest.fixture
async def register() -> AsyncIterator[Places]:
    register, server = Register(), grpc.aio.server()  # type: ignore[abstract]
    elements_pb2_grpc.add_ElementsServiceServicer_to_server(register, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield register, channel
    await server.stop(None)


async def test_a_household_that_lives_there_is_known_and_registry_is_asked_once(
    register: Places, manual_clock: ManualClock
) -> None:
    households = RegistryHouseholds(register[1], clock=manual_clock)
    for code in ("H-1", "H-2", "H-1"):
        await households.require("A1", code)
    assert register[0].read == 1
    manual_clock.advance(LENT_FOR)
    await households.require("A1", "H-1")
    assert register[0].read == 2


async def test_one_that_is_missing_is_looked_for_again_but_not_at_every_try(
    register: Places, manual_clock: ManualClock
) -> None:
    households = RegistryHouseholds(register[1], clock=manual_clock)
    register[0].households["A1"].append("H-gone")
    for code in ("H-3", "H-3", "H-gone"):
        with pytest.raises(HouseholdUnknown):
            await households.require("A1", code)
    assert register[0].read == 1
    register[0].households["A1"].append("H-3")
    manual_clock.advance(MISSED_FOR)
    await households.require("A1", "H-3")


async def test_an_area_without_a_register_is_not_checked_and_registry_away_is_said(
    register: Places, manual_clock: ManualClock
) -> None:
    households = RegistryHouseholds(register[1], clock=manual_clock)
    await households.require("A2", "H-1")
    await households.require("A1", "H-1")
    register[0].away = True
    manual_clock.advance(LENT_FOR - timedelta(seconds=1))
    await households.require("A1", "H-2")
    manual_clock.advance(timedelta(seconds=1))
    with pytest.raises(Unavailable):
        await households.require("A1", "H-2")
