"""Areas change from one day on; what lies in them goes along, and the past stays what it was."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import areas_pb2, changes_pb2, elements_pb2, staff_pb2, terminals_pb2

from services.platform import errors
from services.registry.actions.areachanges import AreaChangeActions
from services.registry.actions.office import Office
from tests.integration.registry.conftest import ALONE, Person, Registry
from tests.unit.registry.builders import CITY, community_code, grid_code, middle_of, square, town

SPLIT, MERGE = changes_pb2.AREA_CHANGE_KIND_SPLIT, changes_pb2.AREA_CHANGE_KIND_MERGE
RENAME = changes_pb2.AREA_CHANGE_KIND_RENAME
PLANNED, DECIDED = changes_pb2.AREA_CHANGE_STATE_PLANNED, changes_pb2.AREA_CHANGE_STATE_DECIDED
DONE, DROPPED = changes_pb2.AREA_CHANGE_STATE_DONE, changes_pb2.AREA_CHANGE_STATE_DROPPED
WEST, EAST = grid_code(7), grid_code(8)


def halves() -> list[changes_pb2.AreaDraft]:
    """The first grid cut in two from south to north."""
    return [
        changes_pb2.AreaDraft(code=code, name=name, geometry=json.dumps(square(column, 0, columns=0.5)).encode())
        for code, name, column in ((WEST, "西半", 0.0), (EAST, "东半", 0.5))
    ]


async def plan(
    person: Person, kind: changes_pb2.AreaChangeKind.ValueType, from_codes: list[str], to: list[changes_pb2.AreaDraft], *, on: str
) -> changes_pb2.AreaChange:  # fmt: skip
    request = changes_pb2.PlanAreaChangeRequest(
        request_id=uuid4().hex, kind=kind, from_codes=from_codes, to=to, effective_on=on, reason="户数过多"
    )
    return (await person.changes.PlanAreaChange(request)).change


async def decide(person: Person, change_id: str, *, carry_out: bool = True) -> changes_pb2.AreaChange:
    request = changes_pb2.DecideAreaChangeRequest(request_id=uuid4().hex, id=change_id, carry_out=carry_out)
    return (await person.changes.DecideAreaChange(request)).change


async def grid_on(person: Person, where: tuple[float, float], day: str) -> str:
    point = place_pb2.Point(longitude_deg=where[0], latitude_deg=where[1])
    return (await person.changes.LocateOnDay(changes_pb2.LocateOnDayRequest(point=point, day=day))).areas[-1].code


@pytest.mark.mechanism(14)
async def test_a_split_is_looked_at_ahead_takes_effect_on_its_day_and_leaves_the_past_alone(
    registry: Registry, admin: Person
) -> None:
    await admin.import_areas(town())
    east, west = (middle_of(0.25, 0), middle_of(-0.25, 0))
    lamp = (await admin.save(elements_pb2.ELEMENT_KIND_COMPONENT, where=east, class_code="0137")).element
    house = (await admin.save(elements_pb2.ELEMENT_KIND_BUILDING, where=west, name="一号楼")).element
    home = (await admin.save(elements_pb2.ELEMENT_KIND_DWELLING, within_id=house.id, key="d1")).element
    await admin.import_posts(staff_pb2.Post(code="W", role="grid_worker", area_code=grid_code(0), staff_code="staff:W"))
    bind = staff_pb2.BindTerminalRequest(request_id=uuid4().hex, terminal_id="phone", grid_code=grid_code(0))
    await admin.staff.BindTerminal(bind)
    change = await plan(admin, SPLIT, [grid_code(0)], halves(), on="2026-03-04")
    assert (change.state, list(change.ended_codes), sorted(change.begun_codes)) == (
        PLANNED,
        [grid_code(0)],
        [WEST, EAST],
    )
    moves = {move.to_code: move for move in change.moves}
    assert dict(moves[WEST].elements) == {"building": 1, "dwelling": 1}
    assert dict(moves[EAST].elements) == {"component": 1}
    assert sum(move.posts for move in change.moves) == sum(move.terminals for move in change.moves) == 1
    assert {warning.reason for warning in change.warnings} >= {"GRID_HOUSEHOLDS_UNUSUAL"}
    assert (await decide(admin, change.id)).state == DECIDED
    assert not (await admin.areas.GetArea(areas_pb2.GetAreaRequest(code=grid_code(0)))).area.retired
    office = Office.open(registry.database, clock=registry.clock, settings=registry.settings)
    actions = AreaChangeActions(office, ALONE)
    assert await actions.carry_out_due() == 0
    registry.clock.set(datetime(2026, 3, 3, 16, 30, tzinfo=UTC))  # half an hour into the fourth in the city
    await actions.carry_out_due()  # unless the serving registry was quicker
    await admin.import_areas(town()[:1])  # the serving registry looks for changes as after any write
    for element, grid in ((lamp, EAST), (house, WEST), (home, WEST)):
        found = (await admin.elements.GetElement(elements_pb2.GetElementRequest(id=element.id))).element
        assert found.grid_code == grid
    heir = next(move.to_code for move in change.moves if move.posts)
    posts = (await admin.staff.ListPosts(staff_pb2.ListPostsRequest())).posts
    assert [post.area_code for post in posts] == [heir]
    phone = await admin.terminals.GetTerminal(terminals_pb2.GetTerminalRequest(terminal_id="phone"))
    assert phone.terminal.grid_code == heir
    assert await grid_on(admin, east, "2026-03-03") == grid_code(0)
    assert await grid_on(admin, east, "2026-03-04") == EAST
    assert await grid_on(admin, east, "2027-01-01") == EAST
    with pytest.raises(errors.Invalid):
        await grid_on(admin, east, "2020-01-01")
    history = await admin.changes.ListAreaHistory(changes_pb2.ListAreaHistoryRequest(code=EAST))
    assert [(form.since, form.until, list(form.from_codes)) for form in history.forms] == [
        ("2026-03-04", "", [grid_code(0)])
    ]
    before = await admin.changes.ListAreaHistory(changes_pb2.ListAreaHistoryRequest(code=grid_code(0)))
    assert [(form.since, form.until) for form in before.forms] == [("2026-03-02", "2026-03-04")]
    told = await registry.rows("SELECT subject FROM outbox WHERE type = 'areas_reorganised'")
    assert [row["subject"] for row in told] == [change.id]


async def test_a_merge_can_take_effect_at_once_and_what_is_refused_changes_nothing(
    registry: Registry, admin: Person
) -> None:
    await admin.import_areas(town())
    change = await plan(
        admin, MERGE, [grid_code(0), grid_code(1)], [changes_pb2.AreaDraft(code=grid_code(0))], on="2026-03-02"
    )
    assert (await decide(admin, change.id)).state == DONE
    merged = (await admin.areas.GetArea(areas_pb2.GetAreaRequest(code=grid_code(0)))).area
    assert (
        merged.households,
        (await admin.areas.GetArea(areas_pb2.GetAreaRequest(code=grid_code(1)))).area.retired,
    ) == (
        600,
        True,
    )
    with pytest.raises(errors.Conflict):
        await decide(admin, change.id, carry_out=False)
    gap = [
        halves()[0],
        changes_pb2.AreaDraft(code=EAST, geometry=json.dumps(square(0.6, 0, columns=0.4)).encode()),
    ]
    for request in (
        lambda: plan(admin, SPLIT, [grid_code(2)], gap, on="2026-03-02"),
        lambda: plan(
            admin, RENAME, [grid_code(2)], [changes_pb2.AreaDraft(code=grid_code(2), name="新名")], on="2026-03-01"
        ),
    ):
        with pytest.raises(errors.Invalid):
            await request()
    worker = await registry.person("community_admin", f"{CITY}")
    with pytest.raises(errors.Forbidden):
        await plan(
            worker, RENAME, [grid_code(2)], [changes_pb2.AreaDraft(code=grid_code(2), name="新名")], on="2026-03-02"
        )
    other = await plan(
        admin, RENAME, [grid_code(2)], [changes_pb2.AreaDraft(code=grid_code(2), name="新名")], on="2026-03-09"
    )
    assert (await decide(admin, other.id, carry_out=False)).state == DROPPED
    listed = (await admin.changes.ListAreaChanges(changes_pb2.ListAreaChangesRequest())).changes
    assert {row.id: row.state for row in listed} == {change.id: DONE, other.id: DROPPED}


async def test_a_change_that_fits_no_more_on_its_day_is_dropped(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    change = await plan(admin, SPLIT, [grid_code(0)], halves(), on="2026-03-05")
    await decide(admin, change.id)
    merge = await plan(
        admin, MERGE, [grid_code(0), grid_code(1)], [changes_pb2.AreaDraft(code=grid_code(1))], on="2026-03-02"
    )
    await decide(admin, merge.id)
    registry.clock.advance(timedelta(days=4))
    office = Office.open(registry.database, clock=registry.clock, settings=registry.settings)
    assert await AreaChangeActions(office, ALONE).carry_out_due() == 0
    listed = (await admin.changes.ListAreaChanges(changes_pb2.ListAreaChangesRequest())).changes
    assert {row.id: row.state for row in listed}[change.id] == DROPPED


@pytest.mark.mechanism(48)
async def test_what_lies_around_a_place_is_told_ring_by_ring_and_layers_stay_until_areas_change(
    registry: Registry, admin: Person
) -> None:
    await admin.import_areas(town(columns=3, rows=3))
    where = middle_of(0, 0)
    hydrant = (
        await admin.save(
            elements_pb2.ELEMENT_KIND_COMPONENT, where=where, class_code="0113", owner_unit="U01", state="intact"
        )
    ).element
    point = place_pb2.Point(longitude_deg=where[0], latitude_deg=where[1])
    near = await admin.changes.FindAreasNear(changes_pb2.FindAreasNearRequest(point=point, radius_m=600))
    assert [(hit.code, round(hit.distance_m)) for hit in near.grids][:1] == [(grid_code(0), 0)]
    assert {hit.code for hit in near.grids} == {grid_code(0), grid_code(1), grid_code(3)}
    assert set(near.adjacent_codes) == {grid_code(1), grid_code(3)}
    assert (hydrant.owner_unit, hydrant.state, hydrant.grid_code) == ("U01", "intact", grid_code(0))
    here = changes_pb2.FindAreasNearRequest(point=point, radius_m=0)
    assert [hit.code for hit in (await admin.changes.FindAreasNear(here)).grids] == [grid_code(0)]
    ask = changes_pb2.GetMapLayerRequest(level=areas_pb2.AREA_LEVEL_GRID, zoom=14)
    layer = await admin.changes.GetMapLayer(ask)
    features = json.loads(gzip.decompress(layer.geojson_gzip))["features"]
    assert [feature["id"] for feature in features] == [grid_code(number) for number in range(9)]
    assert (await admin.changes.GetMapLayer(ask)).etag == layer.etag
    renamed = [changes_pb2.AreaDraft(code=grid_code(4), name="中央")]
    change = await plan(admin, RENAME, [grid_code(4)], renamed, on="2026-03-02")
    await decide(admin, change.id)
    fresh = await admin.changes.GetMapLayer(ask)
    assert fresh.etag != layer.etag
    assert "中央" in gzip.decompress(fresh.geojson_gzip).decode()
    dissolved = await admin.changes.GetMapLayer(
        changes_pb2.GetMapLayerRequest(level=areas_pb2.AREA_LEVEL_COMMUNITY, zoom=10)
    )
    assert [f["id"] for f in json.loads(gzip.decompress(dissolved.geojson_gzip))["features"]] == [community_code()]


@pytest.mark.mechanism(14)
async def test_grids_too_large_or_too_small_are_listed_as_warnings(registry: Registry, admin: Person) -> None:
    features = town()
    for feature, households in zip(features[4:], (199, 200, 450, 451), strict=True):
        feature["properties"]["households"] = households
    await admin.import_areas(features)
    told = await admin.changes.CheckAreas(changes_pb2.CheckAreasRequest())
    assert told.grid_count == 4
    assert {w.subject for w in told.warnings if w.reason == "GRID_HOUSEHOLDS_UNUSUAL"} == {grid_code(0), grid_code(3)}
    assert {w.subject for w in told.warnings if w.reason == "GRID_TOO_WIDE"} == set()
    wide = json.dumps(square(0, 0, columns=1.95)).encode()
    narrow = json.dumps(square(1.95, 0, columns=0.05)).encode()
    moved = [
        changes_pb2.AreaDraft(code=grid_code(0), geometry=wide),
        changes_pb2.AreaDraft(code=grid_code(1), geometry=narrow),
    ]
    border = changes_pb2.AREA_CHANGE_KIND_MOVE_BORDER
    change = await plan(admin, border, [grid_code(0), grid_code(1)], moved, on="2026-03-02")
    assert "GRID_TOO_WIDE" in {warning.reason for warning in change.warnings if warning.subject == grid_code(0)}
    await decide(admin, change.id)
    told = await admin.changes.CheckAreas(changes_pb2.CheckAreasRequest())
    assert {w.subject for w in told.warnings if w.reason == "GRID_TOO_WIDE"} == {grid_code(0)}
    other = await registry.person("auditor", CITY)
    assert (await other.changes.CheckAreas(changes_pb2.CheckAreasRequest(area_code=grid_code(0)))).grid_count == 1
