"""A registry that serves, with an empty database of its own, and people who call it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc, staff_pb2, staff_pb2_grpc, tasks_pb2, tasks_pb2_grpc
from pydantic import SecretStr

from services.platform.clock import ManualClock
from services.platform.database import Database, Row, open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Process
from services.platform.identity import Caller, Grant, service_caller
from services.registry.__main__ import wire
from services.registry.settings import RegistrySettings
from tests.conftest import MakeDatabase
from tests.support.tokens import TestTokens

Json = dict[str, Any]
CHUNK_BYTES = 60_000


class Person:
    """Somebody who calls registry."""

    def __init__(self, channel: Any) -> None:
        self.areas: areas_pb2_grpc.AreasServiceAsyncStub = areas_pb2_grpc.AreasServiceStub(channel)
        self.staff: staff_pb2_grpc.StaffServiceAsyncStub = staff_pb2_grpc.StaffServiceStub(channel)
        self.tasks: tasks_pb2_grpc.TasksServiceAsyncStub = tasks_pb2_grpc.TasksServiceStub(channel)

    async def import_areas(
        self, features: Sequence[Json], *, crs: str = "EPSG:4326", request_id: str = "", dry_run: bool = False
    ) -> areas_pb2.ImportAreasResponse:
        content = json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False).encode()
        header = areas_pb2.ImportAreasHeader(request_id=request_id or uuid4().hex, crs=crs, dry_run=dry_run)

        async def parts() -> AsyncIterator[areas_pb2.ImportAreasRequest]:
            yield areas_pb2.ImportAreasRequest(header=header)
            for start in range(0, len(content), CHUNK_BYTES):
                yield areas_pb2.ImportAreasRequest(chunk=content[start : start + CHUNK_BYTES])

        return await self.areas.ImportAreas(parts(), timeout=30)

    async def import_departments(
        self, *departments: staff_pb2.Department, owner_units: Sequence[staff_pb2.OwnerUnit] = ()
    ) -> int:
        request = staff_pb2.ImportDepartmentsRequest(
            request_id=uuid4().hex, departments=departments, owner_units=owner_units
        )
        return (await self.staff.ImportDepartments(request)).changed_count

    async def import_posts(self, *posts: staff_pb2.Post) -> int:
        request = staff_pb2.ImportPostsRequest(request_id=uuid4().hex, posts=posts)
        return (await self.staff.ImportPosts(request)).changed_count

    async def import_templates(self, *templates: staff_pb2.TeamTemplate) -> int:
        request = staff_pb2.ImportTeamTemplatesRequest(request_id=uuid4().hex, templates=templates)
        return (await self.staff.ImportTeamTemplates(request)).changed_count

    async def decide(
        self, code: str, admission: tasks_pb2.AdmissionState.ValueType, *, reason: str = "decided", request_id: str = ""
    ) -> tasks_pb2.TaskType:
        request = tasks_pb2.DecideAdmissionRequest(
            request_id=request_id or uuid4().hex, code=code, admission=admission, reason=reason
        )
        return (await self.tasks.DecideAdmission(request)).task_type


@dataclass(slots=True, kw_only=True)
class Registry:
    """A running registry and its database."""

    process: Process
    database: Database
    clock: ManualClock
    tokens: TestTokens
    settings: RegistrySettings
    channels: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def person(self, role: str, area_path: str, *, department: str = "", subject: str = "") -> Person:
        grant = Grant(role=role, area_path=area_path, department_code=department)
        return await self.calling(Caller(subject=subject or f"staff:{role}", grants=(grant,)), key="gateway")

    async def service(self, name: str) -> Person:
        return await self.calling(service_caller(name), key=name)

    async def plugin(self, name: str, department: str) -> Person:
        grant = Grant(role="plugin", area_path="", department_code=department)
        return await self.calling(Caller(subject=f"plugin:{name}", grants=(grant,)), key="host")

    async def calling(self, caller: Caller, *, key: str) -> Person:
        channel = connect(f"127.0.0.1:{self.process.port}", signer=self.tokens.signer(key), caller=caller)
        await self.channels.enter_async_context(channel)
        return Person(channel)

    async def rows(self, query: str) -> list[Row]:
        async with self.database.connection() as connection:
            return await (await connection.execute(query.encode())).fetchall()

    async def close(self) -> None:
        await self.channels.aclose()


@pytest.fixture
async def registry(
    make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock
) -> AsyncIterator[Registry]:
    dsn = make_database("registry")
    settings = RegistrySettings(
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("registry"),
        database_url=SecretStr(dsn),
        drain_s=1,
    )
    database = await open_database(dsn, service="registry")
    process = wire(database, settings, manual_clock)
    await process.start()
    registry = Registry(process=process, database=database, clock=manual_clock, tokens=tokens, settings=settings)
    yield registry
    await registry.close()
    await process.stop()


@pytest.fixture
async def admin(registry: Registry) -> Person:
    """An administrator of the whole city, by the role of the demo's loader."""
    return await registry.service("demo")
