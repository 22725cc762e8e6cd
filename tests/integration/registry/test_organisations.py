"""Party organisations, model posts and service centres are entries of the books like any other, counted by class."""

from __future__ import annotations

import pytest
from gridward.registry.v1 import elements_pb2

from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_imports import DONE, ORGANISATION, PERSON, bring, counts, spread, table
from tests.unit.registry.builders import CITY, grid_code

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = elements_pb2.ELEMENT_KIND_PLACE
PARTY = {"party_committee": 14, "general_branch": 35, "party_branch": 5, "grid_branch": 212}


async def classes_of(admin: Person, area: str = CITY) -> tuple[dict[str, int], dict[str, int]]:
    """Entries by class, and people by tag."""
    told = await admin.elements.CountElements(elements_pb2.CountElementsRequest(area_code=area))
    return {row.code: row.count for row in told.classes}, {row.code: row.count for row in told.tags}


async def bring_classes(admin: Person, kind: int, wanted: dict[str, int]) -> None:
    """So many of each class, spread over the grids; the same file again changes nothing."""
    codes = [code for code, count in wanted.items() for _ in range(count)]
    rows = [
        [f"{code}-{n}", code, f"{code} {n}", *point]
        for n, (code, point) in enumerate(zip(codes, spread(len(codes)), strict=True))
    ]
    content = table(["编号", "类别", "名称", "经度", "纬度"], rows)
    first, again = await bring(admin, kind, content), await bring(admin, kind, content)
    assert (first.state, counts(first), counts(again)) == (DONE, (len(rows), 0, 0, 0), (0, 0, len(rows), 0))


@pytest.mark.mechanism(19)
async def test_14_committees_35_general_5_plain_and_212_grid_branches_with_214_households_and_392_posts_are_counted(
    town_hall: Registry,
) -> None:
    admin = await town_hall.service("demo")
    await bring_classes(admin, ORGANISATION, PARTY)
    await bring_classes(admin, PLACE, {"model_post": 392})
    members = [[f"4308111980{n:08}", *point, "党员户"] for n, point in enumerate(spread(214))]
    await bring(admin, PERSON, table(["公民身份号码", "经度", "纬度", "标签"], members))
    classes, tags = await classes_of(admin)
    assert {code: classes[code] for code in (*PARTY, "model_post")} == {**PARTY, "model_post": 392}
    assert tags == {"member_household": 214}
    by_grid = [await classes_of(admin, grid_code(number)) for number in range(4)]
    assert sum(told["grid_branch"] for told, _ in by_grid) == 212
    assert all(told["grid_branch"] and told["model_post"] for told, _ in by_grid)


@pytest.mark.mechanism(32)
async def test_61_service_centres_stand_each_in_its_grid(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    await bring_classes(admin, PLACE, {"service_centre": 61})
    assert (await classes_of(admin))[0]["service_centre"] == 61
    by_grid = [(await classes_of(admin, grid_code(number)))[0]["service_centre"] for number in range(4)]
    assert by_grid == [16, 15, 15, 15]
