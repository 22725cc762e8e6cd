"""Fills an empty installation with the demo city, through the same calls an operator would make."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path

from gridward.registry.v1 import areas_pb2, areas_pb2_grpc, staff_pb2, staff_pb2_grpc, tasks_pb2, tasks_pb2_grpc
from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.demo import (
    city,
    councils,
    force,
    goods,
    installed,
    lending,
    ordering,
    organisations,
    patrol,
    people,
    residents,
    volunteering,
)
from services.demo.settings import DemoSettings
from services.platform.errors import NotFound
from services.platform.grpc_client import connect
from services.platform.identity import TokenSigner, service_caller
from services.platform.objects import ObjectStore
from services.platform.settings import ObjectStoreSettings

CHUNK_BYTES = 60_000
POSTS_PER_CALL = 1000
LOAD_TIMEOUT_S = 60.0
PLUGINS_TIMEOUT_S = 90.0
#: Departments whose plugins are installed and bring their own task types.
PLUGIN_DEPARTMENTS = installed.departments_with_plugins()


class PluginsLate(Exception):
    """The department plugins did not register in time."""


Say = Callable[[str], None]


async def load(settings: DemoSettings, say: Say) -> None:
    """Load what is missing; a city that is there already is left as it is."""
    signer = TokenSigner.from_file(settings.signing_key_file)
    caller = service_caller(signer.name)
    async with (
        connect(settings.registry_address, signer=signer, caller=caller) as registry,
        connect(settings.video_address, signer=signer, caller=caller) as video,
        connect(settings.points_address, signer=signer, caller=caller) as points,
        connect(settings.incidents_address, signer=signer, caller=caller) as incidents,
    ):
        areas = areas_pb2_grpc.AreasServiceStub(registry)
        staff = staff_pb2_grpc.StaffServiceStub(registry)
        tasks = tasks_pb2_grpc.TasksServiceStub(registry)
        if not await _is_loaded(areas):
            await _timed(say, "区域与网格 areas and grids", _load_areas(areas))
        await _timed(say, "部门与岗位 departments and posts", _load_staff(staff))
        share = settings.demo_population_share
        await _timed(say, "人口、房屋与部件 people, homes and things", residents.load(registry, share=share))
        await _timed(say, "数据目录与借用 catalogue and loans", lending.load(registry))
        await _timed(say, "议事组织 councils", councils.load(registry))
        await _timed(say, "下沉力量 people in the grids", force.load(registry))
        if settings.s3_endpoint:
            objects = ObjectStore.open(ObjectStoreSettings())
            await _timed(say, "商品图片 pictures of goods", goods.put_pictures(objects))
        pictures = bool(settings.s3_endpoint)
        await _timed(say, "志愿者与商城 volunteers and mall", volunteering.load(points, pictures=pictures))
        await _timed(say, "社会组织 social organisations", organisations.load(registry, points))
        await _timed(say, "任务类型 task types", _load_task_types(tasks))
        await _timed(say, "检查项与路由规则 inspection items and routing rules", ordering.load(incidents))
        await _timed(say, "摄像机 cameras", _load_cameras(video_pb2_grpc.VideoServiceStub(video), settings))
        await _timed(say, "视频巡查路线 patrol routes", patrol.load_patrol(video))


async def _timed(say: Say, title: str, work: Awaitable[int]) -> None:
    began_s = time.monotonic()
    count = await work
    say(f"{title}: {count} ({time.monotonic() - began_s:.1f} s)")


async def _is_loaded(areas: areas_pb2_grpc.AreasServiceAsyncStub) -> bool:
    last_grid = city.data()["grids"][-1]["code"]
    try:
        await areas.GetArea(areas_pb2.GetAreaRequest(code=last_grid))
    except NotFound:
        return False
    return True


def _request_id(kind: str, *content: bytes) -> str:
    """The same content gets the same id, so that a load that was cut off goes on without doubling anything."""
    return f"demo-{kind}-{sha256(b''.join(content)).hexdigest()[:24]}"


async def _load_areas(areas: areas_pb2_grpc.AreasServiceAsyncStub) -> int:
    collection = city.area_collection()
    content = json.dumps(collection, ensure_ascii=False).encode()

    async def parts() -> AsyncIterator[areas_pb2.ImportAreasRequest]:
        header = areas_pb2.ImportAreasHeader(request_id=_request_id("areas", content), crs="EPSG:4326")
        yield areas_pb2.ImportAreasRequest(header=header)
        for start in range(0, len(content), CHUNK_BYTES):
            yield areas_pb2.ImportAreasRequest(chunk=content[start : start + CHUNK_BYTES])

    await areas.ImportAreas(parts(), timeout=LOAD_TIMEOUT_S)
    return len(collection["features"])


async def _load_staff(staff: staff_pb2_grpc.StaffServiceAsyncStub) -> int:
    departments = staff_pb2.ImportDepartmentsRequest(departments=city.departments(), owner_units=city.owner_units())
    departments.request_id = _request_id("departments", departments.SerializeToString(deterministic=True))
    await staff.ImportDepartments(departments, timeout=LOAD_TIMEOUT_S)
    templates = staff_pb2.ImportTeamTemplatesRequest(templates=city.team_templates())
    templates.request_id = _request_id("templates", templates.SerializeToString(deterministic=True))
    await staff.ImportTeamTemplates(templates, timeout=LOAD_TIMEOUT_S)
    posts = people.posts()
    for start in range(0, len(posts), POSTS_PER_CALL):
        part = staff_pb2.ImportPostsRequest(posts=posts[start : start + POSTS_PER_CALL])
        part.request_id = _request_id("posts", part.SerializeToString(deterministic=True))
        await staff.ImportPosts(part, timeout=LOAD_TIMEOUT_S)
    return len(posts)


async def _load_task_types(tasks: tasks_pb2_grpc.TasksServiceAsyncStub) -> int:
    own = tasks_pb2.ImportTaskTypesRequest(task_types=city.task_types(without_departments=PLUGIN_DEPARTMENTS))
    own.request_id = _request_id("tasks", own.SerializeToString(deterministic=True))
    if own.task_types:
        await tasks.ImportTaskTypes(own, timeout=LOAD_TIMEOUT_S)
    wanted = {row["code"] for row in city.data()["task_types"]}
    known = await _wait_for_types(tasks, wanted)
    for task_type in known:
        if task_type.admission == tasks_pb2.ADMISSION_STATE_PENDING:
            await tasks.DecideAdmission(
                tasks_pb2.DecideAdmissionRequest(
                    request_id=f"demo-admit-{task_type.code}-{task_type.version}",
                    code=task_type.code,
                    admission=tasks_pb2.ADMISSION_STATE_ADMITTED,
                    reason="示范城市初始准入 initial admission of the demo city",
                )
            )
    return len(known)


async def _wait_for_types(tasks: tasks_pb2_grpc.TasksServiceAsyncStub, wanted: set[str]) -> list[tasks_pb2.TaskType]:
    """Plugins register on their own, as soon as their departments are known."""
    until_s = time.monotonic() + PLUGINS_TIMEOUT_S
    while True:
        known = list((await tasks.ListTaskTypes(tasks_pb2.ListTaskTypesRequest())).task_types)
        missing = wanted - {task_type.code for task_type in known}
        if not missing:
            return known
        if time.monotonic() > until_s:
            raise PluginsLate(", ".join(sorted(missing)))
        await asyncio.sleep(0.3)


async def _load_cameras(video: video_pb2_grpc.VideoServiceAsyncStub, settings: DemoSettings) -> int:
    folder = settings.video_files_dir
    urls = await asyncio.to_thread(patrol.write_films, Path(folder)) if folder else {}
    request = video_pb2.ImportCamerasRequest(cameras=city.cameras(urls))
    request.request_id = _request_id("cameras", request.SerializeToString(deterministic=True))
    await video.ImportCameras(request, timeout=LOAD_TIMEOUT_S)
    return len(request.cameras)
