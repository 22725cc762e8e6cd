"""A registry that serves, with an empty database of its own, and people who call it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import (
    areas_pb2,
    areas_pb2_grpc,
    catalogue_pb2_grpc,
    changes_pb2_grpc,
    claims_pb2_grpc,
    councils_pb2_grpc,
    elements_pb2,
    elements_pb2_grpc,
    emergencies_pb2_grpc,
    force_pb2_grpc,
    holders_pb2_grpc,
    imports_pb2_grpc,
    patrols_pb2_grpc,
    plugins_pb2_grpc,
    quiet_pb2_grpc,
    search_pb2_grpc,
    staff_pb2,
    staff_pb2_grpc,
    tasks_pb2,
    tasks_pb2_grpc,
    teams_pb2_grpc,
    terminals_pb2_grpc,
    unmasking_pb2_grpc,
    visits_pb2_grpc,
)
from pydantic import SecretStr

from services.platform.clock import ManualClock
from services.platform.database import Database, Row, open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Process
from services.platform.identity import Caller, Grant, service_caller
from services.registry.__main__ import wire
from services.registry.neighbours import CallingNeighbours
from services.registry.settings import RegistrySettings
from tests.conftest import MakeDatabase, clone_database
from tests.support import servers
from tests.support.tokens import TestTokens
from tests.unit.registry.builders import town

Json = dict[str, Any]
CHUNK_BYTES = 60_000


class Person:
    """Somebody who calls registry."""

    def __init__(self, channel: Any) -> None:
        self.areas: areas_pb2_grpc.AreasServiceAsyncStub = areas_pb2_grpc.AreasServiceStub(channel)
        self.staff: staff_pb2_grpc.StaffServiceAsyncStub = staff_pb2_grpc.StaffServiceStub(channel)
        self.tasks: tasks_pb2_grpc.TasksServiceAsyncStub = tasks_pb2_grpc.TasksServiceStub(channel)
        self.plugins: plugins_pb2_grpc.PluginsServiceAsyncStub = plugins_pb2_grpc.PluginsServiceStub(channel)
        self.elements: elements_pb2_grpc.ElementsServiceAsyncStub = elements_pb2_grpc.ElementsServiceStub(channel)
        self.imports: imports_pb2_grpc.ImportsServiceAsyncStub = imports_pb2_grpc.ImportsServiceStub(channel)
        self.search: search_pb2_grpc.SearchServiceAsyncStub = search_pb2_grpc.SearchServiceStub(channel)
        self.patrols: patrols_pb2_grpc.PatrolsServiceAsyncStub = patrols_pb2_grpc.PatrolsServiceStub(channel)
        self.visits: visits_pb2_grpc.VisitsServiceAsyncStub = visits_pb2_grpc.VisitsServiceStub(channel)
        self.quiet: quiet_pb2_grpc.QuietServiceAsyncStub = quiet_pb2_grpc.QuietServiceStub(channel)
        self.teams: teams_pb2_grpc.TeamsServiceAsyncStub = teams_pb2_grpc.TeamsServiceStub(channel)
        self.changes: changes_pb2_grpc.AreaChangesServiceAsyncStub = changes_pb2_grpc.AreaChangesServiceStub(channel)
        self.claims: claims_pb2_grpc.ClaimsServiceAsyncStub = claims_pb2_grpc.ClaimsServiceStub(channel)
        self.emergencies: emergencies_pb2_grpc.EmergenciesServiceAsyncStub = (
            emergencies_pb2_grpc.EmergenciesServiceStub(channel)
        )
        self.councils: councils_pb2_grpc.CouncilsServiceAsyncStub = councils_pb2_grpc.CouncilsServiceStub(channel)
        self.force: force_pb2_grpc.ForceServiceAsyncStub = force_pb2_grpc.ForceServiceStub(channel)
        self.holders: holders_pb2_grpc.HoldersServiceAsyncStub = holders_pb2_grpc.HoldersServiceStub(channel)
        self.catalogue: catalogue_pb2_grpc.CatalogueServiceAsyncStub = catalogue_pb2_grpc.CatalogueServiceStub(channel)
        self.terminals: terminals_pb2_grpc.TerminalsServiceAsyncStub = terminals_pb2_grpc.TerminalsServiceStub(channel)
        self.unmasking: unmasking_pb2_grpc.UnmaskingServiceAsyncStub = unmasking_pb2_grpc.UnmaskingServiceStub(channel)

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

    async def save(
        self,
        kind: elements_pb2.ElementKind.ValueType,
        *,
        where: tuple[float, float] | None = None,
        terminal_id: str = "",
        request_id: str = "",
        **told: Any,
    ) -> elements_pb2.SaveElementResponse:
        element = elements_pb2.Element(kind=kind, **told)
        if where is not None:
            element.point.CopyFrom(place_pb2.Point(longitude_deg=where[0], latitude_deg=where[1]))
        request = elements_pb2.SaveElementRequest(
            request_id=request_id or uuid4().hex, element=element, terminal_id=terminal_id
        )
        return await self.elements.SaveElement(request)

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


#: Nobody answers.
ALONE = CallingNeighbours(incidents=None, video=None)


async def open_registry(
    dsn: str, tokens: TestTokens, clock: ManualClock, neighbours: CallingNeighbours = ALONE
) -> Registry:
    """A registry that serves on a database."""
    settings = RegistrySettings(
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("registry"),
        seal_file=tokens.seal_file("registry"),
        database_url=SecretStr(dsn),
        drain_s=1,
    )
    database = await open_database(dsn, service="registry")
    process = wire(database, settings, clock, neighbours)
    await process.start()
    return Registry(process=process, database=database, clock=clock, tokens=tokens, settings=settings)


@pytest.fixture
async def registry(
    make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock
) -> AsyncIterator[Registry]:
    registry = await open_registry(make_database("registry"), tokens, manual_clock)
    yield registry
    await registry.close()
    await registry.process.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town_hall(
    postgres: servers.PostgresServer, database_templates: Callable[[str], str], tokens: TestTokens
) -> AsyncIterator[Registry]:
    """One registry for a whole module, with the town of four grids; its clock stands as manual_clock does."""
    dsn = clone_database(postgres, database_templates("registry"), "registry")
    registry = await open_registry(dsn, tokens, ManualClock(datetime(2026, 3, 2, 2, 0, tzinfo=UTC)))
    await (await registry.service("demo")).import_areas(town())
    yield registry
    await registry.close()
    await registry.process.stop()


@pytest.fixture
async def admin(registry: Registry) -> Person:
    """An administrator of the whole city, by the role of the demo's loader."""
    return await registry.service("demo")
