"""Whose component stands where something was reported: registry is asked once, and never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import elements_pb2, elements_pb2_grpc

from services.incidents.components import AWAY_FOR, LENT_FOR, RegistryComponents
from services.incidents.domain.case import Point
from services.incidents.domain.routing import NO_OWNER
from services.platform.clock import ManualClock

HERE = Point(longitude_deg=119.85, latitude_deg=38.6)


class Register(elements_pb2_grpc.ElementsServiceServicer):
    """Stands in for registry: lends its components one on a page."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.away = False
        self.elements = [lamp("9991020137000001", 10, "U01"), lamp("9991020137000002", 29, "U02"), lamp("free", 5, "")]

    async def ListElements(
        self, request: elements_pb2.ListElementsRequest, context: Any
    ) -> elements_pb2.ListElementsResponse:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        assert request.kind == elements_pb2.ELEMENT_KIND_COMPONENT
        place = int(request.page_token or 0)
        if not place:
            self.asked.append((request.area_code, request.class_code))
        more = place + 1 < len(self.elements)
        return elements_pb2.ListElementsResponse(
            elements=self.elements[place : place + 1], next_page_token=str(place + 1) if more else ""
        )


def lamp(key: str, north_m: float, owner_unit: str) -> elements_pb2.Element:
    where = north(north_m)
    point = place_pb2.Point(longitude_deg=where.longitude_deg, latitude_deg=where.latitude_deg)
    return elements_pb2.Element(key=key, owner_unit=owner_unit, point=point)


def north(metres: float) -> Point:
    return Point(longitude_deg=HERE.longitude_deg, latitude_deg=HERE.latitude_deg + metres / 111_195)


@pytest.fixture
async def register() -> AsyncIterator[tuple[Register, grpc.aio.Channel]]:
    register, server = Register(), grpc.aio.server()  # type: ignore[abstract]
    elements_pb2_grpc.add_ElementsServiceServicer_to_server(register, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield register, channel
    await server.stop(None)


async def test_the_nearest_component_of_the_class_tells_whose_it_is(
    register: tuple[Register, grpc.aio.Channel], manual_clock: ManualClock
) -> None:
    components = RegistryComponents(register[1], clock=manual_clock, wait_s=60)
    found = await components.owner_near("C0137", "G1", HERE)
    assert (found.owner_unit, found.component, round(found.distance_m)) == ("U01", "9991020137000001", 10)
    assert (await components.owner_near("C0137", "G1", north(25))).owner_unit == "U02"
    assert await components.owner_near("C0137", "G1", north(60)) == NO_OWNER
    assert await components.owner_near("E0110", "G1", HERE) == NO_OWNER
    assert register[0].asked == [("G1", "0137")]


async def test_a_rush_of_reports_asks_registry_once_and_again_only_when_the_loan_is_over(
    register: tuple[Register, grpc.aio.Channel], manual_clock: ManualClock
) -> None:
    components = RegistryComponents(register[1], clock=manual_clock, wait_s=60)
    found = await asyncio.gather(*(components.owner_near("C0137", "G1", HERE) for _ in range(50)))
    assert {owner.owner_unit for owner in found} == {"U01"}
    manual_clock.advance(LENT_FOR - timedelta(seconds=1))
    await components.owner_near("C0137", "G1", HERE)
    assert len(register[0].asked) == 1
    manual_clock.advance(timedelta(seconds=1))
    await components.owner_near("C0137", "G1", HERE)
    assert len(register[0].asked) == 2


async def test_while_registry_is_away_reports_go_on_by_what_was_lent_before(
    register: tuple[Register, grpc.aio.Channel], manual_clock: ManualClock
) -> None:
    components = RegistryComponents(register[1], clock=manual_clock, wait_s=60)
    await components.owner_near("C0137", "G1", HERE)
    register[0].away = True
    manual_clock.advance(LENT_FOR)
    assert (await components.owner_near("C0137", "G1", HERE)).owner_unit == "U01"
    assert await components.owner_near("C0102", "G1", HERE) == NO_OWNER
    register[0].away = False
    assert await components.owner_near("C0102", "G1", HERE) == NO_OWNER
    manual_clock.advance(AWAY_FOR)
    assert (await components.owner_near("C0102", "G1", HERE)).owner_unit == "U01"
