"""The picture of the city follows registry's streams, also when registry goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc, staff_pb2, staff_pb2_grpc, tasks_pb2, tasks_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.demo import city as demo_city
from services.incidents.cityview.follower import follow
from services.incidents.cityview.picture import CityView
from services.incidents.domain.case import Point
from services.incidents.domain.errors import OutOfArea, TaskTypeUnknown
from services.platform.errors import Unavailable
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, eventually
from tests.support.tokens import TestTokens


class Registry:
    """Tells the demo city, in pieces, from the version asked for."""

    def __init__(self) -> None:
        self.areas = list(town.areas())
        self.task_types = list(town.task_types())
        self.posts = list(town.posts())
        self.asked: list[int] = []
        self.changed = asyncio.Event()
        self.told_all = True

    async def WatchAreas(
        self, request: areas_pb2.WatchAreasRequest, context: Any
    ) -> AsyncIterator[areas_pb2.WatchAreasResponse]:
        self.asked.append(request.after_version)
        assert request.with_geometry
        after = request.after_version
        while True:
            self.changed.clear()
            newer = [area for area in self.areas if area.version > after]
            for start in range(0, len(newer), 50):
                piece = newer[start : start + 50]
                after = piece[-1].version
                yield areas_pb2.WatchAreasResponse(areas=piece, version=after)
            yield areas_pb2.WatchAreasResponse(version=after, complete=self.told_all)
            await self.changed.wait()

    async def WatchTaskTypes(
        self, request: tasks_pb2.WatchTaskTypesRequest, context: Any
    ) -> AsyncIterator[tasks_pb2.WatchTaskTypesResponse]:
        yield tasks_pb2.WatchTaskTypesResponse(task_types=self.task_types, version=99, complete=True)
        await asyncio.Event().wait()

    async def WatchPosts(
        self, request: staff_pb2.WatchPostsRequest, context: Any
    ) -> AsyncIterator[staff_pb2.WatchPostsResponse]:
        departments = demo_city.departments()
        yield staff_pb2.WatchPostsResponse(posts=self.posts, departments=departments, version=99, complete=True)
        await asyncio.Event().wait()

    async def serve(self, port: int = 0) -> tuple[grpc.aio.Server, int]:
        server = grpc.aio.server()
        for add in (
            areas_pb2_grpc.add_AreasServiceServicer_to_server,
            tasks_pb2_grpc.add_TasksServiceServicer_to_server,
            staff_pb2_grpc.add_StaffServiceServicer_to_server,
        ):
            add(_Told(self), server)  # type: ignore[operator]
        taken = server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        return server, taken


class _Told(
    areas_pb2_grpc.AreasServiceServicer, tasks_pb2_grpc.TasksServiceServicer, staff_pb2_grpc.StaffServiceServicer
):
    def __init__(self, registry: Registry) -> None:
        self.WatchAreas = registry.WatchAreas
        self.WatchTaskTypes = registry.WatchTaskTypes
        self.WatchPosts = registry.WatchPosts


async def test_the_picture_is_whole_only_when_everything_was_told_and_outlives_registry(tokens: TestTokens) -> None:
    registry = Registry()
    registry.told_all = False
    server, port = await registry.serve()
    view = CityView()
    channel = connect(f"127.0.0.1:{port}", signer=tokens.signer("incidents"), caller=service_caller("incidents"))
    following = asyncio.ensure_future(follow(view, channel))

    async def all_but_the_last_word() -> bool:
        return bool(view.posts_version and view.task_types_version and view.areas_version == len(town.areas()))

    async def complete() -> bool:
        return view.complete

    async def renamed() -> bool:
        return view.area_name(town.GRID) == "新名"

    await eventually(all_but_the_last_word)
    assert not view.complete
    with pytest.raises(Unavailable):
        view.require_complete()
    registry.told_all = True
    registry.changed.set()
    await eventually(complete)
    await server.stop(0)
    assert locate(view, town.GRID) == town.GRID  # goes on with the last picture
    changed = areas_pb2.Area()
    changed.CopyFrom(next(area for area in town.areas() if area.code == town.GRID))
    changed.version, changed.name = len(town.areas()) + 1, "新名"
    registry.areas.append(changed)
    server, _ = await registry.serve(port)
    await eventually(renamed)
    assert registry.asked == [0, len(town.areas())]
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await channel.close()
    await server.stop(0)


def locate(view: CityView, grid_code: str) -> str:
    longitude_deg, latitude_deg = town.middle_of(grid_code)
    return view.locate(Point(longitude_deg=longitude_deg, latitude_deg=latitude_deg)).grid_code


def test_every_grid_is_found_by_a_point_inside_it() -> None:
    view = town.full_view()
    grids = [area.code for area in town.areas() if area.level == areas_pb2.AREA_LEVEL_GRID]
    assert len(grids) == 240
    assert [locate(view, code) for code in grids] == grids


def test_a_retired_grid_holds_no_points_any_more() -> None:
    view = town.full_view()
    retired = areas_pb2.Area()
    retired.CopyFrom(next(area for area in town.areas() if area.code == town.GRID))
    retired.retired = True
    view.take_areas(areas_pb2.WatchAreasResponse(areas=[retired], version=1000, complete=True))
    with pytest.raises(OutOfArea):
        locate(view, town.GRID)
    assert view.location(town.GRID).area_path == town.path_of(town.GRID)  # its cases still have their place


def test_a_shift_goes_before_the_standing_holder() -> None:
    view = town.full_view()
    at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    post = staff_pb2.Post(code="P-X", role="grid_worker", area_code=town.SIBLING_GRID, staff_code="standing")
    shift = post.shifts.add(staff_code="stand-in")
    shift.starts_at.FromDatetime(at)
    shift.ends_at.FromDatetime(at + timedelta(hours=8))
    view.take_posts(staff_pb2.WatchPostsResponse(posts=[post], version=100))

    def holder(moment: datetime) -> str:
        return view.posts(town.SIBLING_GRID, "grid_worker", moment)[-1].staff_code

    assert holder(at) == "stand-in"
    assert holder(at + timedelta(hours=8)) == "standing"
    assert len(view.departments) == 18  # left as they were by an answer without any


def test_an_unknown_task_type_is_named() -> None:
    with pytest.raises(TaskTypeUnknown) as caught:
        town.full_view().newest_task_type("dragon_sighting")
    assert caught.value.details == {"task_type": "dragon_sighting"}


async def test_the_service_is_healthy_only_with_a_whole_picture(hall: Hall) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{hall.process.port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)

        async def healthy() -> bool:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        async def unhealthy() -> bool:
            return not await healthy()

        await eventually(healthy)
        hall.view._complete.clear()
        await eventually(unhealthy)
    with pytest.raises(Unavailable):
        await hall.report()


def test_what_is_not_understood_is_left_out_and_the_rest_goes_on() -> None:
    view = town.full_view()
    strange = areas_pb2.Area(code="X1", level=areas_pb2.AREA_LEVEL_GRID, path="999100.X1", geometry=b"{nonsense")
    view.take_areas(areas_pb2.WatchAreasResponse(areas=[strange], version=1000, complete=True))
    kinds = [
        tasks_pb2.TaskType(code="new_kind", version=1, check_mode="telepathy"),
        tasks_pb2.TaskType(
            code="no_unit", version=1, check_mode="photo", filing_conditions=[tasks_pb2.FilingCondition()]
        ),
    ]
    view.take_task_types(tasks_pb2.WatchTaskTypesResponse(task_types=kinds, version=1000, complete=True))
    assert locate(view, town.GRID) == town.GRID
    for kind in kinds:
        with pytest.raises(TaskTypeUnknown):
            view.newest_task_type(kind.code)
