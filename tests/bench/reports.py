"""Reports and whole lives of cases, as callers of the gRPC service send them."""

from __future__ import annotations

import random
from uuid import uuid4

import shapely
from google.protobuf.any_pb2 import Any as PackedMessage
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc

from services.demo import city
from services.platform.errors import Stale
from services.platform.identity import Caller, Grant

ROOT = "999100"
REPORTER = Caller(subject="staff:bench-reporter", grants=(Grant(role="grid_worker", area_path=ROOT),))
CENTRE = Caller(
    subject="staff:bench-centre",
    grants=(Grant(role="duty_chief", area_path=ROOT), Grant(role="grid_worker", area_path=ROOT)),
)
DEPARTMENT = Caller(
    subject="staff:bench-department",
    grants=(
        Grant(role="department_specialist", area_path=ROOT, department_code="D07"),
        Grant(role="handler", area_path=ROOT, department_code="D07"),
    ),
)
TASK_TYPE = "exposed_garbage"


def evidence(kind: int) -> place_pb2.Evidence:
    return place_pb2.Evidence(
        object_key=f"bench/{uuid4().hex}.webp", sha256="0" * 64, content_type="image/webp", kind=kind, size_bytes=1000
    )


def points(count: int, seed: int) -> list[tuple[float, float]]:
    """Random points inside the city."""
    chance = random.Random(seed)
    outline = shapely.union_all(
        [
            shapely.geometry.shape(f["geometry"])
            for f in city.area_collection()["features"]
            if f["properties"]["level"] == "district"
        ]
    )
    west, south, east, north = outline.bounds
    found: list[tuple[float, float]] = []
    while len(found) < count:
        candidates = [(chance.uniform(west, east), chance.uniform(south, north)) for _ in range(count)]
        inside = shapely.contains_xy(outline, candidates)
        found += [point for point, good in zip(candidates, inside, strict=True) if good]
    return found[:count]


class Reports:
    """Makes requests that are all different."""

    def __init__(self) -> None:
        self._points = points(20_000, seed=7)
        self._next = 0

    def request(self) -> incidents_pb2.ReportIncidentRequest:
        self._next += 1
        longitude, latitude = self._points[self._next % len(self._points)]
        report = cases_pb2.Report(
            task_type=TASK_TYPE,
            description=f"垃圾桶满溢,污水流到人行道 {self._next}",
            place="测试地点",
            point=place_pb2.Point(longitude_deg=longitude, latitude_deg=latitude),
            evidence=[evidence(place_pb2.EVIDENCE_KIND_SCENE)],
            source=cases_pb2.SOURCE_GRID_WORKER,
        )
        return incidents_pb2.ReportIncidentRequest(request_id=uuid4().hex, report=report)


class Lives:
    """Carries a case from report to its end in four calls: ten steps by three people, or four where one solves it at once."""

    def __init__(
        self,
        reporter: incidents_pb2_grpc.IncidentsServiceAsyncStub,
        centre: incidents_pb2_grpc.IncidentsServiceAsyncStub,
        department: incidents_pb2_grpc.IncidentsServiceAsyncStub,
        reports: Reports,
    ) -> None:
        self._reporter = reporter
        self._centre = centre
        self._department = department
        self._reports = reports

    async def live(self, _: int) -> None:
        case = (await self._reporter.ReportIncident(self._reports.request(), timeout=30)).case
        step, event = cases_pb2.Step, cases_pb2.CaseEvent
        case = await self._advance(
            self._centre, case, step(event=event.CASE_EVENT_ACCEPT), step(event=event.CASE_EVENT_REGISTER, filing_condition="garbage"),
            step(event=event.CASE_EVENT_DISPATCH),
        )  # fmt: skip
        after = evidence(place_pb2.EVIDENCE_KIND_AFTER)
        case = await self._advance(
            self._department, case, step(event=event.CASE_EVENT_SIGN),
            step(event=event.CASE_EVENT_DISPOSE, opinion="已清理", evidence=[after]), step(event=event.CASE_EVENT_FEEDBACK, opinion="属实"),
        )  # fmt: skip
        seen = evidence(place_pb2.EVIDENCE_KIND_CHECK)
        await self._advance(
            self._centre, case, step(event=event.CASE_EVENT_SEND_CHECK, assignee=CENTRE.subject),
            step(event=event.CASE_EVENT_CHECK_PASS, opinion="已恢复", evidence=[seen]), step(event=event.CASE_EVENT_CLOSE, opinion="结案"),
        )  # fmt: skip

    async def live_on_the_spot(self, _: int) -> None:
        """Reported, solved by whoever found it, closed by the centre, rated: one step a call."""
        case = (await self._reporter.ReportIncident(self._reports.request(), timeout=30)).case
        step, event = cases_pb2.Step, cases_pb2.CaseEvent
        shown = [evidence(kind) for kind in (place_pb2.EVIDENCE_KIND_BEFORE, place_pb2.EVIDENCE_KIND_AFTER)]
        case = await self._advance(self._reporter, case, step(event=event.CASE_EVENT_SELF_DISPOSE, evidence=shown))
        case = await self._advance(self._centre, case, step(event=event.CASE_EVENT_CLOSE, opinion="结案"))
        await self._advance(self._reporter, case, step(event=event.CASE_EVENT_RATE, rating=5))

    @staticmethod
    async def _advance(
        stub: incidents_pb2_grpc.IncidentsServiceAsyncStub, case: cases_pb2.Case, *steps: cases_pb2.Step
    ) -> cases_pb2.Case:
        """As people do: whoever finds that a department noted something meanwhile looks, and takes the step then."""
        while True:
            request = incidents_pb2.AdvanceCaseRequest(
                request_id=uuid4().hex, case_id=case.id, version=case.version, steps=steps
            )
            try:
                return (await stub.AdvanceCase(request, timeout=30)).case
            except Stale as stale:
                case = _fresh(stale)


def _fresh(stale: Stale) -> cases_pb2.Case:
    told = cases_pb2.StaleCase()
    assert isinstance(stale.fresh, PackedMessage)
    assert stale.fresh.Unpack(told)
    return told.case
