"""Asks registry where grids lie, and brings to incidents what was seen."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import grpc
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc

from services.platform.database import Row
from services.platform.errors import NotFound
from services.video.domain.cameras import FiledCase, Place, Sighting
from services.video.domain.evidence import CLIP, Evidence
from services.video.domain.findings import Finding
from services.video.events import evidence_message, kept_message, point_message

ASKED_AT_ONCE: Final = 16
LOCATED_AT_ONCE: Final = 500
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

    async def codes_at(self, places: Sequence[Place]) -> Sequence[str]:
        """See domain.Grids."""
        codes: list[str] = []
        for start in range(0, len(places), LOCATED_AT_ONCE):
            points = [point_message(place) for place in places[start : start + LOCATED_AT_ONCE]]
            answer = await self._areas.LocatePoints(areas_pb2.LocatePointsRequest(points=points))
            codes += [
                located.areas[-1].code if located.areas and not located.reason else "" for located in answer.located
            ]
        return codes

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
        return await self._report(report, sighting.request_id)

    async def file_flag(self, finding: Finding, evidence: Sequence[Evidence], *, request_id: str) -> FiledCase:
        """See domain.Cases."""
        return await self._report(_report_of(finding, evidence), request_id)

    async def _report(self, report: cases_pb2.Report, request_id: str) -> FiledCase:
        request = incidents_pb2.ReportIncidentRequest(request_id=request_id, report=report)
        answer = await self._incidents.ReportIncident(request)
        return FiledCase(case_id=answer.case.id, number=answer.case.number)


class OwnIncidents(Incidents):
    """Where video files by itself; the channel must speak for video."""

    async def file_finding(self, finding: Finding, evidence: list[Evidence], *, request_id: str) -> FiledCase:
        """See filing.OwnCases."""
        return await self._report(_report_of(finding, evidence), request_id)

    async def file_ticket(self, fault: Row, evidence: list[Evidence], *, request_id: str) -> FiledCase:
        """See filing.OwnCases."""
        place = Place(longitude_deg=fault["longitude_deg"], latitude_deg=fault["latitude_deg"])
        name, code = fault["camera_name"], fault["gb_code"] or fault["camera_id"]
        report = cases_pb2.Report(
            task_type=self._ticket_task_type,
            description=f"摄像头故障：{FAULT_NAMES[fault['fault']]}。{name}（{code}），权属单位 {fault['owner_department']}，"
            f"自 {fault['begun_at']:%Y-%m-%d %H:%M} UTC 起。测得：{fault['measured']}",
            point=point_message(place),
            place=name,
            evidence=[kept_message(found, place, kind=place_pb2.EVIDENCE_KIND_SNAPSHOT) for found in evidence],
            source=cases_pb2.SOURCE_SYSTEM,
        )
        return await self._report(report, request_id)

    def __init__(self, channel: grpc.aio.Channel, *, ticket_task_type: str) -> None:
        super().__init__(channel)
        self._ticket_task_type = ticket_task_type

    async def add_picture(
        self, case_id: str, evidence: Evidence, place: Place, *, words: str, check: bool, request_id: str
    ) -> None:
        """See filing.OwnCases."""
        case = (await self._incidents.GetCase(incidents_pb2.GetCaseRequest(case_id=case_id))).case
        kind = place_pb2.EVIDENCE_KIND_CHECK if check else _kind_of(evidence)
        step = cases_pb2.Step(
            event=cases_pb2.CASE_EVENT_NOTE, opinion=words, evidence=[kept_message(evidence, place, kind=kind)]
        )
        await self._incidents.AdvanceCase(
            incidents_pb2.AdvanceCaseRequest(request_id=request_id, case_id=case_id, version=case.version, steps=[step])
        )


#: What an owner is told; the console has its own words for the same keys.
FAULT_NAMES: Final[Mapping[str, str]] = {
    "offline": "离线，无画面",
    "locked_out": "用户名或密码被拒绝",
    "unreadable": "码流异常，无法解码",
    "black": "黑屏",
    "frozen": "画面冻结",
    "blurred": "画面模糊",
    "occluded": "镜头被遮挡",
    "moved": "镜头移位",
    "snow": "雪花噪声",
    "colour_cast": "偏色",
    "overexposed": "过亮",
    "underexposed": "过暗",
}


def _kind_of(evidence: Evidence) -> int:
    attached, shown = place_pb2.EVIDENCE_KIND_ATTACHMENT, place_pb2.EVIDENCE_KIND_SNAPSHOT
    return attached if evidence.content_type == CLIP else shown


def _report_of(finding: Finding, evidence: Sequence[Evidence]) -> cases_pb2.Report:
    """A finding as a report: the marked picture first, then the clean one, then the clip."""
    place = finding.place
    report = cases_pb2.Report(
        task_type=finding.task_type,
        description=f"{finding.words}（{finding.decided_by} 确认）"[:2000] if finding.decided_by else finding.words,
        point=point_message(place),
        place=" ".join(part for part in (finding.camera_name, finding.road_segment) if part)[:200],
        evidence=[kept_message(found, place, kind=_kind_of(found)) for found in evidence],
        source=cases_pb2.SOURCE_VIDEO,
    )
    report.seen_at.FromDatetime(finding.last_seen_at)
    return report
