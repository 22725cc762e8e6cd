"""Everybody sent down stands in a grid, and each grid shows where somebody is lacking."""

from __future__ import annotations

from uuid import uuid4

import pytest
from gridward.registry.v1 import changes_pb2, force_pb2, staff_pb2, teams_pb2

from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, town, typed_district

CADRE, RECRUIT = force_pb2.FORCE_KIND_CADRE, force_pb2.FORCE_KIND_RECRUIT


def member(code: str, *grids: str, kind: force_pb2.ForceKind.ValueType = CADRE) -> force_pb2.ForceMember:
    return force_pb2.ForceMember(staff_code=code, kind=kind, unit="区直机关", grid_codes=grids)


async def place(person: Person, *members: force_pb2.ForceMember) -> int:
    request = force_pb2.PlaceForceRequest(request_id=uuid4().hex, members=members)
    return (await person.force.PlaceForce(request)).changed_count


@pytest.mark.mechanism(32)
async def test_608_cadres_and_44_recruits_each_have_a_grid_and_vacancies_are_known_by_grid(
    registry: Registry, admin: Person
) -> None:
    features = typed_district()
    await admin.import_areas(features)
    grids = [row["properties"]["code"] for row in features if row["properties"]["level"] == "grid"]
    await admin.import_templates(
        staff_pb2.TeamTemplate(kind="urban", pattern="1+1", roles=["grid_leader", "grid_worker"])
    )
    await admin.import_posts(
        staff_pb2.Post(code="L", role="grid_leader", area_code=grids[0], staff_code="staff:L"),
        staff_pb2.Post(code="W", role="grid_worker", area_code=grids[0]),
    )
    cadres = [member(f"staff:cadre{n}", grids[n % 68]) for n in range(608)]
    recruits = [member(f"staff:recruit{n}", grids[n], grids[(n + 1) % 68], kind=RECRUIT) for n in range(44)]
    assert await place(admin, *cadres, *recruits) == 652
    assert await place(admin, *cadres, *recruits) == 0
    people = [row.staff_code for row in (*cadres, *recruits)]
    for number in range(6):
        await admin.teams.RecordTraining(
            teams_pb2.RecordTrainingRequest(
                request_id=uuid4().hex, title=f"第{number + 1}期", day=f"2026-0{number + 1}-05", minutes=120,
                staff_codes=people,
            )
        )  # fmt: skip
    told = await admin.force.SummarizeForce(force_pb2.SummarizeForceRequest(year=2026))
    assert (told.people_count, told.cadre_count, told.recruit_count) == (652, 608, 44)
    assert (told.training_count, told.untrained_count) == (6, 0)
    listed = (await admin.force.ListForce(force_pb2.ListForceRequest(page_size=1000))).members
    assert len(listed) == 652
    assert all(row.grid_codes for row in listed)
    by_grid = {row.grid_code: row for row in told.grids}
    assert len(by_grid) == 68
    assert sum(row.people_count for row in told.grids) == 608 + 2 * 44
    assert by_grid[grids[0]].vacancy_count == 1
    urban = [row["properties"]["code"] for row in features if row["properties"].get("type") == "urban"]
    assert all(by_grid[code].vacancy_count == 2 for code in urban[1:])


async def test_a_list_with_one_bad_row_places_nobody(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    below = await registry.person("community_admin", f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}")
    guest = await registry.person("grid_worker", CITY)
    fine = member("staff:a", grid_code(0))
    for bad in (member("staff:b"), member("staff:b", "999"), fine):
        with pytest.raises(errors.Invalid) as refused:
            await place(below, fine, bad)
        assert (refused.value.reason, refused.value.details["row"]) == ("FORCE_REFUSED", "2")
    with pytest.raises(errors.Forbidden):
        await place(guest, fine)
    assert not (await below.force.ListForce(force_pb2.ListForceRequest())).members
    assert await place(below, fine) == 1
    assert await place(below, member("staff:a", grid_code(1), grid_code(2))) == 1
    (told,) = (await below.force.ListForce(force_pb2.ListForceRequest(area_code=grid_code(2)))).members
    assert list(told.grid_codes) == [grid_code(1), grid_code(2)]
    assert not (await below.force.ListForce(force_pb2.ListForceRequest(area_code=grid_code(0)))).members


async def test_who_stood_in_a_grid_that_ends_stands_in_its_heir(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    await place(admin, member("staff:a", grid_code(0), grid_code(1)), member("staff:b", grid_code(1)))
    planned = await admin.changes.PlanAreaChange(
        changes_pb2.PlanAreaChangeRequest(
            request_id=uuid4().hex, kind=changes_pb2.AREA_CHANGE_KIND_MERGE, from_codes=[grid_code(0), grid_code(1)],
            to=[changes_pb2.AreaDraft(code=grid_code(0))], effective_on="2026-03-02", reason="合并",
        )
    )  # fmt: skip
    await admin.changes.DecideAreaChange(
        changes_pb2.DecideAreaChangeRequest(request_id=uuid4().hex, id=planned.change.id, carry_out=True)
    )
    listed = (await admin.force.ListForce(force_pb2.ListForceRequest())).members
    assert {row.staff_code: list(row.grid_codes) for row in listed} == {
        "staff:a": [grid_code(0)],
        "staff:b": [grid_code(0)],
    }
