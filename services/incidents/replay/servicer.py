"""Takes reports in a row: many at once on their way to be stored, yet always in order, each with its own answer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final, TypeAlias

import grpc
from gridward.incidents.v1 import incidents_pb2, replay_pb2, replay_pb2_grpc

from services.incidents.actions.report import Asked, Reporting
from services.incidents.messages.incoming import moment_of, report_of
from services.incidents.replay.domain import REPORTS_MAX, ReplayTooLong
from services.platform import validation
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller, current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

#: So many reports of one stream are on their way at once; the stream is read no faster than they are stored.
UNDER_WAY_MAX: Final = 200


class ReplayServicer(replay_pb2_grpc.ReplayServiceServicer):
    """See replay.proto."""

    def __init__(self, reporting: Reporting) -> None:
        self._reporting = reporting

    async def ReplayReports(
        self, request_iterator: AsyncIterator[replay_pb2.ReplayReportsRequest], context: Context
    ) -> replay_pb2.ReplayReportsResponse:
        """See replay.proto."""
        caller = current_caller()
        results: list[replay_pb2.ReplayResult] = []
        under_way: deque[asyncio.Task[replay_pb2.ReplayResult]] = deque()
        try:
            async for item in request_iterator:
                request = item.filing
                if len(results) + len(under_way) >= REPORTS_MAX:
                    raise ReplayTooLong(most=REPORTS_MAX)
                # Whoever asks registry about a terminal may be overtaken while waiting; so nothing else is under way.
                most = 0 if request.report.terminal_id else UNDER_WAY_MAX - 1
                while len(under_way) > most:
                    results.append(await under_way.popleft())
                under_way.append(asyncio.create_task(self._result(request, caller)))
                if request.report.terminal_id:
                    results.append(await under_way.popleft())
            while under_way:
                results.append(await under_way.popleft())
        finally:
            for task in under_way:
                task.cancel()
        filed = sum(bool(result.case_id) for result in results)
        return replay_pb2.ReplayReportsResponse(results=results, filed_count=filed, refused_count=len(results) - filed)

    async def _result(self, request: incidents_pb2.ReportIncidentRequest, caller: Caller) -> replay_pb2.ReplayResult:
        result = replay_pb2.ReplayResult(request_id=request.request_id)
        try:
            validation.check(request)  # the interceptor sees the stream, not what is in it
            answer = await self._reporting.report(_asked(request, caller), caller)
        except GridwardError as error:
            result.reason, result.message = error.reason, error.message
            result.again = isinstance(error, Unavailable | Exhausted)
            result.details.update(error.details)
            return result
        case = incidents_pb2.ReportIncidentResponse.FromString(answer).case
        result.case_id, result.case_number = case.id, case.number
        return result


def _asked(request: incidents_pb2.ReportIncidentRequest, caller: Caller) -> Asked:
    report = request.report
    return Asked(
        key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
        report=report_of(report, caller),
        task_type=report.task_type,
        seen_at=moment_of(report.seen_at) if report.HasField("seen_at") else None,
        terminal_id=report.terminal_id,
    )
