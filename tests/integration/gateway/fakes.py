"""Stand-ins for registry and incidents at the gateway's outer border: a small city, some cases, and what was asked of them."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import shapely
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.events.v1 import events_pb2, events_pb2_grpc
from gridward.incidents.v1 import (
    cases_pb2,
    course_pb2,
    course_pb2_grpc,
    duplicates_pb2,
    duplicates_pb2_grpc,
    incidents_pb2,
    incidents_pb2_grpc,
    notices_pb2,
    notices_pb2_grpc,
    replay_pb2,
    replay_pb2_grpc,
)
from gridward.registry.v1 import (
    areas_pb2,
    areas_pb2_grpc,
    changes_pb2,
    changes_pb2_grpc,
    staff_pb2,
    staff_pb2_grpc,
    tasks_pb2,
    tasks_pb2_grpc,
    teams_pb2,
    teams_pb2_grpc,
)

from services.platform.errors import NotFound, Stale
from services.platform.grpc_server import Offer, Process
from services.platform.identity import Caller, current_caller
from services.platform.ids import uuid7
from services.platform.settings import ServiceSettings
from tests.integration.gateway.replaying import FakeReplay
from tests.support.tokens import TestTokens

Context = Any
CITY = "999100"
COVER_FORM = json.dumps(
    {
        "type": "object",
        "properties": {
            "diameter_mm": {"type": "integer", "title": "直径", "x-title-en": "Diameter"},
            "barrier_set": {"type": "boolean", "title": "是否围挡"},
            "kind": {
                "type": "string",
                "title": "种类",
                "enum": ["water", "gas"],
                "x-labels": ["给水", "燃气"],
                "x-labels-en": ["Water", "Gas"],
            },
        },
        "required": ["kind"],
        "additionalProperties": False,
    },
    ensure_ascii=False,
)
ENDED = {cases_pb2.CASE_STATE_CLOSED, cases_pb2.CASE_STATE_REJECTED, cases_pb2.CASE_STATE_CANCELLED}


class CaseUnknown(NotFound):
    """There is no such case for you."""

    reason = "CASE_UNKNOWN"


class AreaUnknown(NotFound):
    """There is no such area."""

    reason = "AREA_UNKNOWN"


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


class Asked:
    """Remembers what was asked, and by whom."""

    def __init__(self) -> None:
        self.requests: list[tuple[Message, Caller]] = []

    def note(self, request: Message) -> None:
        self.requests.append((request, current_caller()))

    def last(self, kind: type[Message]) -> tuple[Any, Caller]:
        return next((request, caller) for request, caller in reversed(self.requests) if isinstance(request, kind))


class FakeAreas(areas_pb2_grpc.AreasServiceServicer):
    """The demo city's outlines."""

    def __init__(self, asked: Asked, data: Path) -> None:
        self.asked = asked
        self.version = 7
        self._areas = json.loads((data / "demo_city_areas.geojson").read_text())["features"]
        self._grids = json.loads((data / "demo_city_grids.geojson").read_text())["features"]

    def features(self, level: int) -> list[dict[str, Any]]:
        if level == areas_pb2.AREA_LEVEL_GRID:
            return list(self._grids)
        name = areas_pb2.AreaLevel.Name(areas_pb2.AreaLevel.ValueType(level)).removeprefix("AREA_LEVEL_").lower()
        return [feature for feature in self._areas if feature["properties"]["level"] == name]

    async def ListAreas(self, request: areas_pb2.ListAreasRequest, context: Context) -> areas_pb2.ListAreasResponse:
        self.asked.note(request)
        city = areas_pb2.Area(
            code=CITY, name="澜汀市", name_en="Lanting City", level=areas_pb2.AREA_LEVEL_CITY, path=CITY
        )
        if request.level == areas_pb2.AREA_LEVEL_CITY:
            return areas_pb2.ListAreasResponse(areas=[city])
        found = [
            areas_pb2.Area(
                code=feature["properties"]["code"],
                name=feature["properties"]["name"],
                name_en=feature["properties"].get("name_en", ""),
                level=areas_pb2.AreaLevel.ValueType(request.level),
                parent_code=feature["properties"].get("district_code", CITY),
            )
            for feature in self.features(request.level)
        ]
        return areas_pb2.ListAreasResponse(areas=found)

    async def GetArea(self, request: areas_pb2.GetAreaRequest, context: Context) -> areas_pb2.GetAreaResponse:
        self.asked.note(request)
        for level in (areas_pb2.AREA_LEVEL_GRID, areas_pb2.AREA_LEVEL_COMMUNITY, areas_pb2.AREA_LEVEL_SUBDISTRICT):
            for feature in self.features(level):
                if feature["properties"]["code"] == request.code:
                    area = areas_pb2.Area(code=request.code, name=feature["properties"]["name"], level=level)
                    return areas_pb2.GetAreaResponse(area=area)
        raise AreaUnknown


class FakeChanges(changes_pb2_grpc.AreaChangesServiceServicer):
    """Their layers."""

    def __init__(self, areas: FakeAreas) -> None:
        self.areas = areas

    async def GetMapLayer(
        self, request: changes_pb2.GetMapLayerRequest, context: Context
    ) -> changes_pb2.GetMapLayerResponse:
        self.areas.asked.note(request)
        layer = {"type": "FeatureCollection", "features": self.areas.features(request.level)}
        text = json.dumps(layer, ensure_ascii=False).encode()
        return changes_pb2.GetMapLayerResponse(
            geojson_gzip=gzip.compress(text), version=self.areas.version, etag=f"v{self.areas.version}"
        )


class FakeStaff(staff_pb2_grpc.StaffServiceServicer):
    """Grants by staff code; a test may change them."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.grants: dict[str, list[staff_pb2.Grant]] = {}

    async def ListGrants(self, request: staff_pb2.ListGrantsRequest, context: Context) -> staff_pb2.ListGrantsResponse:
        self.asked.note(request)
        return staff_pb2.ListGrantsResponse(grants=self.grants.get(request.staff_code, []))

    async def ListDepartments(
        self, request: staff_pb2.ListDepartmentsRequest, context: Context
    ) -> staff_pb2.ListDepartmentsResponse:
        self.asked.note(request)
        return staff_pb2.ListDepartmentsResponse(
            departments=[
                staff_pb2.Department(code="D06", name="城市管理局", name_en="Urban Management Bureau"),
                staff_pb2.Department(code="D09", name="市政公用服务中心", name_en="Municipal Works Centre"),
            ],
            owner_units=[
                staff_pb2.OwnerUnit(code="U01", name="供水公司", name_en="Water company", department_code="D11")
            ],
        )

    async def FindOnDuty(self, request: staff_pb2.FindOnDutyRequest, context: Context) -> staff_pb2.FindOnDutyResponse:
        self.asked.note(request)
        post = staff_pb2.Post(
            code="GW-02001001001", role=request.role, title="松风社区第1网格网格员", title_en="Grid worker"
        )
        return staff_pb2.FindOnDutyResponse(on_duty=[staff_pb2.OnDuty(post=post, staff_code="staff:GW-02001001001")])

    async def ListPosts(self, request: staff_pb2.ListPostsRequest, context: Context) -> staff_pb2.ListPostsResponse:
        self.asked.note(request)
        post = staff_pb2.Post(
            code="GW-02001001001", role="grid_worker", title="松风社区第1网格网格员", title_en="Grid worker",
            area_code="999102001001001", staff_code="staff:GW-02001001001",
        )  # fmt: skip
        return staff_pb2.ListPostsResponse(posts=[post])

    async def SetShift(self, request: staff_pb2.SetShiftRequest, context: Context) -> staff_pb2.SetShiftResponse:
        self.asked.note(request)
        return staff_pb2.SetShiftResponse(post=staff_pb2.Post(code=request.post_code))


class FakeTasks(tasks_pb2_grpc.TasksServiceServicer):
    """Two task types."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    async def ListTaskTypes(
        self, request: tasks_pb2.ListTaskTypesRequest, context: Context
    ) -> tasks_pb2.ListTaskTypesResponse:
        self.asked.note(request)
        limit = tasks_pb2.Limit(value=8, unit=tasks_pb2.LIMIT_UNIT_WORK_HOUR)
        conditions = [
            tasks_pb2.FilingCondition(code="missing", title="井盖缺失", title_en="Cover is missing", limit=limit),
            tasks_pb2.FilingCondition(code="broken", title="井盖破损", title_en="Cover is broken", limit=limit),
        ]
        kinds = [
            ("manhole_cover_missing", "井盖缺失破损", "Manhole cover", "D09", "C0102", COVER_FORM),
            ("exposed_garbage", "暴露垃圾", "Litter", "D06", "E0110", ""),
            ("elderly_visit", "独居老人走访", "Visit", "D02", "S0202", ""),
        ]
        return tasks_pb2.ListTaskTypesResponse(
            task_types=[
                tasks_pb2.TaskType(
                    code=code,
                    version=1,
                    title=title,
                    title_en=title_en,
                    department_code=department,
                    filing_conditions=conditions,
                    category_code=category,
                    form_schema=schema,
                    admission=tasks_pb2.ADMISSION_STATE_ADMITTED,
                )
                for code, title, title_en, department, category, schema in kinds
            ]
        )


def _may_see(caller: Caller, case: cases_pb2.Case) -> bool:
    """Somebody known by telephone sees what is their own; of everybody else the tests are told elsewhere."""
    return not caller.subject.startswith("resident:phone-") or caller.subject == case.reporter


def _fits(whole: incidents_pb2.GetCaseResponse, request: incidents_pb2.ListCasesRequest) -> bool:
    case, moment = whole.case, whole.case.reported_at.ToNanoseconds()
    return (
        request.text in case.description
        and request.task_type in {"", case.task_type}
        and (not request.states or case.state in request.states)
        and not (request.open_only and case.state in ENDED)
        and all(_lies_in(case.point, ring) for ring in request.within)
        and not (request.HasField("reported_from") and moment < request.reported_from.ToNanoseconds())
        and not (request.HasField("reported_until") and moment >= request.reported_until.ToNanoseconds())
    )


def _lies_in(point: place_pb2.Point, ring: str) -> bool:
    corners = [tuple(float(degrees) for degrees in corner.split(",")) for corner in ring.split(";")]
    return bool(shapely.intersects_xy(shapely.Polygon(corners), point.longitude_deg, point.latitude_deg))


class FakeIncidents(incidents_pb2_grpc.IncidentsServiceServicer):
    """Cases kept in memory."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.cases: dict[str, incidents_pb2.GetCaseResponse] = {}
        self.summary = {
            "999102001001001": incidents_pb2.AreaSummary(area_code="999102001001001", green_count=2, red_count=1)
        }

    def put(self, *cases: cases_pb2.Case) -> None:
        for case in cases:
            self.cases[case.id] = incidents_pb2.GetCaseResponse(case=case)

    async def GetCase(self, request: incidents_pb2.GetCaseRequest, context: Context) -> incidents_pb2.GetCaseResponse:
        self.asked.note(request)
        for whole in self.cases.values():
            if request.case_id in {whole.case.id, whole.case.number} and _may_see(current_caller(), whole.case):
                return whole
        raise CaseUnknown

    async def ListCases(
        self, request: incidents_pb2.ListCasesRequest, context: Context
    ) -> incidents_pb2.ListCasesResponse:
        self.asked.note(request)
        return incidents_pb2.ListCasesResponse(
            cases=[case.case for case in self.cases.values() if _fits(case, request)]
        )

    async def SummarizeAreas(
        self, request: incidents_pb2.SummarizeAreasRequest, context: Context
    ) -> incidents_pb2.SummarizeAreasResponse:
        self.asked.note(request)
        return incidents_pb2.SummarizeAreasResponse(areas=self.summary.values())

    async def ReportIncident(
        self, request: incidents_pb2.ReportIncidentRequest, context: Context
    ) -> incidents_pb2.ReportIncidentResponse:
        self.asked.note(request)
        case = a_case(len(self.cases) + 1, description=request.report.description)
        case.evidence.extend(request.report.evidence)
        self.put(case)
        return incidents_pb2.ReportIncidentResponse(case=case)

    async def BatchReport(
        self, request: incidents_pb2.BatchReportRequest, context: Context
    ) -> incidents_pb2.BatchReportResponse:
        self.asked.note(request)
        return incidents_pb2.BatchReportResponse(
            results=[incidents_pb2.BatchReportResult(case=a_case(1)) for _ in request.reports]
        )

    async def PreviewRoute(
        self, request: incidents_pb2.PreviewRouteRequest, context: Context
    ) -> incidents_pb2.PreviewRouteResponse:
        self.asked.note(request)
        grid = areas_pb2.Area(code="999102001001001", name="松风社区第1网格", level=areas_pb2.AREA_LEVEL_GRID)
        return incidents_pb2.PreviewRouteResponse(
            areas=[grid],
            duplicates=[
                incidents_pb2.DuplicateCandidate(case_id="x", number="9991-20260306-00001", score=0.82, distance_m=23)
            ],
            task_type="manhole_cover_missing",
            route=a_route(),
            deadline_at=stamp(datetime.now(UTC) + timedelta(days=1)),
        )

    async def AdvanceCase(
        self, request: incidents_pb2.AdvanceCaseRequest, context: Context
    ) -> incidents_pb2.AdvanceCaseResponse:
        self.asked.note(request)
        whole = self.cases.get(request.case_id)
        if whole is None:
            raise CaseUnknown
        if request.version != whole.case.version:
            raise Stale(cases_pb2.StaleCase(case=whole.case, legal_steps=whole.legal_steps))
        whole.case.version += 1
        return incidents_pb2.AdvanceCaseResponse(case=whole.case)


class FakeDuplicates(duplicates_pb2_grpc.DuplicatesServiceServicer):
    """One case like any other, twenty-three metres away."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.relations = duplicates_pb2.GetRelationsResponse()
        case = a_case(1)
        self.glimpse = duplicates_pb2.CaseGlimpse(
            case_id=case.id, number=case.number, task_type=case.task_type, task_type_title=case.task_type_title,
            task_type_title_en=case.task_type_title_en, state=case.state, reported_at=case.reported_at,
            follower_count=2,
        )  # fmt: skip

    async def FindDuplicates(
        self, request: duplicates_pb2.FindDuplicatesRequest, context: Context
    ) -> duplicates_pb2.FindDuplicatesResponse:
        self.asked.note(request)
        like = duplicates_pb2.LikeCase(case=self.glimpse, score=0.82, distance_m=23, same_kind=True)
        return duplicates_pb2.FindDuplicatesResponse(cases=[like])

    async def FollowCase(
        self, request: duplicates_pb2.FollowCaseRequest, context: Context
    ) -> duplicates_pb2.FollowCaseResponse:
        self.asked.note(request)
        return duplicates_pb2.FollowCaseResponse(case=self.glimpse)

    async def GetRelations(
        self, request: duplicates_pb2.GetRelationsRequest, context: Context
    ) -> duplicates_pb2.GetRelationsResponse:
        self.asked.note(request)
        return self.relations

    async def MergeCases(
        self, request: duplicates_pb2.MergeCasesRequest, context: Context
    ) -> duplicates_pb2.MergeCasesResponse:
        self.asked.note(request)
        return duplicates_pb2.MergeCasesResponse(master=self.glimpse)

    async def ListFollowed(
        self, request: duplicates_pb2.ListFollowedRequest, context: Context
    ) -> duplicates_pb2.ListFollowedResponse:
        self.asked.note(request)
        return duplicates_pb2.ListFollowedResponse(cases=[self.glimpse])


class FakeCourse(course_pb2_grpc.CourseServiceServicer):
    """Cases within cases."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.children: dict[str, list[cases_pb2.Case]] = {}

    async def ListChildren(
        self, request: course_pb2.ListChildrenRequest, context: Context
    ) -> course_pb2.ListChildrenResponse:
        self.asked.note(request)
        return course_pb2.ListChildrenResponse(cases=self.children.get(request.case_id, []))


class FakeTeams(teams_pb2_grpc.TeamsServiceServicer):
    """A notice board."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    async def ListVacancies(
        self, request: teams_pb2.ListVacanciesRequest, context: Context
    ) -> teams_pb2.ListVacanciesResponse:
        self.asked.note(request)
        return teams_pb2.ListVacanciesResponse()

    async def GetBoard(self, request: teams_pb2.GetBoardRequest, context: Context) -> teams_pb2.GetBoardResponse:
        self.asked.note(request)
        contacts = [
            teams_pb2.Contact(role="grid_worker", title="松风社区第1网格网格员", duty_phone="0411-5550101"),
            teams_pb2.Contact(role="grid_security_officer", title="松风社区第1网格治安员", vacant=True),
        ]
        return teams_pb2.GetBoardResponse(name="松风社区第1网格", name_en="Songfeng, grid 1", contacts=contacts)


class FakeNotices(notices_pb2_grpc.NoticesServiceServicer):
    """Nobody was told anything."""

    async def ListMyNotices(
        self, request: notices_pb2.ListMyNoticesRequest, context: Any
    ) -> notices_pb2.ListMyNoticesResponse:
        return notices_pb2.ListMyNoticesResponse()


class FakeEvents(events_pb2_grpc.EventsServiceServicer):
    """A stream that a test can feed."""

    def __init__(self) -> None:
        self.events: list[events_pb2.Event] = []
        self.cut = 0
        self._more = asyncio.Condition()

    async def tell(self, *cases: cases_pb2.Case) -> None:
        async with self._more:
            for case in cases:
                event = events_pb2.Event(
                    id=str(uuid7()),
                    position=len(self.events) + 1,
                    type="incident_reported",
                    subject=case.id,
                    occurred_at=stamp(datetime.now(UTC)),
                    service="incidents",
                )
                event.payload.Pack(cases_pb2.IncidentReported(case=case))
                self.events.append(event)
            self._more.notify_all()

    async def Ack(self, request: events_pb2.AckRequest, context: Context) -> events_pb2.AckResponse:
        return events_pb2.AckResponse()

    async def WatchBatches(
        self, request: events_pb2.WatchBatchesRequest, context: Context
    ) -> AsyncIterator[events_pb2.WatchBatchesResponse]:
        position, cut = request.after, self.cut
        while True:
            async with self._more:
                await self._more.wait_for(lambda at=position: len(self.events) > at)
            if cut != self.cut:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "cut by the test")
            fresh = self.events[position:][:500]
            position = fresh[-1].position
            chosen = [event for event in fresh if not request.types or event.type in request.types]
            yield events_pb2.WatchBatchesResponse(events=chosen, position=position)


class FakeSuite:
    """registry and incidents, each behind the platform's own guard."""

    def __init__(self, tokens: TestTokens, data: Path) -> None:
        self.tokens = tokens
        self.asked = Asked()
        self.areas = FakeAreas(self.asked, data)
        self.staff = FakeStaff(self.asked)
        self.tasks = FakeTasks(self.asked)
        self.incidents = FakeIncidents(self.asked)
        self.duplicates = FakeDuplicates(self.asked)
        self.replay = FakeReplay(self.asked.note)
        self.course = FakeCourse(self.asked)
        self.teams = FakeTeams(self.asked)
        self.events = FakeEvents()
        self._processes: list[Process] = []

    async def start(self) -> dict[str, str]:
        registry = [
            Offer(
                descriptor=areas_pb2.DESCRIPTOR.services_by_name["AreasService"],
                add=lambda server: areas_pb2_grpc.add_AreasServiceServicer_to_server(self.areas, server),
            ),
            Offer(
                descriptor=changes_pb2.DESCRIPTOR.services_by_name["AreaChangesService"],
                add=lambda server: changes_pb2_grpc.add_AreaChangesServiceServicer_to_server(
                    FakeChanges(self.areas), server
                ),
            ),
            Offer(
                descriptor=staff_pb2.DESCRIPTOR.services_by_name["StaffService"],
                add=lambda server: staff_pb2_grpc.add_StaffServiceServicer_to_server(self.staff, server),
            ),
            Offer(
                descriptor=teams_pb2.DESCRIPTOR.services_by_name["TeamsService"],
                add=lambda server: teams_pb2_grpc.add_TeamsServiceServicer_to_server(self.teams, server),
            ),
            Offer(
                descriptor=tasks_pb2.DESCRIPTOR.services_by_name["TasksService"],
                add=lambda server: tasks_pb2_grpc.add_TasksServiceServicer_to_server(self.tasks, server),
            ),
        ]
        incidents = [
            Offer(
                descriptor=incidents_pb2.DESCRIPTOR.services_by_name["IncidentsService"],
                add=lambda server: incidents_pb2_grpc.add_IncidentsServiceServicer_to_server(self.incidents, server),
            ),
            Offer(
                descriptor=duplicates_pb2.DESCRIPTOR.services_by_name["DuplicatesService"],
                add=lambda server: duplicates_pb2_grpc.add_DuplicatesServiceServicer_to_server(self.duplicates, server),
            ),
            Offer(
                descriptor=replay_pb2.DESCRIPTOR.services_by_name["ReplayService"],
                add=lambda server: replay_pb2_grpc.add_ReplayServiceServicer_to_server(self.replay, server),
            ),
            Offer(
                descriptor=course_pb2.DESCRIPTOR.services_by_name["CourseService"],
                add=lambda server: course_pb2_grpc.add_CourseServiceServicer_to_server(self.course, server),
            ),
            Offer(
                descriptor=notices_pb2.DESCRIPTOR.services_by_name["NoticesService"],
                add=lambda server: notices_pb2_grpc.add_NoticesServiceServicer_to_server(
                    FakeNotices(),  # type: ignore[abstract]
                    server,
                ),
            ),
            Offer(
                descriptor=events_pb2.DESCRIPTOR.services_by_name["EventsService"],
                add=lambda server: events_pb2_grpc.add_EventsServiceServicer_to_server(self.events, server),
            ),
        ]
        return {
            "registry_address": await self._serve("registry", registry),
            "incidents_address": await self._serve("incidents", incidents),
        }

    async def _serve(self, name: str, offers: list[Offer]) -> str:
        settings = ServiceSettings(
            listen="127.0.0.1:0",
            trust_file=self.tokens.trust_file,
            signing_key_file=self.tokens.key_file(name),
            drain_s=0.2,
        )
        process = Process(name=name, settings=settings, offers=offers)
        self._processes.append(process)
        return f"127.0.0.1:{await process.start()}"

    async def stop(self) -> None:
        for process in self._processes:
            await process.stop()

    def hire(self, subject: str, role: str, area_path: str = CITY, department: str = "") -> None:
        """Put somebody on a post."""
        grant = staff_pb2.Grant(role=role, area_path=area_path, department_code=department, post_code=subject)
        self.staff.grants[subject] = [grant]

    def dismiss(self, subject: str) -> None:
        """Take all posts away."""
        self.staff.grants.pop(subject, None)


def a_route() -> cases_pb2.Route:
    return cases_pb2.Route(
        department_code="D09",
        department_name="市政公用服务中心",
        department_name_en="Municipal Works Centre",
        worker_post="GW-02001001001",
        worker="staff:GW-02001001001",
        loop_level=1,
        rules=[
            cases_pb2.RouteRule(
                rule="task_type_department",
                matched=True,
                why="事项“井盖缺失破损”由市政公用服务中心负责",
                why_en="Manhole covers are the Municipal Works Centre's",
            ),
            cases_pb2.RouteRule(rule="desk", matched=False, why="已有责任部门", why_en="A department was found"),
        ],
    )


def a_case(number: int, *, description: str = "路中间的井盖不见了", **changes: Any) -> cases_pb2.Case:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "id": f"0199aa00-0000-7000-8000-{number:012d}",
        "number": f"9991-20260306-{number:05d}",
        "version": 1,
        "state": cases_pb2.CASE_STATE_REPORTED,
        "signal": cases_pb2.SIGNAL_GREEN,
        "task_type": "manhole_cover_missing",
        "task_type_version": 1,
        "task_type_title": "井盖缺失破损",
        "task_type_title_en": "Manhole cover",
        "description": description,
        "place": "松风路口东侧",
        "point": place_pb2.Point(longitude_deg=119.8133967, latitude_deg=38.5903833, accuracy_m=6),
        "grid_code": "999102001001001",
        "grid_name": "松风社区第1网格",
        "area_path": f"{CITY}.999102.999102001.999102001001.999102001001001",
        "department_code": "D09",
        "source": cases_pb2.SOURCE_RESIDENT,
        "reporter": "resident:r1",
        "loop_level": 1,
        "reported_at": stamp(now - timedelta(minutes=5 * number)),
        "deadline_at": stamp(now + timedelta(hours=6)),
        "limit": tasks_pb2.Limit(value=8, unit=tasks_pb2.LIMIT_UNIT_WORK_HOUR),
        "route": a_route(),
    }
    return cases_pb2.Case(**{**values, **changes})
