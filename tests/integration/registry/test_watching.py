"""Streams tell everything once, then each change as it happens, and pass over nothing that commits late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from gridward.registry.v1 import areas_pb2, staff_pb2, tasks_pb2

from services.demo import city
from services.platform import errors
from services.platform.database import open_database
from services.registry.__main__ import wire
from services.registry.store import changes
from services.registry.store.changes import Writing
from tests.integration.registry.conftest import ALONE, Person, Registry
from tests.unit.registry.builders import CITY, changed, grid_code, town

T = TypeVar("T")
WAIT_S = 10


async def until_complete(stream: AsyncIterable[T]) -> list[T]:
    """The messages up to the first that says that nothing newer exists."""
    told: list[T] = []
    async with asyncio.timeout(WAIT_S):
        async for message in stream:
            told.append(message)
            whole: Any = message
            if whole.complete:
                return told
    raise AssertionError("the stream ended")


async def told_after(stream: AsyncIterable[T], wanted: Callable[[T], bool]) -> T:
    """The first message of which something is true."""
    async with asyncio.timeout(WAIT_S):
        async for message in stream:
            if wanted(message):
                return message
    raise AssertionError("the stream ended")


def watch_areas(person: Person, after_version: int = 0, *, with_geometry: bool = False) -> Any:
    request = areas_pb2.WatchAreasRequest(after_version=after_version, with_geometry=with_geometry)
    return person.areas.WatchAreas(request)


async def test_an_empty_registry_says_at_once_that_its_picture_is_whole(registry: Registry) -> None:
    watcher = await registry.service("incidents")
    (areas,) = await until_complete(watch_areas(watcher))
    assert (list(areas.areas), areas.version) == ([], 0)
    (posts,) = await until_complete(watcher.staff.WatchPosts(staff_pb2.WatchPostsRequest()))
    assert (list(posts.posts), list(posts.departments)) == ([], [])
    (types,) = await until_complete(watcher.tasks.WatchTaskTypes(tasks_pb2.WatchTaskTypesRequest()))
    assert list(types.task_types) == []


async def test_a_city_is_told_in_batches_and_gone_on_from_where_it_was_left(registry: Registry, admin: Person) -> None:
    await admin.import_areas(city.area_collection()["features"])
    watcher = await registry.service("incidents")
    told = await until_complete(watch_areas(watcher, with_geometry=True))
    assert [len(batch.areas) for batch in told] == [200, 73]
    areas = [area for batch in told for area in batch.areas]
    assert areas[0].code == "999100"
    versions = [area.version for area in areas]
    assert versions == sorted(versions)
    assert all(area.geometry for area in areas)
    assert told[-1].version == versions[-1]
    (rest,) = await until_complete(watch_areas(watcher, told[0].version))
    assert [area.code for area in rest.areas] == [area.code for area in areas[200:]]
    assert not rest.areas[0].geometry


async def test_a_picture_of_exactly_one_batch_is_called_whole_too(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town(columns=14, rows=14))
    told = await until_complete(watch_areas(await registry.service("incidents")))
    assert [(len(batch.areas), batch.complete) for batch in told] == [(200, False), (0, True)]


async def test_a_change_reaches_a_stream_that_is_open(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    stream = watch_areas(await registry.service("incidents"))
    await until_complete(stream)
    await admin.import_areas(changed(town(), grid_code(3), name="新名"))
    news = await told_after(stream, lambda batch: bool(batch.areas))
    assert [area.name for area in news.areas] == ["新名"]


async def test_a_change_made_by_another_replica_reaches_the_stream_and_the_map(
    registry: Registry, admin: Person
) -> None:
    await admin.import_areas(town())
    database = await open_database(registry.settings.database_url.get_secret_value(), service="registry")
    second = wire(database, registry.settings, registry.clock, ALONE)
    await second.start()
    replica = replace(registry, process=second, database=database, channels=AsyncExitStack())
    stream = watch_areas(await replica.service("incidents"))
    await until_complete(stream)
    await admin.import_areas(changed(town(), grid_code(3), name="新名"))
    news = await told_after(stream, lambda batch: bool(batch.areas))
    assert [area.name for area in news.areas] == ["新名"]
    await replica.close()
    await second.stop()


async def test_a_commit_that_comes_late_is_not_passed_over(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    stream = watch_areas(await registry.service("incidents"))
    await until_complete(stream)
    async with registry.database.transaction() as slow:
        await changes.lock(slow, Writing.AREAS)
        await slow.execute("UPDATE area SET version = nextval('change_version') WHERE code = %s", (grid_code(0),))
        quick = asyncio.create_task(admin.import_areas(changed(town(), grid_code(1), name="新名")))
        done, _ = await asyncio.wait({quick}, timeout=0.5)
        assert not done
    await quick
    seen: set[str] = set()
    while len(seen) < 2:
        batch = await told_after(stream, lambda batch: bool(batch.areas))
        seen |= {area.code for area in batch.areas}
    assert seen == {grid_code(0), grid_code(1)}


async def test_streams_end_when_the_process_is_told_to_stop(registry: Registry) -> None:
    stream = watch_areas(await registry.service("incidents"))
    await until_complete(stream)
    registry.process.drain.begin()
    async with asyncio.timeout(WAIT_S):
        assert [batch async for batch in stream] == []


async def test_departments_are_told_whole_with_the_first_message_and_after_each_change(
    registry: Registry, admin: Person
) -> None:
    await admin.import_areas(town())
    await admin.import_departments(staff_pb2.Department(code="D01", name="公安局"))
    await admin.import_posts(staff_pb2.Post(code="P1", role="acceptor", area_code=CITY, staff_code="staff:P1"))
    watcher = await registry.service("incidents")
    stream = watcher.staff.WatchPosts(staff_pb2.WatchPostsRequest())
    (first,) = await until_complete(stream)
    assert ([post.code for post in first.posts], [row.code for row in first.departments]) == (["P1"], ["D01"])
    await admin.import_departments(staff_pb2.Department(code="D02", name="民政局"))
    news = await told_after(stream, lambda batch: bool(batch.departments))
    assert ([row.code for row in news.departments], list(news.posts)) == (["D01", "D02"], [])
    await admin.import_posts(staff_pb2.Post(code="P2", role="acceptor", area_code=CITY))
    news = await told_after(stream, lambda batch: bool(batch.posts))
    assert ([post.code for post in news.posts], list(news.departments)) == (["P2"], [])


async def test_posts_of_many_batches_are_all_told(registry: Registry, admin: Person) -> None:
    await admin.import_areas(town())
    await admin.import_posts(
        *(staff_pb2.Post(code=f"P{number:03}", role="grid_worker", area_code=grid_code(0)) for number in range(450))
    )
    watcher = await registry.service("incidents")
    told = await until_complete(watcher.staff.WatchPosts(staff_pb2.WatchPostsRequest()))
    assert [len(batch.posts) for batch in told] == [200, 200, 50]
    assert len({post.code for batch in told for post in batch.posts}) == 450


async def test_only_services_watch(registry: Registry) -> None:
    person = await registry.person("system_admin", CITY, subject=f"staff:{uuid4().hex}")
    worker = await registry.person("grid_worker", CITY)
    with pytest.raises(errors.Forbidden):
        await until_complete(watch_areas(worker))
    await until_complete(watch_areas(person))
