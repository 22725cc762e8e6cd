"""Asks incidents and video what lies in a grid, and hands incidents what a council resolved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import grpc
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc
from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform.errors import Exhausted, Invalid, NotFound, Unavailable
from services.registry.domain.areachange import Spot

PAGE: Final = 200
#: Pages of one grid that are read; beyond these it is said that they are not counted.
PAGES_MAX: Final = 50
CALL_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledCase:
    """A case that incidents opened."""

    case_id: str
    number: str


class Neighbours(Protocol):
    """What registry asks of others; each call fails with UNAVAILABLE when nobody answers."""

    async def open_cases(self, grids: Sequence[str]) -> list[Spot]:
        """Where the open cases of some grids lie."""

    async def cameras(self, grids: Sequence[str]) -> list[Spot]:
        """Where the cameras of some grids stand."""

    async def case_known(self, name: str) -> bool:
        """Whether there is a case of this id or number."""

    async def open_case(
        self, *, request_id: str, task_type: str, description: str, place: str, point: tuple[float, float]
    ) -> FiledCase:
        """Open a case; the same request id finds the same case."""


class CallingNeighbours:
    """By gRPC; a neighbour without an address counts as away."""

    def __init__(self, *, incidents: grpc.aio.Channel | None, video: grpc.aio.Channel | None) -> None:
        self._incidents = incidents_pb2_grpc.IncidentsServiceStub(incidents) if incidents else None
        self._video = video_pb2_grpc.VideoServiceStub(video) if video else None

    async def open_cases(self, grids: Sequence[str]) -> list[Spot]:
        """See Neighbours."""
        if self._incidents is None:
            raise Unavailable(part="incidents")
        spots: list[Spot] = []
        for grid in grids:
            request = incidents_pb2.ListCasesRequest(area_code=grid, open_only=True, page_size=PAGE)
            for _ in range(PAGES_MAX):
                told = await self._incidents.ListCases(request, timeout=CALL_S)
                spots += [_spot(grid, case.point) for case in told.cases]
                request.page_token = told.next_page_token
                if not request.page_token:
                    break
            else:
                raise Exhausted(retry_after_s=0)
        return spots

    async def cameras(self, grids: Sequence[str]) -> list[Spot]:
        """See Neighbours."""
        if self._video is None:
            raise Unavailable(part="video")
        spots: list[Spot] = []
        for grid in grids:
            request = video_pb2.ListCamerasRequest(area_code=grid, page_size=PAGE)
            for _ in range(PAGES_MAX):
                told = await self._video.ListCameras(request, timeout=CALL_S)
                spots += [_spot(camera.grid_code, camera.point) for camera in told.cameras]
                request.page_token = told.next_page_token
                if not request.page_token:
                    break
            else:
                raise Exhausted(retry_after_s=0)
        return spots

    async def case_known(self, name: str) -> bool:
        """See Neighbours."""
        if self._incidents is None:
            raise Unavailable(part="incidents")
        try:
            await self._incidents.GetCase(incidents_pb2.GetCaseRequest(case_id=name), timeout=CALL_S)
        except (NotFound, Invalid):
            return False
        return True

    async def open_case(
        self, *, request_id: str, task_type: str, description: str, place: str, point: tuple[float, float]
    ) -> FiledCase:
        """See Neighbours."""
        if self._incidents is None:
            raise Unavailable(part="incidents")
        report = cases_pb2.Report(
            task_type=task_type,
            description=description,
            place=place,
            point=place_pb2.Point(longitude_deg=point[0], latitude_deg=point[1]),
            source=cases_pb2.SOURCE_SYSTEM,
        )
        request = incidents_pb2.ReportIncidentRequest(request_id=request_id, report=report)
        case = (await self._incidents.ReportIncident(request, timeout=CALL_S)).case
        return FiledCase(case_id=case.id, number=case.number)


def _spot(grid: str, point: place_pb2.Point) -> Spot:
    return Spot(grid_code=grid, longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg)
