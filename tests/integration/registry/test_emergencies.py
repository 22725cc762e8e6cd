"""An area goes on its emergency footing and back at one word, and its neighbours notice nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from gridward.registry.v1 import areas_pb2, emergencies_pb2, quiet_pb2, staff_pb2, tasks_pb2

from services.platform import audit, errors
from services.registry.actions.emergencies import EmergencyActions
from services.registry.actions.office import Office
from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_tasks import a_type
from tests.unit.registry.builders import CITY, DISTRICT, typed_district

TOWN, OTHER = f"{DISTRICT}001", f"{DISTRICT}002"
GRID, ELSEWHERE = f"{TOWN}001001", f"{OTHER}002001"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
GREEN, YELLOW, NONE = (
    quiet_pb2.QUIET_LIGHT_GREEN,
    quiet_pb2.QUIET_LIGHT_YELLOW,
    quiet_pb2.QUIET_LIGHT_UNSPECIFIED,
)


@pytest.fixture
async def city(registry: Registry, admin: Person) -> Registry:
    """Six townships of 68 grids, a worker's post at each of two grids, three task types."""
    await admin.import_areas(typed_district())
    await admin.import_departments(staff_pb2.Department(code="D01", name="应急局"))
    posts = [
        staff_pb2.Post(code=f"W-{code}", role="grid_worker", area_code=code, staff_code=f"staff:W-{code}")
        for code in (GRID, ELSEWHERE)
    ]
    await admin.import_posts(*posts)
    types = [a_type(code, department="D01") for code in ("flood_rescue", "street_stall", "litter")]
    await admin.tasks.ImportTaskTypes(tasks_pb2.ImportTaskTypesRequest(request_id=uuid4().hex, task_types=types))
    await admin.decide("flood_rescue", tasks_pb2.ADMISSION_STATE_ADMITTED)
    await admin.decide("flood_rescue", tasks_pb2.ADMISSION_STATE_SUSPENDED)
    return registry


def flood(**told: object) -> emergencies_pb2.DeclareEmergencyRequest:
    request = emergencies_pb2.DeclareEmergencyRequest(
        request_id=uuid4().hex,
        area_code=TOWN,
        title="防汛",
        reason="水位超警",
        opened_task_types=["flood_rescue"],
        paused_task_types=["street_stall"],
        roster=[emergencies_pb2.EmergencyShift(post_code=f"W-{GRID}", staff_code="staff:rescue")],
        report_minutes=30,
        **told,  # type: ignore[arg-type]
    )
    request.until.FromDatetime(NOW + timedelta(days=3))
    return request


async def standing(person: Person, grid: str) -> str:
    request = staff_pb2.FindOnDutyRequest(area_code=grid, role="grid_worker")
    return (await person.staff.FindOnDuty(request)).on_duty[0].staff_code


async def lights(person: Person, area: str) -> dict[str, tuple[int, int]]:
    told = (await person.quiet.ListLights(quiet_pb2.ListLightsRequest(area_code=area))).lights
    return {row.grid_code: (row.light, row.report_minutes) for row in told}


async def mode(person: Person, code: str) -> areas_pb2.AreaMode:
    return (await person.areas.GetArea(areas_pb2.GetAreaRequest(code=code))).area.mode


async def shift(admin: Person, staff_code: str, begin: datetime, end: datetime) -> None:
    request = staff_pb2.SetShiftRequest(request_id=uuid4().hex, post_code=f"W-{GRID}", staff_code=staff_code)
    request.starts_at.FromDatetime(begin)
    request.ends_at.FromDatetime(end)
    await admin.staff.SetShift(request)


@pytest.mark.mechanism(29)
async def test_war_mode_switches_types_roster_and_reports_of_one_town_and_peace_brings_all_back(
    city: Registry, admin: Person
) -> None:
    chief = await city.person("duty_chief", CITY, subject="staff:chief")
    await shift(admin, "staff:substitute", NOW - timedelta(hours=1), NOW + timedelta(hours=5))
    assert await standing(chief, GRID) == "staff:substitute"
    before = await mode(chief, TOWN)
    declared = (await chief.emergencies.DeclareEmergency(flood())).emergency

    told = await mode(chief, TOWN)
    assert (list(told.opened_task_types), list(told.paused_task_types)) == (["flood_rescue"], ["street_stall"])
    assert (await standing(chief, GRID), await standing(chief, ELSEWHERE)) == ("staff:rescue", f"staff:W-{ELSEWHERE}")
    assert not (await mode(chief, OTHER)).emergency_id
    leader = await city.person("grid_leader", CITY, subject="staff:leader")
    city.clock.advance(timedelta(minutes=20))
    await leader.quiet.ReportQuiet(
        quiet_pb2.ReportQuietRequest(request_id=uuid4().hex, grid_code=GRID, text="水位平稳")
    )
    assert (await lights(leader, GRID))[GRID] == (GREEN, 30)
    city.clock.advance(timedelta(minutes=30, seconds=1))
    inside, outside = await lights(leader, TOWN), await lights(leader, OTHER)
    assert set(inside.values()) == {(YELLOW, 30)}
    assert set(outside.values()) == {(NONE, 0)}

    request = emergencies_pb2.StandDownRequest(request_id=uuid4().hex, id=declared.id, reason="水位回落")
    ended = (await chief.emergencies.StandDown(request)).emergency
    assert (ended.ended_by, ended.end_reason) == ("staff:chief", "水位回落")
    assert await mode(chief, TOWN) == before
    assert await standing(chief, GRID) == "staff:substitute"
    assert (await lights(leader, GRID))[GRID] == (GREEN, 0)
    city.clock.set(NOW + timedelta(hours=6))
    assert await standing(chief, GRID) == f"staff:W-{GRID}"
    past = await city.rows("SELECT staff_code FROM shift WHERE ends_at <= '2026-03-02 02:51Z' ORDER BY starts_at")
    assert [row["staff_code"] for row in past] == ["staff:substitute", "staff:rescue"]

    (logged,) = (await chief.emergencies.ListEmergencies(emergencies_pb2.ListEmergenciesRequest())).emergencies
    assert logged == ended
    assert not (
        await chief.emergencies.ListEmergencies(
            emergencies_pb2.ListEmergenciesRequest(area_code=GRID, in_force_only=True)
        )
    ).emergencies
    async with city.database.connection() as connection:
        deeds = [row.action for row in await audit.read(connection, size=10)]
    assert {"emergency_declared", "emergency_ended"} <= set(deeds)
    kinds = await city.rows("SELECT type FROM outbox WHERE type = 'emergency_changed'")
    assert len(kinds) == 2


async def test_what_nobody_ends_ends_by_itself(city: Registry, admin: Person) -> None:
    chief = await city.person("duty_chief", CITY, subject="staff:chief")
    await chief.emergencies.DeclareEmergency(flood())
    office = Office.open(city.database, clock=city.clock, settings=city.settings)
    actions = EmergencyActions(office)
    assert await actions.end_due() == 0
    city.clock.set(NOW + timedelta(days=3))
    await actions.end_due()  # unless the serving registry was quicker
    assert await standing(chief, GRID) == f"staff:W-{GRID}"
    (told,) = (await chief.emergencies.ListEmergencies(emergencies_pb2.ListEmergenciesRequest())).emergencies
    assert (told.ended_by, told.HasField("ended_at")) == ("", True)


async def test_what_cannot_be_declared_changes_nothing(city: Registry, admin: Person) -> None:
    chief = await city.person("duty_chief", CITY, subject="staff:chief")
    street = await city.person("subdistrict_admin", f"{CITY}.{DISTRICT}.{OTHER}", subject="staff:street")
    with pytest.raises(errors.Forbidden):
        await street.emergencies.DeclareEmergency(flood())
    for refused in (
        {"area_code": "999"},
        {"opened_task_types": ["street_stall"]},
        {"opened_task_types": ["nothing"]},
        {"roster": [emergencies_pb2.EmergencyShift(post_code=f"W-{ELSEWHERE}", staff_code="staff:x")]},
    ):
        request = flood()
        request.ClearField(next(iter(refused)))  # type: ignore[arg-type]
        request.MergeFrom(emergencies_pb2.DeclareEmergencyRequest(**refused))
        with pytest.raises((errors.Invalid, errors.NotFound)):
            await chief.emergencies.DeclareEmergency(request)
    request = flood()
    request.until.FromDatetime(NOW + timedelta(days=32))
    with pytest.raises(errors.Invalid):
        await chief.emergencies.DeclareEmergency(request)
    assert await city.rows("SELECT id FROM emergency") == []
    assert await standing(chief, GRID) == f"staff:W-{GRID}"
    request = flood()
    first = await chief.emergencies.DeclareEmergency(request)
    assert await chief.emergencies.DeclareEmergency(request) == first
    with pytest.raises(errors.Conflict) as overlaps:
        await chief.emergencies.DeclareEmergency(flood())
    assert overlaps.value.reason == "EMERGENCY_OVERLAPS"
    down = emergencies_pb2.StandDownRequest(request_id=uuid4().hex, id=first.emergency.id, reason="好了")
    with pytest.raises(errors.NotFound):
        await street.emergencies.StandDown(down)
    await chief.emergencies.StandDown(down)
    down.request_id = uuid4().hex
    with pytest.raises(errors.Conflict):
        await chief.emergencies.StandDown(down)
