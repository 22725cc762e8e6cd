"""A plugin's life through real calls: enabled by area, suspended, withdrawn, two releases side by side, gone silent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from google.protobuf.any_pb2 import Any as Packed
from gridward.registry.v1 import areas_pb2, events_pb2, plugins_pb2, staff_pb2, tasks_pb2

from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_tasks import ADMITTED, RETIRED, SUSPENDED, a_type, listed
from tests.unit.registry.builders import town

ENABLED = plugins_pb2.PLUGIN_STANDING_ENABLED
PAUSED = plugins_pb2.PLUGIN_STANDING_SUSPENDED
WITHDRAWN = plugins_pb2.PLUGIN_STANDING_WITHDRAWN
KEEP, STOP = plugins_pb2.TYPES_FATE_KEEP, plugins_pb2.TYPES_FATE_STOP
LEASE = timedelta(seconds=30)


@pytest.fixture
async def works(registry: Registry, admin: Person) -> Person:
    """The plugin of municipal works, in a city that knows its department and its areas."""
    await admin.import_areas(town())
    await admin.import_departments(staff_pb2.Department(code="D09", name="市政", plugin="municipal_works"))
    return await registry.plugin("municipal_works", "D09")


async def join(works: Person, *task_types: tasks_pb2.TaskType, release: str = "", version: str = "1.0") -> Any:
    return await works.tasks.RegisterPlugin(
        tasks_pb2.RegisterPluginRequest(
            plugin="municipal_works",
            plugin_version=version,
            sdk_version="1",
            department_code="D09",
            task_types=task_types,
            instance_id=f"instance-{release}",
            release=release,
        )
    )


async def decide(person: Person, standing: int, types: int = KEEP, *, request_id: str = "") -> plugins_pb2.PluginState:
    request = plugins_pb2.DecidePluginRequest(
        request_id=request_id or uuid4().hex,
        plugin="municipal_works",
        standing=plugins_pb2.PluginStanding.ValueType(standing),
        types=plugins_pb2.TypesFate.ValueType(types),
        reason="because",
    )
    return (await person.plugins.DecidePlugin(request)).state


async def enable(person: Person, *codes: str) -> plugins_pb2.PluginState:
    request = plugins_pb2.EnablePluginRequest(
        request_id=uuid4().hex, plugin="municipal_works", area_codes=codes, reason="pilot"
    )
    return (await person.plugins.EnablePlugin(request)).state


async def end(person: Person, release: str) -> plugins_pb2.PluginState:
    request = plugins_pb2.EndReleaseRequest(
        request_id=uuid4().hex, plugin="municipal_works", release=release, reason="done"
    )
    return (await person.plugins.EndRelease(request)).state


async def state_of(person: Person) -> plugins_pb2.PluginState:
    (state,) = (await person.plugins.ListPluginStates(plugins_pb2.ListPluginStatesRequest())).states
    return state


async def renew(works: Person, lease_id: str) -> plugins_pb2.PluginOrders:
    return (await works.tasks.RenewLease(tasks_pb2.RenewLeaseRequest(lease_id=lease_id))).orders


async def decisions(person: Person) -> list[plugins_pb2.PluginDecision]:
    request = plugins_pb2.ListPluginDecisionsRequest(plugin="municipal_works")
    return list((await person.plugins.ListPluginDecisions(request)).decisions)


async def told(registry: Registry) -> list[events_pb2.PluginChanged]:
    """What was told about plugins, in order."""
    rows = await registry.rows("SELECT payload FROM outbox WHERE type = 'plugin_changed' ORDER BY inserted")
    found = []
    for row in rows:
        message = events_pb2.PluginChanged()
        Packed.FromString(row["payload"]).Unpack(message)
        found.append(message)
    return found


async def test_a_suspended_plugin_keeps_its_lease_falls_silent_and_its_types_come_back_with_it(
    registry: Registry, works: Person, admin: Person
) -> None:
    lease_id = (await join(works, a_type("lamp"), a_type("drain"), a_type("cover"))).lease_id
    for code in ("lamp", "drain", "cover"):
        await admin.decide(code, ADMITTED)
    await admin.decide("cover", SUSPENDED)
    state = await decide(admin, PAUSED, STOP)
    assert (state.standing, state.attending) == (PAUSED, False)
    assert [row[2] for row in await listed(admin)] == [SUSPENDED, SUSPENDED, SUSPENDED]
    orders = await renew(works, lease_id)
    assert orders.standing == PAUSED
    await admin.decide("drain", RETIRED)
    assert (await decide(admin, ENABLED)).attending
    # Stopped by itself before, or decided about since: neither comes back by the way.
    assert {row[0]: row[2] for row in await listed(admin)} == {"cover": SUSPENDED, "drain": RETIRED, "lamp": ADMITTED}
    assert [(each.deed, list(each.task_types)) for each in await decisions(admin)] == [
        ("resume", ["lamp"]),
        ("suspend", ["drain", "lamp"]),
    ]
    assert {each.decided_by for each in await decisions(admin)} == {"service:demo"}


async def test_a_suspension_may_leave_the_types_to_people(works: Person, admin: Person) -> None:
    await join(works, a_type("lamp"))
    await admin.decide("lamp", ADMITTED)
    await decide(admin, PAUSED, KEEP)
    assert await listed(admin) == [("lamp", 1, ADMITTED)]


async def test_a_withdrawn_plugin_is_turned_away_and_its_types_are_retired_or_go_to_the_centre(
    registry: Registry, works: Person, admin: Person
) -> None:
    lease_id = (await join(works, a_type("lamp"))).lease_id
    await admin.decide("lamp", ADMITTED)
    await decide(admin, WITHDRAWN, KEEP)
    (row,) = (await admin.tasks.ListTaskTypes(tasks_pb2.ListTaskTypesRequest())).task_types
    assert (row.plugin, row.admission) == ("", ADMITTED)
    for call in (join(works, a_type("lamp")), renew(works, lease_id)):
        with pytest.raises(errors.Forbidden) as refused:
            await call
        assert refused.value.reason == "PLUGIN_WITHDRAWN"
    assert list((await told(registry))[-1].task_types) == ["lamp"]
    await decide(admin, ENABLED)
    assert (await join(works, a_type("lamp"))).task_types[0].plugin == "municipal_works"
    await decide(admin, WITHDRAWN, STOP)
    assert await listed(admin) == [("lamp", 1, RETIRED)]


async def test_what_cannot_be_decided_is_refused_and_a_decision_sent_twice_is_one(
    registry: Registry, works: Person, admin: Person
) -> None:
    with pytest.raises(errors.NotFound) as unknown:
        await decide(admin, PAUSED)
    assert unknown.value.reason == "PLUGIN_UNKNOWN"
    await join(works)
    with pytest.raises(errors.Conflict) as already:
        await decide(admin, ENABLED)
    assert already.value.reason == "PLUGIN_STANDING"
    district = await registry.person("duty_chief", "9991.999101")
    with pytest.raises(errors.Forbidden):
        await decide(district, PAUSED)
    with pytest.raises(errors.Forbidden):
        await decide(works, PAUSED)
    first = await decide(admin, PAUSED, request_id="suspend-1")
    assert await decide(admin, PAUSED, request_id="suspend-1") == first
    assert len(await decisions(admin)) == 1
    with pytest.raises(psycopg.Error, match="only ever added to"):
        await registry.rows("DELETE FROM plugin_decision")


async def test_a_plugin_is_enabled_by_area_and_knows_the_paths(works: Person, admin: Person) -> None:
    joined = await join(works)
    assert list(joined.orders.area_paths) == []
    areas = await admin.areas.ListAreas(areas_pb2.ListAreasRequest())
    district = next(area for area in areas.areas if area.path.count(".") == 1)
    assert list((await enable(admin, district.code)).area_codes) == [district.code]
    assert list((await renew(works, joined.lease_id)).area_paths) == [district.path]
    with pytest.raises(errors.NotFound):
        await enable(admin, "000000")
    await enable(admin)
    assert list((await renew(works, joined.lease_id)).area_paths) == []
    assert [(each.deed, list(each.area_codes)) for each in await decisions(admin)] == [
        ("enable", []),
        ("enable", [district.code]),
    ]


async def test_a_second_release_takes_the_cases_reported_from_one_lease_later_and_alone_defines_the_types(
    registry: Registry, works: Person, admin: Person
) -> None:
    now = registry.clock.now()
    old = await join(works, a_type("lamp"))
    new = await join(works, a_type("lamp", title="路灯"), release="two", version="2.0")
    assert [row.version for row in new.task_types] == [2]
    first, second = new.orders.releases
    assert (first.name, first.version, first.HasField("from_at")) == ("", "1.0", False)
    assert (second.name, second.version, second.from_at.ToDatetime()) == (
        "two", "2.0", (now + LEASE).replace(tzinfo=None),
    )  # fmt: skip
    # The older one hears of it with its next renewal, before the newer takes any case.
    assert list((await renew(works, old.lease_id)).releases) == [first, second]
    again = await join(works, a_type("lamp", title="旧灯"))
    assert [(row.version, row.title) for row in again.task_types] == [(2, "路灯")]
    (plugin,) = (await admin.tasks.ListPlugins(tasks_pb2.ListPluginsRequest())).plugins
    assert plugin.version == "2.0"


async def test_a_release_ends_when_it_is_done_and_never_the_newest(
    registry: Registry, works: Person, admin: Person
) -> None:
    await join(works)
    with pytest.raises(errors.Conflict) as newest:
        await end(admin, "")
    assert newest.value.reason == "RELEASE_NEWEST"
    await join(works, release="two", version="2.0")
    state = await end(admin, "")
    assert state.releases[0].ended_at.ToDatetime() == (registry.clock.now() + LEASE).replace(tzinfo=None)
    with pytest.raises(errors.NotFound) as gone:
        await end(admin, "")
    assert gone.value.reason == "RELEASE_UNKNOWN"
    registry.clock.advance(timedelta(seconds=1))
    assert (await state_of(admin)).attending
    # What is ended may go silent; nobody waits for it any more.
    assert [(each.release, each.ended) for each in await told(registry)][-2:] == [("", True), ("two", False)]


async def test_a_plugin_whose_lease_ran_out_is_told_offline_and_told_online_when_it_is_back(
    registry: Registry, works: Person, admin: Person
) -> None:
    await join(works, a_type("lamp"))
    assert (await state_of(admin)).attending
    registry.clock.advance(LEASE)
    for _ in range(400):
        if not (await told(registry))[-1].online:
            break
        await asyncio.sleep(0.05)
    state = await state_of(admin)
    assert (state.attending, state.releases[0].online, state.releases[0].instance_count) == (False, False, 0)
    away = (await told(registry))[-1]
    assert (away.plugin, away.department_code, list(away.task_types)) == ("municipal_works", "D09", ["lamp"])
    assert away.since_at.ToDatetime() == registry.clock.now().replace(tzinfo=None)
    await join(works, a_type("lamp"))
    assert [each.online for each in await told(registry)] == [True, False, True]
    assert (await state_of(admin)).attending


async def test_another_version_under_the_same_release_takes_its_place(
    registry: Registry, works: Person, admin: Person
) -> None:
    await join(works, a_type("lamp"))
    await join(works, a_type("lamp"), version="1.1")
    (release,) = (await state_of(admin)).releases
    assert (release.version, release.HasField("from_at")) == ("1.1", False)
    assert [each.version for each in await told(registry)] == ["1.0", "1.1"]
