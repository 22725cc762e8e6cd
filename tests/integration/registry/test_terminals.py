"""One phone, one grid: what lies outside is refused and stays on record."""

from __future__ import annotations

from uuid import uuid4

import pytest
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import staff_pb2

from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of, town

COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"
PHONE = "phone-0001"


async def bind(person: Person, grid: str, *, request_id: str = "") -> None:
    request = staff_pb2.BindTerminalRequest(request_id=request_id or uuid4().hex, terminal_id=PHONE, grid_code=grid)
    await person.staff.BindTerminal(request)


async def check(person: Person, point: tuple[float, float], *, terminal_id: str = PHONE) -> str:
    request = staff_pb2.CheckTerminalRequest(
        terminal_id=terminal_id, point=place_pb2.Point(longitude_deg=point[0], latitude_deg=point[1])
    )
    return (await person.staff.CheckTerminal(request)).grid_code


@pytest.mark.mechanism(2)
async def test_a_phone_that_writes_outside_its_grid_is_refused_and_only_the_refusal_is_kept(
    registry: Registry, admin: Person
) -> None:
    await admin.import_areas(town())
    await bind(admin, grid_code(0))
    assert await check(admin, middle_of(0, 0)) == grid_code(0)
    assert await registry.rows("SELECT id FROM terminal_refusal") == []
    events = await registry.rows("SELECT id FROM outbox ORDER BY inserted")
    worker = await registry.person("grid_worker", f"{COMMUNITY_PATH}.{grid_code(0)}", subject="staff:W0")
    for point in (middle_of(1, 0), (0.0, 0.0)):
        with pytest.raises(errors.Forbidden) as outside:
            await check(worker, point)
        assert outside.value.reason == "OUT_OF_GRID"
        assert outside.value.details == {"terminal_id": PHONE, "grid_code": grid_code(0)}
    kept = await registry.rows(
        "SELECT terminal_id, grid_code, found_grid_code, longitude_deg, asked_by FROM terminal_refusal ORDER BY id"
    )
    assert kept == [
        {
            "terminal_id": PHONE,
            "grid_code": grid_code(0),
            "found_grid_code": found,
            "longitude_deg": longitude_deg,
            "asked_by": "staff:W0",
        }
        for found, longitude_deg in ((grid_code(1), middle_of(1, 0)[0]), ("", 0.0))
    ]
    assert await registry.rows("SELECT id FROM outbox ORDER BY inserted") == events


async def test_what_was_refused_cannot_be_taken_off_the_record(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    await bind(admin, grid_code(0))
    with pytest.raises(errors.Forbidden):
        await check(admin, middle_of(1, 0))
    for statement in ("DELETE FROM terminal_refusal", "UPDATE terminal_refusal SET asked_by = ''"):
        with pytest.raises(Exception, match="only ever added to"):
            await registry.rows(statement)


async def test_binding_again_moves_a_phone(admin: Person) -> None:
    await admin.import_areas(town())
    await bind(admin, grid_code(0), request_id="bind-request")
    await bind(admin, grid_code(1))
    await bind(admin, grid_code(0), request_id="bind-request")
    assert await check(admin, middle_of(1, 0)) == grid_code(1)


async def test_a_phone_is_bound_to_a_grid_and_nothing_else(admin: Person) -> None:
    await admin.import_areas(town())
    for code in ("000000", community_code()):
        with pytest.raises(errors.NotFound) as unknown:
            await bind(admin, code)
        assert unknown.value.reason == "AREA_UNKNOWN"
    with pytest.raises(errors.NotFound) as unbound:
        await check(admin, middle_of(0, 0), terminal_id="phone-9999")
    assert unbound.value.reason == "TERMINAL_UNKNOWN"


async def test_a_leader_binds_and_takes_phones_of_the_own_grid_only(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    leader = await registry.person("grid_leader", f"{COMMUNITY_PATH}.{grid_code(0)}")
    await bind(leader, grid_code(0))
    with pytest.raises(errors.Forbidden):
        await bind(leader, grid_code(1))
    await bind(admin, grid_code(1))
    with pytest.raises(errors.Forbidden) as taken:
        await bind(leader, grid_code(0))
    assert taken.value.reason == "BEYOND_REACH"
    with pytest.raises(errors.Forbidden):
        await bind(await registry.person("grid_worker", f"{COMMUNITY_PATH}.{grid_code(0)}"), grid_code(0))
