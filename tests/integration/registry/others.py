"""Stands in for incidents and video: knows a few open cases and cameras, and opens cases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc
from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform.errors import GridwardError
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import service_caller
from services.platform.settings import ServiceSettings
from services.registry.neighbours import CallingNeighbours
from tests.support.tokens import TestTokens

Place = tuple[float, float]


@dataclass
class Cases(incidents_pb2_grpc.IncidentsServiceServicer):
    """Open cases by grid, one on each page; the same request id finds the same case."""

    open: dict[str, list[Place]] = field(default_factory=dict)
    reports: dict[str, cases_pb2.Report] = field(default_factory=dict)
    refusal: GridwardError | None = None

    async def ListCases(self, request: incidents_pb2.ListCasesRequest, context: Any) -> incidents_pb2.ListCasesResponse:
        assert request.open_only
        places, at = self.open.get(request.area_code, []), int(request.page_token or 0)
        return incidents_pb2.ListCasesResponse(
            cases=[cases_pb2.Case(point=_point(place)) for place in places[at : at + 1]],
            next_page_token=str(at + 1) if at + 1 < len(places) else "",
        )

    async def ReportIncident(
        self, request: incidents_pb2.ReportIncidentRequest, context: Any
    ) -> incidents_pb2.ReportIncidentResponse:
        if self.refusal is not None:
            raise self.refusal
        self.reports.setdefault(request.request_id, request.report)
        number = list(self.reports).index(request.request_id) + 1
        return incidents_pb2.ReportIncidentResponse(
            case=cases_pb2.Case(id=f"case-{number}", number=f"4308-{number:05}")
        )


@dataclass
class Cameras(video_pb2_grpc.VideoServiceServicer):
    """Cameras by grid."""

    standing: dict[str, list[Place]] = field(default_factory=dict)

    async def ListCameras(self, request: video_pb2.ListCamerasRequest, context: Any) -> video_pb2.ListCamerasResponse:
        places = self.standing.get(request.area_code, [])
        return video_pb2.ListCamerasResponse(
            cameras=[video_pb2.Camera(grid_code=request.area_code, point=_point(place)) for place in places]
        )


def some_cases(**told: Any) -> Cases:
    """Incidents that knows these; other calls are refused as unknown."""
    return Cases(**told)  # type: ignore[abstract]


def some_cameras(**told: Any) -> Cameras:
    """Video that knows these; other calls are refused as unknown."""
    return Cameras(**told)  # type: ignore[abstract]


@asynccontextmanager
async def neighbours(tokens: TestTokens, cases: Cases, cameras: Cameras | None) -> AsyncIterator[CallingNeighbours]:
    """Both in one process, asked as registry asks; without cameras video is away."""
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("incidents"), drain_s=0.1)
    offers = [
        Offer(
            descriptor=incidents_pb2.DESCRIPTOR.services_by_name["IncidentsService"],
            add=lambda server: incidents_pb2_grpc.add_IncidentsServiceServicer_to_server(cases, server),
        ),
        Offer(
            descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
            add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(cameras or some_cameras(), server),
        ),
    ]
    process = Process(name="incidents", settings=settings, offers=offers)
    port = await process.start()
    own = service_caller("registry")
    async with connect(f"127.0.0.1:{port}", signer=tokens.signer("registry"), caller=own) as channel:
        yield CallingNeighbours(incidents=channel, video=channel if cameras is not None else None)
    await process.stop()


def _point(place: Place) -> place_pb2.Point:
    return place_pb2.Point(longitude_deg=place[0], latitude_deg=place[1])
