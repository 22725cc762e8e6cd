"""Answers calls: understands the request, has it done, says what came of it."""

import asyncio
from typing import Any

import grpc
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc

from services.incidents.actions.advance import Advancing, Wish
from services.incidents.actions.look import Looking, Wanted
from services.incidents.actions.report import Asked, Reporting
from services.incidents.cityview.city import City
from services.incidents.domain.case import Case
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.domain.rings import ring_of
from services.incidents.messages.incoming import moment_of, report_of, step_of
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import SIGNAL_OF, STATE_OF
from services.incidents.messages.outgoing import (
    case_message,
    duplicate_message,
    entry_message,
    leg_message,
    legal_step_message,
    route_message,
)
from services.platform import validation
from services.platform.clock import Clock
from services.platform.errors import GridwardError
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller, current_caller

Context = grpc.aio.ServicerContext[Any, Any]


class IncidentsServicer(incidents_pb2_grpc.IncidentsServiceServicer):
    """See incidents.proto."""

    def __init__(
        self, city: City, *, reporting: Reporting, advancing: Advancing, looking: Looking, clock: Clock
    ) -> None:
        self._city = city
        self._reporting = reporting
        self._advancing = advancing
        self._looking = looking
        self._clock = clock

    async def ReportIncident(
        self, request: incidents_pb2.ReportIncidentRequest, context: Context
    ) -> incidents_pb2.ReportIncidentResponse:
        """See incidents.proto."""
        return await self._report(request, current_caller())

    async def BatchReport(
        self, request: incidents_pb2.BatchReportRequest, context: Context
    ) -> incidents_pb2.BatchReportResponse:
        """See incidents.proto."""
        caller = current_caller()
        results = await asyncio.gather(*(self._result(report, caller) for report in request.reports))
        return incidents_pb2.BatchReportResponse(results=results)

    async def PreviewRoute(
        self, request: incidents_pb2.PreviewRouteRequest, context: Context
    ) -> incidents_pb2.PreviewRouteResponse:
        """See incidents.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id="")
        preview = await self._reporting.preview(asked_of(request.report, key, caller), caller)
        return incidents_pb2.PreviewRouteResponse(
            areas=self._city.view.area_messages(preview.location),
            task_type=preview.task_type.code,
            route=route_message(preview.route, self._city.view),
            deadline_at=stamp(preview.deadline_at),
            suggested_task_types=preview.suggested,
            duplicates=[duplicate_message(match) for match in preview.duplicates],
        )

    async def GetCase(self, request: incidents_pb2.GetCaseRequest, context: Context) -> incidents_pb2.GetCaseResponse:
        """See incidents.proto."""
        whole = await self._looking.get(request.case_id, current_caller())
        message = case_message(
            whole.case,
            view=self._city.view,
            now=self._clock.now(),
            rules=self._city.rulebook.signal_rules,
            evidence=whole.evidence,
            route=whole.route,
            calendar=self._city.calendar_at(whole.case.area_path),
            procedure=self._city.procedure_of(whole.case),
        )
        return incidents_pb2.GetCaseResponse(
            case=message,
            history=[entry_message(entry) for entry in whole.history],
            legs=[leg_message(leg) for leg in whole.legs],
            legal_steps=[legal_step_message(step) for step in whole.legal_steps],
        )

    async def ListCases(
        self, request: incidents_pb2.ListCasesRequest, context: Context
    ) -> incidents_pb2.ListCasesResponse:
        """See incidents.proto."""
        cases, token = await self._looking.page(_wanted(request), current_caller())
        return incidents_pb2.ListCasesResponse(cases=[self._listed(case) for case in cases], next_page_token=token)

    async def AdvanceCase(
        self, request: incidents_pb2.AdvanceCaseRequest, context: Context
    ) -> incidents_pb2.AdvanceCaseResponse:
        """See incidents.proto."""
        caller = current_caller()
        wish = Wish(
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            case_name=request.case_id,
            version=request.version,
            steps=tuple(step_of(step) for step in request.steps),
        )
        return incidents_pb2.AdvanceCaseResponse.FromString(await self._advancing.advance(wish, caller))

    async def SummarizeAreas(
        self, request: incidents_pb2.SummarizeAreasRequest, context: Context
    ) -> incidents_pb2.SummarizeAreasResponse:
        """See incidents.proto."""
        lights = await self._looking.summarize(AreaLevel(request.level), request.under_code, current_caller())
        return incidents_pb2.SummarizeAreasResponse(
            areas=[
                incidents_pb2.AreaSummary(
                    area_code=code, green_count=area.green, yellow_count=area.yellow, red_count=area.red
                )
                for code, area in lights.items()
            ]
        )

    async def _report(
        self, request: incidents_pb2.ReportIncidentRequest, caller: Caller
    ) -> incidents_pb2.ReportIncidentResponse:
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._reporting.report(asked_of(request.report, key, caller), caller)
        return incidents_pb2.ReportIncidentResponse.FromString(answer)

    async def _result(
        self, request: incidents_pb2.ReportIncidentRequest, caller: Caller
    ) -> incidents_pb2.BatchReportResult:
        try:
            validation.check(request)  # the batch as a whole was let in with what may be wrong inside it
            answer = await self._report(request, caller)
        except GridwardError as error:
            return incidents_pb2.BatchReportResult(reason=error.reason, message=error.message)
        return incidents_pb2.BatchReportResult(case=answer.case)

    def _listed(self, case: Case) -> cases_pb2.Case:
        return case_message(
            case,
            view=self._city.view,
            now=self._clock.now(),
            rules=self._city.rulebook.signal_rules,
            calendar=self._city.calendar_at(case.area_path),
        )


def asked_of(report: cases_pb2.Report, key: RequestKey, caller: Caller) -> Asked:
    """A report as somebody brings it."""
    return Asked(
        key=key,
        report=report_of(report, caller),
        task_type=report.task_type,
        seen_at=moment_of(report.seen_at) if report.HasField("seen_at") else None,
        terminal_id=report.terminal_id,
    )


def _wanted(request: incidents_pb2.ListCasesRequest) -> Wanted:
    return Wanted(
        area_code=request.area_code,
        department_code=request.department_code,
        states=frozenset(STATE_OF[state] for state in request.states if state in STATE_OF),
        signals=frozenset(SIGNAL_OF[signal] for signal in request.signals if signal in SIGNAL_OF),
        text=request.text,
        reported_from=moment_of(request.reported_from) if request.HasField("reported_from") else None,
        reported_until=moment_of(request.reported_until) if request.HasField("reported_until") else None,
        closed_from=moment_of(request.closed_from) if request.HasField("closed_from") else None,
        task_type=request.task_type,
        mine=request.mine,
        open_only=request.open_only,
        for_interview=request.for_interview,
        within=tuple(ring_of(each) for each in request.within),
        page_size=request.page_size,
        page_token=request.page_token,
    )
