"""Answers calls about assessment."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import assessment_pb2, assessment_pb2_grpc

from services.incidents.assessment.actions import Assessing
from services.incidents.assessment.domain import Finding, Kind, Mention, Standing
from services.incidents.assessment.messages import (
    KIND_OF,
    finding_message,
    finding_of,
    grid_marks_of,
    names_of,
    standing_message,
    worker_marks_of,
    year_message,
)
from services.incidents.cityview.city import City
from services.incidents.messages.incoming import point_of
from services.incidents.messages.moments import stamp
from services.platform.clock import Clock
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class AssessmentServicer(assessment_pb2_grpc.AssessmentServiceServicer):
    """See assessment.proto."""

    def __init__(self, city: City, assessing: Assessing, *, clock: Clock) -> None:
        self._city = city
        self._assessing = assessing
        self._clock = clock

    async def MarkGrids(
        self, request: assessment_pb2.MarkGridsRequest, context: Context
    ) -> assessment_pb2.MarkGridsResponse:
        """See assessment.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(count: int) -> assessment_pb2.MarkGridsResponse:
            return assessment_pb2.MarkGridsResponse(mark_count=count)

        marks = grid_marks_of(request.marks)
        told = await self._assessing.mark_grids(key, request.period, marks, caller, answer)
        return assessment_pb2.MarkGridsResponse.FromString(told)

    async def MarkWorkers(
        self, request: assessment_pb2.MarkWorkersRequest, context: Context
    ) -> assessment_pb2.MarkWorkersResponse:
        """See assessment.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(count: int) -> assessment_pb2.MarkWorkersResponse:
            return assessment_pb2.MarkWorkersResponse(mark_count=count)

        marks = worker_marks_of(request.marks)
        told = await self._assessing.mark_workers(key, request.period, marks, caller, answer)
        return assessment_pb2.MarkWorkersResponse.FromString(told)

    async def RecordFinding(
        self, request: assessment_pb2.RecordFindingRequest, context: Context
    ) -> assessment_pb2.RecordFindingResponse:
        """See assessment.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(finding: Finding) -> assessment_pb2.RecordFindingResponse:
            return assessment_pb2.RecordFindingResponse(finding=finding_message(finding))

        finding = finding_of(request, self._clock)
        told = await self._assessing.record_finding(key, finding, point_of(request.point), caller, answer)
        return assessment_pb2.RecordFindingResponse.FromString(told)

    async def ForgiveFinding(
        self, request: assessment_pb2.ForgiveFindingRequest, context: Context
    ) -> assessment_pb2.ForgiveFindingResponse:
        """See assessment.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(finding: Finding) -> assessment_pb2.ForgiveFindingResponse:
            return assessment_pb2.ForgiveFindingResponse(finding=finding_message(finding))

        told = await self._assessing.forgive(key, request.finding_id, request.reason, caller, answer)
        return assessment_pb2.ForgiveFindingResponse.FromString(told)

    async def ListFindings(
        self, request: assessment_pb2.ListFindingsRequest, context: Context
    ) -> assessment_pb2.ListFindingsResponse:
        """See assessment.proto."""
        found = await self._assessing.findings(request.period, request.area_code, current_caller())
        return assessment_pb2.ListFindingsResponse(findings=[finding_message(finding) for finding in found])

    async def GetStandings(
        self, request: assessment_pb2.GetStandingsRequest, context: Context
    ) -> assessment_pb2.GetStandingsResponse:
        """See assessment.proto."""
        kind = KIND_OF[request.kind]
        edition = request.edition if request.HasField("edition") else None
        standings, shown, newest = await self._assessing.standings(
            kind, request.period, request.area_code, edition, current_caller()
        )
        return assessment_pb2.GetStandingsResponse(
            standings=self._lines(kind, standings),
            edition=shown.edition if shown else 0,
            newest_edition=newest,
            published_at=stamp(shown.published_at if shown else None),
            published_by=shown.published_by if shown else "",
        )

    async def PublishStandings(
        self, request: assessment_pb2.PublishStandingsRequest, context: Context
    ) -> assessment_pb2.PublishStandingsResponse:
        """See assessment.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        kind = KIND_OF[request.kind]

        def answer(edition: int, unchanged: bool, lines: list[Standing]) -> assessment_pb2.PublishStandingsResponse:
            return assessment_pb2.PublishStandingsResponse(
                edition=edition,
                unchanged=unchanged,
                commended=self._lines(kind, [line for line in lines if line.mention is Mention.COMMENDED]),
                criticised=self._lines(kind, [line for line in lines if line.mention is Mention.CRITICISED]),
            )

        month = (kind, request.period, request.area_code)
        told = await self._assessing.publish(key, month, caller, answer)
        return assessment_pb2.PublishStandingsResponse.FromString(told)

    async def GetYear(self, request: assessment_pb2.GetYearRequest, context: Context) -> assessment_pb2.GetYearResponse:
        """See assessment.proto."""
        kind = KIND_OF[request.kind]
        years = await self._assessing.year(kind, request.year, request.area_code, current_caller())
        scores = [year.score for year in years]
        return assessment_pb2.GetYearResponse(
            standings=[
                year_message(
                    year,
                    names_of(self._city.view, kind, year.code),
                    scores.index(year.score) + 1 if year.score is not None else 0,
                )
                for year in years
            ]
        )

    def _lines(self, kind: Kind, standings: list[Standing]) -> list[assessment_pb2.Standing]:
        return [standing_message(each, names_of(self._city.view, kind, each.code)) for each in standings]
