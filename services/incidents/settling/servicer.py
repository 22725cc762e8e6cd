"""Answers calls about calendars and procedures."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import settling_pb2, settling_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.domain.procedure import Procedure
from services.incidents.settling.actions import Settling
from services.incidents.settling.messages import (
    calendar_message,
    calendar_of,
    procedure_message,
    procedure_of,
    year_messages,
)
from services.incidents.settling.store import Settled
from services.platform.clock import Clock
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class SettlingServicer(settling_pb2_grpc.SettlingServiceServicer):
    """See settling.proto."""

    def __init__(self, city: City, settling: Settling, *, clock: Clock) -> None:
        self._city = city
        self._settling = settling
        self._clock = clock

    async def ListCalendars(
        self, request: settling_pb2.ListCalendarsRequest, context: Context
    ) -> settling_pb2.ListCalendarsResponse:
        """See settling.proto."""
        found = await self._settling.calendars()
        return settling_pb2.ListCalendarsResponse(calendars=[calendar_message(settled) for settled in found])

    async def GetCalendar(
        self, request: settling_pb2.GetCalendarRequest, context: Context
    ) -> settling_pb2.GetCalendarResponse:
        """See settling.proto."""
        settled = await self._settling.calendar(request.area_code, request.version)
        answer = settling_pb2.GetCalendarResponse(calendar=calendar_message(settled))
        if request.year:
            days = settled.calendar.work_calendar().special_days(request.year)
            answer.year_days.extend(year_messages(days))
            answer.provisional = not days.official
        return answer

    async def PutCalendar(
        self, request: settling_pb2.PutCalendarRequest, context: Context
    ) -> settling_pb2.PutCalendarResponse:
        """See settling.proto."""
        caller = current_caller()
        wanted = Settled(
            area_code=request.area_code,
            version=request.version,
            changed_at=self._clock.now(),
            changed_by=caller.subject,
            reason=request.reason,
            calendar=calendar_of(request.calendar, self._city.zone),
        )

        def answer(settled: Settled | None, count: int) -> settling_pb2.PutCalendarResponse:
            told = calendar_message(settled) if settled else None
            return settling_pb2.PutCalendarResponse(calendar=told, recounted_cases=count)

        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        return settling_pb2.PutCalendarResponse.FromString(
            await self._settling.put_calendar(key, wanted, answer=answer)
        )

    async def GetProcedure(
        self, request: settling_pb2.GetProcedureRequest, context: Context
    ) -> settling_pb2.GetProcedureResponse:
        """See settling.proto."""
        procedure, newest = await self._settling.procedure(request.task_type, request.version)
        return _procedure_told(procedure, newest)

    async def DeclareProcedure(
        self, request: settling_pb2.DeclareProcedureRequest, context: Context
    ) -> settling_pb2.DeclareProcedureResponse:
        """See settling.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(version: int) -> settling_pb2.DeclareProcedureResponse:
            return settling_pb2.DeclareProcedureResponse(version=version)

        told = await self._settling.declare(
            key,
            request.task_type,
            procedure_of(request.procedure),
            caller,
            seen=request.seen_version if request.HasField("seen_version") else None,
            answer=answer,
            fresh=lambda newest: _procedure_told(newest, newest.version if newest else 0),
        )
        return settling_pb2.DeclareProcedureResponse.FromString(told)


def _procedure_told(procedure: Procedure | None, newest: int) -> settling_pb2.GetProcedureResponse:
    return settling_pb2.GetProcedureResponse(
        procedure=procedure_message(procedure) if procedure else None,
        version=procedure.version if procedure else 0,
        newest_version=newest,
    )
