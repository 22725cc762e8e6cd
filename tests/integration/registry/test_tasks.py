"""Plugins join with their task types, and the centre admits them, through real calls."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from gridward.registry.v1 import staff_pb2, tasks_pb2

from services.demo import city
from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_watching import told_after, until_complete

PENDING = tasks_pb2.ADMISSION_STATE_PENDING
ADMITTED = tasks_pb2.ADMISSION_STATE_ADMITTED
SUSPENDED = tasks_pb2.ADMISSION_STATE_SUSPENDED
RETIRED = tasks_pb2.ADMISSION_STATE_RETIRED


def a_type(code: str = "manhole_cover", *, department: str = "D09", **given: Any) -> tasks_pb2.TaskType:
    usual = tasks_pb2.FilingCondition(
        code="missing", title="井盖缺失", limit=tasks_pb2.Limit(value=2.5, unit=tasks_pb2.LIMIT_UNIT_URGENT_HOUR)
    )
    fields = {"title": "井盖", "check_mode": "photo", "min_photos": 1, "keywords": ["井盖"], **given}
    return tasks_pb2.TaskType(code=code, department_code=department, filing_conditions=[usual], **fields)


def a_registration(
    *task_types: tasks_pb2.TaskType, plugin: str = "municipal_works", department: str = "D09", instance: str = "one"
) -> tasks_pb2.RegisterPluginRequest:
    return tasks_pb2.RegisterPluginRequest(
        plugin=plugin,
        plugin_version="1.0",
        sdk_version="1",
        department_code=department,
        task_types=task_types,
        instance_id=instance,
    )


async def bring_in(admin: Person, *task_types: tasks_pb2.TaskType, request_id: str = "import-1") -> Any:
    request = tasks_pb2.ImportTaskTypesRequest(request_id=request_id, task_types=task_types)
    return (await admin.tasks.ImportTaskTypes(request)).task_types


async def listed(person: Person, **wanted: Any) -> list[tuple[str, int, int]]:
    answer = await person.tasks.ListTaskTypes(tasks_pb2.ListTaskTypesRequest(**wanted))
    return [(row.code, row.version, row.admission) for row in answer.task_types]


@pytest.fixture
async def works(registry: Registry, admin: Person) -> Person:
    """The plugin of municipal works, in a city that knows its department and the police."""
    await admin.import_departments(
        staff_pb2.Department(code="D09", name="市政", plugin="municipal_works"),
        staff_pb2.Department(code="D01", name="公安", plugin="police"),
        staff_pb2.Department(code="D02", name="民政"),
    )
    return await registry.plugin("municipal_works", "D09")


@pytest.mark.mechanism(51)
async def test_a_type_waits_until_the_centre_admits_it_and_can_be_taken_out_again(
    registry: Registry, works: Person
) -> None:
    answer = await works.tasks.RegisterPlugin(a_registration(a_type()))
    assert answer.lease_s == 30
    assert [(row.version, row.admission, row.plugin) for row in answer.task_types] == [(1, PENDING, "municipal_works")]
    chief = await registry.person("duty_chief", "999100", subject="staff:chief")
    assert (await chief.decide("manhole_cover", ADMITTED, reason="属于职责清单")).admission == ADMITTED
    assert (await chief.decide("manhole_cover", SUSPENDED)).admission == SUSPENDED
    assert (await chief.decide("manhole_cover", RETIRED, reason="网格员建议移出")).admission == RETIRED
    with pytest.raises(errors.Conflict) as final:
        await chief.decide("manhole_cover", ADMITTED)
    assert final.value.reason == "ADMISSION_NOT_POSSIBLE"
    kept = await registry.rows("SELECT before, admission, decided_by, reason FROM admission_decision ORDER BY id")
    assert [tuple(row.values()) for row in kept] == [
        (PENDING, ADMITTED, "staff:chief", "属于职责清单"),
        (ADMITTED, SUSPENDED, "staff:chief", "decided"),
        (SUSPENDED, RETIRED, "staff:chief", "网格员建议移出"),
    ]
    told = await registry.rows("SELECT type FROM outbox WHERE subject = 'manhole_cover' ORDER BY inserted")
    assert [row["type"] for row in told] == ["task_type_changed", *["admission_decided"] * 3]


async def test_what_was_decided_cannot_be_rewritten(registry: Registry, works: Person, admin: Person) -> None:
    await works.tasks.RegisterPlugin(a_registration(a_type()))
    await admin.decide("manhole_cover", ADMITTED)
    for statement in ("DELETE FROM admission_decision", "UPDATE admission_decision SET reason = ''"):
        with pytest.raises(Exception, match="only ever added to"):
            await registry.rows(statement)


async def test_only_the_governing_centre_of_the_whole_city_decides(registry: Registry, works: Person) -> None:
    await works.tasks.RegisterPlugin(a_registration(a_type()))
    for person in (
        await registry.person("duty_chief", "999100.999102"),
        await registry.person("dispatcher", "999100"),
        works,
    ):
        with pytest.raises(errors.Forbidden):
            await person.decide("manhole_cover", ADMITTED)
    chief = await registry.person("duty_chief", "999100")
    with pytest.raises(errors.NotFound) as unknown:
        await chief.decide("pothole", ADMITTED)
    assert unknown.value.reason == "TASK_TYPE_UNKNOWN"


async def test_a_decision_sent_twice_is_one_decision(registry: Registry, works: Person, admin: Person) -> None:
    await works.tasks.RegisterPlugin(a_registration(a_type()))
    first = await admin.decide("manhole_cover", ADMITTED, request_id="decision-1")
    assert await admin.decide("manhole_cover", ADMITTED, request_id="decision-1") == first
    assert len(await registry.rows("SELECT id FROM admission_decision")) == 1


async def test_a_changed_definition_is_a_new_version_and_the_old_one_is_kept(
    registry: Registry, works: Person, admin: Person
) -> None:
    full = a_type(
        title_en="Manhole cover",
        co_department_codes=["D01"],
        category_code="C0101",
        form_schema='{"type":"object","properties":{}}',
        emergency=True,
        points=tasks_pb2.PointsRule(beneficiary="reporter", base_points=5),
        duplicate_distance_m=30,
    )
    first = (await works.tasks.RegisterPlugin(a_registration(full))).task_types[0]
    assert first.filing_conditions[0].limit.value == 2.5
    sent = tasks_pb2.TaskType()
    sent.CopyFrom(first)
    for output_only in ("version", "plugin", "admission", "change_version"):
        sent.ClearField(output_only)
    assert sent == full
    await admin.decide("manhole_cover", ADMITTED)
    again = (await works.tasks.RegisterPlugin(a_registration(full))).task_types[0]
    assert (again.version, again.admission) == (1, ADMITTED)
    full.title = "井盖与井座"
    second = (await works.tasks.RegisterPlugin(a_registration(full))).task_types[0]
    assert (second.version, second.admission) == (2, ADMITTED)
    watcher = await registry.service("incidents")
    (told,) = await until_complete(watcher.tasks.WatchTaskTypes(tasks_pb2.WatchTaskTypesRequest()))
    assert [(row.version, row.title, row.admission) for row in told.task_types] == [
        (1, "井盖", ADMITTED),
        (2, "井盖与井座", ADMITTED),
    ]
    assert await listed(watcher) == [("manhole_cover", 2, ADMITTED)]


async def test_a_decision_is_told_for_every_version_to_a_stream_that_is_open(
    registry: Registry, works: Person, admin: Person
) -> None:
    await works.tasks.RegisterPlugin(a_registration(a_type()))
    await works.tasks.RegisterPlugin(a_registration(a_type(title="井座")))
    watcher = await registry.service("incidents")
    stream = watcher.tasks.WatchTaskTypes(tasks_pb2.WatchTaskTypesRequest())
    await until_complete(stream)
    await admin.decide("manhole_cover", ADMITTED)
    news = await told_after(stream, lambda batch: bool(batch.task_types))
    assert sorted((row.version, row.admission) for row in news.task_types) == [(1, ADMITTED), (2, ADMITTED)]


async def test_a_code_belongs_to_one_plugin(registry: Registry, works: Person, admin: Person) -> None:
    await works.tasks.RegisterPlugin(a_registration(a_type()))
    police = await registry.plugin("police", "D01")
    foreign = a_registration(a_type(department="D01"), plugin="police", department="D01")
    with pytest.raises(errors.AlreadyExists) as taken:
        await police.tasks.RegisterPlugin(foreign)
    assert (taken.value.reason, taken.value.details["owner"]) == ("TASK_TYPE_TAKEN", "municipal_works")
    with pytest.raises(errors.AlreadyExists):
        await bring_in(admin, a_type())
    assert [row["name"] for row in await registry.rows("SELECT name FROM plugin")] == ["municipal_works"]


async def test_a_plugin_takes_over_an_imported_type_of_its_department_with_its_admission(
    works: Person, admin: Person
) -> None:
    (brought,) = await bring_in(admin, a_type())
    assert (brought.version, brought.admission, brought.plugin) == (1, PENDING, "")
    await admin.decide("manhole_cover", ADMITTED)
    taken = (await works.tasks.RegisterPlugin(a_registration(a_type()))).task_types[0]
    assert (taken.version, taken.admission, taken.plugin) == (1, ADMITTED, "municipal_works")
    await bring_in(admin, a_type("street_lamp", department="D01"), request_id="import-2")
    with pytest.raises(errors.AlreadyExists) as refused:
        await works.tasks.RegisterPlugin(a_registration(a_type("street_lamp")))
    assert refused.value.reason == "TASK_TYPE_TAKEN"


@pytest.mark.parametrize(
    ("registration", "kind"),
    [
        (a_registration(plugin="police", department="D01"), errors.Forbidden),
        (a_registration(department="D01"), errors.Forbidden),
        (a_registration(a_type(department="D01")), errors.Invalid),
        (a_registration(a_type(), a_type()), errors.Invalid),
        (a_registration(a_type(form_schema='{"type":"object","properties":7}')), errors.Invalid),
        (a_registration(a_type(co_department_codes=["D99"])), errors.NotFound),
    ],
)
async def test_a_plugin_brings_only_sound_types_of_its_own_department(
    registry: Registry, works: Person, registration: tasks_pb2.RegisterPluginRequest, kind: type[errors.GridwardError]
) -> None:
    with pytest.raises(kind):
        await works.tasks.RegisterPlugin(registration)
    assert await registry.rows("SELECT name FROM plugin") == []
    assert await registry.rows("SELECT code FROM task_type") == []


async def test_a_plugin_whose_department_is_not_known_yet_is_told_so(registry: Registry) -> None:
    works = await registry.plugin("municipal_works", "D09")
    with pytest.raises(errors.NotFound) as unknown:
        await works.tasks.RegisterPlugin(a_registration())
    assert unknown.value.reason == "DEPARTMENT_UNKNOWN"


async def test_a_department_speaks_through_the_plugin_it_names(registry: Registry, works: Person) -> None:
    impostor = await registry.plugin("impostor", "D09")
    with pytest.raises(errors.Invalid):
        await impostor.tasks.RegisterPlugin(a_registration(plugin="impostor"))
    newcomer = await registry.plugin("civil_affairs", "D02")
    await newcomer.tasks.RegisterPlugin(a_registration(plugin="civil_affairs", department="D02"))


async def test_a_plugin_is_online_while_its_lease_lasts(registry: Registry, works: Person, admin: Person) -> None:
    lease_id = (await works.tasks.RegisterPlugin(a_registration(a_type()))).lease_id

    async def online() -> bool:
        (plugin,) = (await admin.tasks.ListPlugins(tasks_pb2.ListPluginsRequest())).plugins
        assert (plugin.name, plugin.department_code, list(plugin.task_types)) == (
            "municipal_works", "D09", ["manhole_cover"],
        )  # fmt: skip
        return plugin.online

    registry.clock.advance(timedelta(seconds=29))
    assert await online()
    renewed = await works.tasks.RenewLease(tasks_pb2.RenewLeaseRequest(lease_id=lease_id))
    assert renewed.expires_at.ToDatetime() == (registry.clock.now() + timedelta(seconds=30)).replace(tzinfo=None)
    registry.clock.advance(timedelta(seconds=29))
    assert await online()
    registry.clock.advance(timedelta(seconds=1))
    assert not await online()
    with pytest.raises(errors.Conflict) as lost:
        await works.tasks.RenewLease(tasks_pb2.RenewLeaseRequest(lease_id=lease_id))
    assert lost.value.reason == "LEASE_LOST"


async def test_each_instance_holds_a_lease_and_nobody_renews_anothers(registry: Registry, works: Person) -> None:
    one = (await works.tasks.RegisterPlugin(a_registration(instance="one"))).lease_id
    two = (await works.tasks.RegisterPlugin(a_registration(instance="two"))).lease_id
    await works.tasks.RenewLease(tasks_pb2.RenewLeaseRequest(lease_id=one))
    again = (await works.tasks.RegisterPlugin(a_registration(instance="two"))).lease_id
    police = await registry.plugin("police", "D01")
    for caller, lease_id in ((works, two), (police, again), (works, "nonsense")):
        with pytest.raises(errors.Conflict) as lost:
            await caller.tasks.RenewLease(tasks_pb2.RenewLeaseRequest(lease_id=lease_id))
        assert lost.value.reason == "LEASE_LOST"
    registry.clock.advance(timedelta(days=2))
    await works.tasks.RegisterPlugin(a_registration(instance="three"))
    rows = await registry.rows("SELECT instance_id FROM lease")
    assert [row["instance_id"] for row in rows] == ["three"]


async def test_the_same_plugin_starting_many_times_at_once_makes_one_version(registry: Registry, works: Person) -> None:
    answers = await asyncio.gather(
        *(works.tasks.RegisterPlugin(a_registration(a_type(), instance=f"{number}")) for number in range(8))
    )
    assert {row.version for answer in answers for row in answer.task_types} == {1}
    assert len(await registry.rows("SELECT code FROM task_type_version")) == 1


async def test_the_demo_citys_task_types_are_taken_in_and_listed(admin: Person) -> None:
    await admin.import_departments(*city.departments())
    offered = city.task_types(without_departments=frozenset())
    stored = await bring_in(admin, *offered)
    assert len(stored) == len(offered) == 30
    assert await bring_in(admin, *offered) == stored
    assert await bring_in(admin, *offered, request_id="import-2") == stored
    await admin.decide(offered[0].code, ADMITTED)
    assert await listed(admin, admission=ADMITTED) == [(offered[0].code, 1, ADMITTED)]
    of_one = await listed(admin, department_code="D09")
    assert [code for code, _, _ in of_one] == sorted(row.code for row in offered if row.department_code == "D09")


async def test_only_administrators_bring_types_in(registry: Registry, works: Person) -> None:
    for person in (works, await registry.person("duty_chief", "999100")):
        with pytest.raises(errors.Forbidden):
            await bring_in(person, a_type())
