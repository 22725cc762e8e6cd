"""Whose component stands where something was reported: registry is asked once, and never waited for."""

from __future__ import annotations

import asyncio
import functools
import itertools
import math
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
import shapely
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import areas_pb2, elements_pb2, elements_pb2_grpc

from services.incidents.components import AWAY_FOR, LENT_FOR, REACH_M, RegistryComponents
from services.incidents.domain.case import Point
from services.incidents.domain.routing import NO_OWNER
from services.platform.clock import ManualClock
from tests.integration.incidents import town
from tests.integration.incidents.town import full_view

HERE = Point(longitude_deg=119.85, latitude_deg=38.6)


class Register(elements_pb2_grpc.ElementsServiceServicer):
    """Stands in for registry: lends its components one on a page."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.away = False
        #: What stands in grids other than the usual one.
        self.beyond: dict[str, list[elements_pb2.Element]] = {}
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
        elements = self.beyond.get(request.area_code, self.elements)
        more = place + 1 < len(elements)
        return elements_pb2.ListElementsResponse(
            elements=elements[place : place + 1], next_page_token=str(place + 1) if more else ""
        )


def nowhere_else(_point: Point, _reach_m: float) -> tuple[str, ...]:
    return ()


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
    components = RegistryComponents(register[1], grids_around=nowhere_else, clock=manual_clock, wait_s=60)
    found = await components.owner_near("C0137", "G1", HERE)
    assert (found.owner_unit, found.component, round(found.distance_m)) == ("U01", "9991020137000001", 10)
    assert (await components.owner_near("C0137", "G1", north(25))).owner_unit == "U02"
    assert await components.owner_near("C0137", "G1", north(60)) == NO_OWNER
    assert await components.owner_near("E0110", "G1", HERE) == NO_OWNER
    assert register[0].asked == [("G1", "0137")]


async def test_what_stands_nearer_across_the_border_of_the_grid_is_meant(
    register: tuple[Register, grpc.aio.Channel], manual_clock: ManualClock
) -> None:
    register[0].beyond = {"G2": [lamp("9991030137000009", 4, "U09")], "G3": []}

    def around(point: Point, reach_m: float) -> tuple[str, ...]:
        assert (point, reach_m) == (HERE, REACH_M)
        return ("G1", "G2", "G3")

    components = RegistryComponents(register[1], grids_around=around, clock=manual_clock, wait_s=60)
    found = await components.owner_near("C0137", "G1", HERE)
    assert (found.owner_unit, found.component, round(found.distance_m)) == ("U09", "9991030137000009", 4)
    assert sorted(register[0].asked) == [("G1", "0137"), ("G2", "0137"), ("G3", "0137")]


def test_the_grids_within_reach_of_a_point_are_those_on_both_sides_of_a_border() -> None:
    view = full_view()
    for grid in (town.GRID, town.SIBLING_GRID):
        middle = town.point_in(grid)
        at = Point(longitude_deg=middle.longitude_deg, latitude_deg=middle.latitude_deg)
        assert view.grids_around(at, 1.0) == [grid]
    one, other = (shapely.from_geojson(area.geometry.decode()) for area in neighbours())
    border = one.intersection(other).interpolate(0.5, normalized=True)
    east_deg = 20 / (111_195 * math.cos(math.radians(border.y)))
    for away_deg in (-east_deg, 0.0, east_deg):
        near = view.grids_around(Point(longitude_deg=border.x + away_deg, latitude_deg=border.y), REACH_M)
        assert {area.code for area in neighbours()} <= set(near)


@functools.cache
def neighbours() -> tuple[areas_pb2.Area, areas_pb2.Area]:
    """Two grids that share a border."""
    grids = [area for area in town.areas() if area.level == areas_pb2.AREA_LEVEL_GRID]
    shapes = {area.code: shapely.from_geojson(area.geometry.decode()) for area in grids}
    return next(
        (one, other)
        for one, other in itertools.combinations(grids, 2)
        if shapes[one.code].intersection(shapes[other.code]).length > 0
    )


async def test_a_rush_of_reports_asks_registry_once_and_again_only_when_the_loan_is_over(
    register: tuple[Register, grpc.aio.Channel], manual_clock: ManualClock
) -> None:
    components = RegistryComponents(register[1], grids_around=nowhere_else, clock=manual_clock, wait_s=60)
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
    components = RegistryComponents(register[1], grids_around=nowhere_else, clock=manual_clock, wait_s=60)
    await components.owner_near("C0137", "G1", HERE)
    register[0].away = True
    manual_clock.advance(LENT_FOR)
    assert (await components.owner_near("C0137", "G1", HERE)).owner_unit == "U01"
    assert await components.owner_near("C0102", "G1", HERE) == NO_OWNER
    register[0].away = False
    assert await components.owner_near("C0102", "G1", HERE) == NO_OWNER
    manual_clock.advance(AWAY_FOR)
    assert (await components.owner_near("C0102", "G1", HERE)).owner_unit == "U01"
