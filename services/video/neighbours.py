"""Asks registry where grids lie, and brings to incidents what was seen."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import grpc
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc

from services.platform.errors import NotFound
from services.video.domain.cameras import FiledCase, Sighting
from services.video.events import evidence_message, point_message

ASKED_AT_ONCE: Final = 16
GRID_LEVELS: Final = {areas_pb2.AREA_LEVEL_GRID, areas_pb2.AREA_LEVEL_MICRO_GRID}


class Registry:
    """The city's grids."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._areas = areas_pb2_grpc.AreasServiceStub(channel)

    async def paths_of(self, grid_codes: Sequence[str]) -> Mapping[str, str]:
        """See domain.Grids."""
        free = asyncio.Semaphore(ASKED_AT_ONCE)
        codes = sorted(set(grid_codes))
        paths = await asyncio.gather(*(self._path_of(code, free) for code in codes))
        return {code: path for code, path in zip(codes, paths, strict=True) if path}

    async def _path_of(self, code: str, free: asyncio.Semaphore) -> str:
        async with free:
            try:
                answer = await self._areas.GetArea(areas_pb2.GetAreaRequest(code=code))
            except NotFound:
                return ""
        area = answer.area
        return area.path if area.level in GRID_LEVELS and not area.retired else ""


class Incidents:
    """Where reports go; the channel must speak for whoever is being served."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._incidents = incidents_pb2_grpc.IncidentsServiceStub(channel)

    async def file(self, sighting: Sighting) -> FiledCase:
        """See domain.Cases."""
        snapshot = sighting.snapshot
        report = cases_pb2.Report(
            task_type=sighting.task_type,
            description=sighting.description,
            point=point_message(snapshot.place),
            place=sighting.place_name,
            evidence=[evidence_message(snapshot)],
            source=cases_pb2.SOURCE_VIDEO,
        )
        report.seen_at.FromDatetime(snapshot.taken_at)
        request = incidents_pb2.ReportIncidentRequest(request_id=sighting.request_id, report=report)
        answer = await self._incidents.ReportIncident(request)
        return FiledCase(case_id=answer.case.id, number=answer.case.number)
