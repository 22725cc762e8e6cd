"""Follows registry's streams for as long as the process lives, and begins again where it was when one breaks."""

import asyncio
from collections.abc import AsyncIterable, Callable
from typing import Any

import grpc
import structlog
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc, staff_pb2, staff_pb2_grpc, tasks_pb2, tasks_pb2_grpc
from prometheus_client import Counter

from services.incidents.cityview.picture import CityView
from services.platform.errors import GridwardError
from services.platform.lifecycle import together

log = structlog.get_logger()

RETRY_S_MIN = 0.2
RETRY_S_MAX = 10.0

STREAM_BREAKS = Counter("cityview_stream_breaks_total", "Times a stream of registry ended or failed", ["stream"])


async def follow(view: CityView, channel: grpc.aio.Channel) -> None:
    """Keep the picture up to date, until cancelled."""
    areas = areas_pb2_grpc.AreasServiceStub(channel)
    tasks = tasks_pb2_grpc.TasksServiceStub(channel)
    staff = staff_pb2_grpc.StaffServiceStub(channel)

    def watch_areas() -> AsyncIterable[areas_pb2.WatchAreasResponse]:
        return areas.WatchAreas(areas_pb2.WatchAreasRequest(after_version=view.areas_version, with_geometry=True))

    def watch_task_types() -> AsyncIterable[tasks_pb2.WatchTaskTypesResponse]:
        return tasks.WatchTaskTypes(tasks_pb2.WatchTaskTypesRequest(after_version=view.task_types_version))

    def watch_posts() -> AsyncIterable[staff_pb2.WatchPostsResponse]:
        return staff.WatchPosts(staff_pb2.WatchPostsRequest(after_version=view.posts_version))

    await together(
        _follow("areas", watch_areas, view.take_areas),
        _follow("task_types", watch_task_types, view.take_task_types),
        _follow("posts", watch_posts, view.take_posts),
    )


async def _follow(stream: str, watch: Callable[[], AsyncIterable[Any]], take: Callable[[Any], None]) -> None:
    pause_s = RETRY_S_MIN
    while True:
        try:
            async for told in watch():
                take(told)
                pause_s = RETRY_S_MIN
        except (GridwardError, grpc.aio.AioRpcError) as error:
            log.warning("registry_stream_broken", stream=stream, error=str(error)[:200])
        STREAM_BREAKS.labels(stream).inc()
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, RETRY_S_MAX)
