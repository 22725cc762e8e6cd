"""A city of its real size: 1,110 grids on the map, 1,500 notice boards at once."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any
from uuid import uuid4

import pytest
from gridward.registry.v1 import areas_pb2, changes_pb2, elements_pb2, staff_pb2, teams_pb2

from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, feature, middle_of, square

ASKED_AT_ONCE = 20


def city_of(grids: int, communities: int, *, columns: int) -> tuple[list[dict[str, Any]], list[str]]:
    """A district of so many grids over so many communities, row by row; and the codes of the grids."""
    whole = square(0, 0, columns=columns, rows=grids // columns)
    features = [
        feature(CITY, "city"),
        feature(DISTRICT, "district", parent=CITY, geometry=whole),
        *(feature(f"{DISTRICT}{town + 1:03}", "subdistrict", parent=DISTRICT) for town in range(10)),
    ]
    parents = [f"{DISTRICT}{number % 10 + 1:03}{number + 1:03}" for number in range(communities)]
    features += [feature(code, "community", parent=code[:9]) for code in parents]
    codes = []
    for number in range(grids):
        parent = parents[number % communities]
        codes.append(f"{parent}{number // communities + 1:03}")
        place = square(number % columns, number // columns)
        features.append(feature(codes[-1], "grid", parent=parent, households=300, geometry=place))
    return features, codes


@pytest.mark.mechanism(48)
async def test_1110_grids_of_121_communities_are_drawn_and_a_hydrant_tells_its_owner_state_grid_and_neighbours(
    registry: Registry, admin: Person
) -> None:
    features, codes = city_of(1110, 121, columns=37)
    await admin.import_areas(features)
    layer = await admin.changes.GetMapLayer(changes_pb2.GetMapLayerRequest(level=areas_pb2.AREA_LEVEL_GRID, zoom=13))
    drawn = json.loads(gzip.decompress(layer.geojson_gzip))["features"]
    assert {row["id"] for row in drawn} == set(codes)
    assert len(drawn) == 1110
    where, number = middle_of(5, 7), 7 * 37 + 5
    hydrant = await admin.save(
        elements_pb2.ELEMENT_KIND_COMPONENT, where=where, class_code="0113", owner_unit="U01", state="damaged",
        name="消火栓",
    )  # fmt: skip
    officer = await registry.person("duty_chief", CITY)
    told = await officer.elements.GetElement(elements_pb2.GetElementRequest(id=hydrant.element.id))
    assert (told.element.owner_unit, told.element.state, told.element.grid_code) == ("U01", "damaged", codes[number])
    assert told.grid_name == f"区域{codes[number]}"
    assert set(told.adjacent_grid_codes) >= {codes[number + step] for step in (-37, -1, 1, 37)}
    assert codes[number] not in told.adjacent_grid_codes


@pytest.mark.mechanism(20)
async def test_one_change_of_a_post_is_on_all_1500_boards_and_no_personal_number_on_any(
    registry: Registry, admin: Person
) -> None:
    features, codes = city_of(1500, 150, columns=50)
    await admin.import_areas(features)
    resident = await registry.person("resident", CITY)

    async def lines() -> list[list[tuple[str, str, bool]]]:
        free = asyncio.Semaphore(ASKED_AT_ONCE)

        async def board(code: str) -> list[tuple[str, str, bool]]:
            async with free:
                told = await resident.teams.GetBoard(teams_pb2.GetBoardRequest(grid_code=code))
            assert "staff:" not in str(told)
            return [(row.role, row.duty_phone, row.vacant) for row in told.contacts]

        return await asyncio.gather(*(board(code) for code in codes))

    async def appoint(holder: str, line: str) -> None:
        post = staff_pb2.Post(code="desk", role="acceptor", area_code=CITY, staff_code=holder, duty_phone=line)
        request = staff_pb2.ImportPostsRequest(request_id=uuid4().hex, posts=[post])
        await admin.staff.ImportPosts(request)

    await appoint("staff:first", "0999-12345")
    assert await lines() == [[("acceptor", "0999-12345", False)]] * 1500
    await appoint("staff:second", "13912345678")
    assert await lines() == [[("acceptor", "", False)]] * 1500
