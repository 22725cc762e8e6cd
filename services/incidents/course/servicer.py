"""Answers calls about the course of cases."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import cases_pb2, course_pb2, course_pb2_grpc, incidents_pb2

from services.incidents.actions.advance import Advancing, Wish
from services.incidents.actions.report import Reporting
from services.incidents.cityview.city import City
from services.incidents.course.explaining import Explaining
from services.incidents.course.linking import Link, Linking
from services.incidents.course.messages import explained_message, holding_message, row_message
from services.incidents.domain.case import Event
from services.incidents.domain.step import Step
from services.incidents.domain.table import TABLE
from services.incidents.messages.incoming import addressee_of
from services.incidents.messages.outgoing import case_message
from services.incidents.servicer import asked_of
from services.platform.clock import Clock
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

#: Added to the request id of the second half of a direct report.
TOLD = ":told"


class CourseServicer(course_pb2_grpc.CourseServiceServicer):
    """See course.proto."""

    def __init__(
        self,
        city: City,
        *,
        explaining: Explaining,
        linking: Linking,
        reporting: Reporting,
        advancing: Advancing,
        clock: Clock,
    ) -> None:
        self._city = city
        self._explaining = explaining
        self._linking = linking
        self._reporting = reporting
        self._advancing = advancing
        self._clock = clock

    async def ExplainDeadline(
        self, request: course_pb2.ExplainDeadlineRequest, context: Context
    ) -> course_pb2.ExplainDeadlineResponse:
        """See course.proto."""
        explained = await self._explaining.deadline(request.case_id, current_caller())
        return explained_message(explained, self._clock.now())

    async def TraceCase(self, request: course_pb2.TraceCaseRequest, context: Context) -> course_pb2.TraceCaseResponse:
        """See course.proto."""
        case, holdings = await self._explaining.trace(request.case_id, current_caller())
        return course_pb2.TraceCaseResponse(
            holdings=[holding_message(holding) for holding in holdings], answerable=case.dealings.answerable
        )

    async def DescribeWorkflow(
        self, request: course_pb2.DescribeWorkflowRequest, context: Context
    ) -> course_pb2.DescribeWorkflowResponse:
        """See course.proto."""
        return course_pb2.DescribeWorkflowResponse(rows=[row_message(row, self._city.rulebook) for row in TABLE])

    async def ReportDirect(
        self, request: course_pb2.ReportDirectRequest, context: Context
    ) -> course_pb2.ReportDirectResponse:
        """See course.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        filed = incidents_pb2.ReportIncidentResponse.FromString(
            await self._reporting.report(asked_of(request.report, key, caller), caller)
        )
        addressees = tuple(addressee_of(addressee) for addressee in request.addressees)
        told = Wish(
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id + TOLD),
            case_name=filed.case.id,
            version=filed.case.version,
            steps=(Step(event=Event.ADDRESS, opinion=request.report.description, addressees=addressees),),
        )
        answer = incidents_pb2.AdvanceCaseResponse.FromString(await self._advancing.advance(told, caller))
        return course_pb2.ReportDirectResponse(case=answer.case, duplicates=filed.duplicates)

    async def LinkChild(self, request: course_pb2.LinkChildRequest, context: Context) -> course_pb2.LinkChildResponse:
        """See course.proto."""
        caller = current_caller()
        link = Link(
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            parent=request.case_id,
            version=request.version,
            child=request.child,
            blocking=request.blocking,
            opinion=request.opinion,
        )
        return course_pb2.LinkChildResponse.FromString(await self._linking.link(link, caller))

    async def ListChildren(
        self, request: course_pb2.ListChildrenRequest, context: Context
    ) -> course_pb2.ListChildrenResponse:
        """See course.proto."""
        found = await self._explaining.children(request.case_id, current_caller())
        cases: list[cases_pb2.Case] = [
            case_message(
                case,
                view=self._city.view,
                now=self._clock.now(),
                rules=self._city.rulebook.signal_rules,
                calendar=self._city.calendar_at(case.area_path),
            )
            for case in found
        ]
        return course_pb2.ListChildrenResponse(cases=cases)
