"""The video service whole: real database, object store and calls; registry and incidents are stood in for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc
from gridward.video.v1 import video_pb2, video_pb2_grpc
from pydantic import SecretStr

from services.platform.clock import ManualClock
from services.platform.database import Database, open_database
from services.platform.errors import GridwardError, NotFound
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import Caller, current_caller, service_caller
from services.platform.objects import ObjectStore
from services.platform.settings import ServiceSettings
from services.video import wiring
from services.video.settings import VideoSettings
from services.video.wiring import assemble
from tests.conftest import MakeDatabase
from tests.support.rtsp_server import RtspServer, make_film, rtsp_server
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens

Stub: TypeAlias = "video_pb2_grpc.VideoServiceAsyncStub"
CITY = "999100"
WEST, EAST = "999102", "999103"
GRIDS = {"999102001": f"{CITY}.{WEST}.999102001", "999103001": f"{CITY}.{EAST}.999103001"}
FRAME_S = 1.5
OUTSIDE_DEG = 121.0


class AreaUnknown(NotFound):
    """No such area."""

    reason = "AREA_UNKNOWN"


class Areas(areas_pb2_grpc.AreasServiceServicer):
    """Knows two grids, one that was given up, and a district."""

    async def GetArea(self, request: areas_pb2.GetAreaRequest, context: Any) -> areas_pb2.GetAreaResponse:
        if request.code == WEST:
            return answer(WEST, f"{CITY}.{WEST}", areas_pb2.AREA_LEVEL_DISTRICT)
        if request.code == "999102999":
            return answer(request.code, f"{CITY}.{WEST}.999102999", areas_pb2.AREA_LEVEL_GRID, retired=True)
        if request.code not in GRIDS:
            raise AreaUnknown(code=request.code)
        return answer(request.code, GRIDS[request.code], areas_pb2.AREA_LEVEL_GRID)

    async def LocatePoints(
        self, request: areas_pb2.LocatePointsRequest, context: Any
    ) -> areas_pb2.LocatePointsResponse:
        """All east of a line is outside the city."""
        inside = [point.longitude_deg < OUTSIDE_DEG for point in request.points]
        code = "999102001"
        area = areas_pb2.Area(code=code, path=GRIDS[code], level=areas_pb2.AREA_LEVEL_GRID)
        located = [
            areas_pb2.LocatedPoint(areas=[area]) if each else areas_pb2.LocatedPoint(reason="OUT_OF_AREA")
            for each in inside
        ]
        return areas_pb2.LocatePointsResponse(located=located)


def answer(code: str, path: str, level: areas_pb2.AreaLevel, *, retired: bool = False) -> areas_pb2.GetAreaResponse:
    return areas_pb2.GetAreaResponse(area=areas_pb2.Area(code=code, path=path, level=level, retired=retired))


@dataclass
class CasesOfOthers(incidents_pb2_grpc.IncidentsServiceServicer):
    """Takes in reports and remembers who brought them; the same request id finds the same case."""

    taken: list[tuple[Caller, incidents_pb2.ReportIncidentRequest]] = field(default_factory=list)
    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    advanced: list[tuple[Caller, incidents_pb2.AdvanceCaseRequest]] = field(default_factory=list)
    refusal: GridwardError | None = None

    async def ReportIncident(
        self, request: incidents_pb2.ReportIncidentRequest, context: Any
    ) -> incidents_pb2.ReportIncidentResponse:
        caller = current_caller()
        self.taken.append((caller, request))
        if self.refusal is not None:
            raise self.refusal
        number = self.numbers.setdefault((caller.subject, request.request_id), f"{len(self.numbers) + 1:05}")
        return incidents_pb2.ReportIncidentResponse(case=cases_pb2.Case(id=f"case-{number}", number=f"9991-{number}"))

    async def GetCase(self, request: incidents_pb2.GetCaseRequest, context: Any) -> incidents_pb2.GetCaseResponse:
        return incidents_pb2.GetCaseResponse(case=cases_pb2.Case(id=request.case_id, version=3))

    async def AdvanceCase(
        self, request: incidents_pb2.AdvanceCaseRequest, context: Any
    ) -> incidents_pb2.AdvanceCaseResponse:
        assert request.version == 3
        self.advanced.append((current_caller(), request))
        return incidents_pb2.AdvanceCaseResponse(case=cases_pb2.Case(id=request.case_id, version=4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """The service, and everything around it that a test may look at."""

    process: Process
    parts: wiring.Video
    database: Database
    objects: ObjectStore
    films: Path
    camera: RtspServer
    cases: CasesOfOthers
    clock: ManualClock
    tokens: TestTokens
    channels: list[grpc.aio.Channel] = field(default_factory=list)

    def stub(
        self, role: str = "video_patroller", area_path: str = CITY, *, department: str = "", subject: str = ""
    ) -> Stub:
        return self.stub_of(self.tokens.caller(role, area_path, department=department, subject=subject))

    def stub_of(self, caller: Caller, key: str = "gateway") -> Stub:
        return video_pb2_grpc.VideoServiceStub(self.channel_of(caller, key))

    def channel_of(self, caller: Caller, key: str = "gateway") -> grpc.aio.Channel:
        channel = connect(f"127.0.0.1:{self.process.port}", signer=self.tokens.signer(key), caller=caller)
        self.channels.append(channel)
        return channel

    def channel(self, role: str = "video_patroller", area_path: str = CITY, *, subject: str = "") -> grpc.aio.Channel:
        return self.channel_of(self.tokens.caller(role, area_path, subject=subject))

    async def add_camera(self, stream_url: str, **fields: Any) -> str:
        camera = a_camera(stream_url=stream_url, **fields)
        request = video_pb2.ImportCamerasRequest(request_id=f"import-{camera.id}", cameras=[camera])
        await self.stub_of(service_caller("registry"), "registry").ImportCameras(request)
        return str(camera.id)

    async def value(self, query: str) -> Any:
        async with self.database.connection() as connection:
            row = await (await connection.execute(query.encode())).fetchone()
            assert row is not None
            return next(iter(row.values()))


def a_camera(id: str = "CAM001", *, grid_code: str = "999102001", **fields: Any) -> video_pb2.Camera:
    values = {"name": f"松风路枪机{id}", "owner_department": "D09", "azimuth_deg": 90.0, **fields}
    camera = video_pb2.Camera(id=id, grid_code=grid_code, **values)
    camera.point.longitude_deg, camera.point.latitude_deg = 119.8, 38.6
    return camera


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "test.h264")


@pytest.fixture
async def rtsp_camera(film: Path) -> AsyncIterator[RtspServer]:
    async with rtsp_server(film) as server:
        yield server


@pytest.fixture
async def neighbours(tokens: TestTokens) -> AsyncIterator[tuple[str, CasesOfOthers]]:
    """Registry and incidents in one process; its address."""
    areas, cases = Areas(), CasesOfOthers()
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("registry"), drain_s=0.1)
    offers = [
        Offer(
            descriptor=areas_pb2.DESCRIPTOR.services_by_name["AreasService"],
            add=lambda server: areas_pb2_grpc.add_AreasServiceServicer_to_server(areas, server),
        ),
        Offer(
            descriptor=incidents_pb2.DESCRIPTOR.services_by_name["IncidentsService"],
            add=lambda server: incidents_pb2_grpc.add_IncidentsServiceServicer_to_server(cases, server),
        ),
    ]
    process = Process(name="registry", settings=settings, offers=offers)
    port = await process.start()
    yield f"127.0.0.1:{port}", cases
    await process.stop()


@pytest.fixture
def settings(
    make_database: MakeDatabase, object_store: ObjectStoreServer, tokens: TestTokens, tmp_path: Path
) -> VideoSettings:
    return VideoSettings(
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("video"),
        seal_file=tokens.seal_file("video"),
        database_url=SecretStr(make_database("video")),
        s3_endpoint=object_store.endpoint,
        s3_access_key=SecretStr(object_store.access_key),
        s3_secret_key=SecretStr(object_store.secret_key),
        video_files_dir=tmp_path,
        video_hosts=("127.0.0.1",),
        video_frame_s=FRAME_S,
        video_at_once=2,
        video_patrol=False,
        drain_s=0.1,
    )


@pytest.fixture
async def video(
    settings: VideoSettings,
    tokens: TestTokens,
    manual_clock: ManualClock,
    rtsp_camera: RtspServer,
    neighbours: tuple[str, CasesOfOthers],
) -> AsyncIterator[Video]:
    address, cases = neighbours
    database = await open_database(settings.database_url.get_secret_value(), service="video")
    registry = connect(address, signer=tokens.signer("video"), caller=service_caller("video"))
    incidents = connect(address, signer=tokens.signer("video"))
    own_incidents = connect(address, signer=tokens.signer("video"), caller=service_caller("video"))
    parts = await assemble(
        settings, database, registry=registry, incidents=incidents, own_incidents=own_incidents, clock=manual_clock
    )
    parts.process.database = None  # no events are told here
    await parts.process.start()
    made = Video(
        process=parts.process,
        parts=parts,
        database=database,
        objects=ObjectStore.open(settings),
        films=settings.video_files_dir or Path(),
        camera=rtsp_camera,
        cases=cases,
        clock=manual_clock,
        tokens=tokens,
    )
    yield made
    await parts.process.stop()
    await parts.close()
    for channel in (registry, incidents, own_incidents, *made.channels):
        await channel.close()
    await database.close()
