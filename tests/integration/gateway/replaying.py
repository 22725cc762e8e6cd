"""A stand-in for the service that takes reports in a row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import Message
from gridward.incidents.v1 import incidents_pb2, replay_pb2, replay_pb2_grpc

from services.platform.identity import Caller, current_caller


class FakeReplay(replay_pb2_grpc.ReplayServiceServicer):
    """Files what has a description; a request id that was filed before gets the case it got then."""

    def __init__(self, note: Callable[[Message], None]) -> None:
        self._note = note
        self.filed: dict[str, incidents_pb2.ReportIncidentRequest] = {}
        self.caller: Caller | None = None

    async def ReplayReports(
        self, request_iterator: AsyncIterator[replay_pb2.ReplayReportsRequest], context: Any
    ) -> replay_pb2.ReplayReportsResponse:
        self.caller = current_caller()
        results = []
        async for each in request_iterator:
            filing = each.filing
            result = replay_pb2.ReplayResult(request_id=filing.request_id)
            if filing.report.task_type:
                result.reason, result.message = "TASK_TYPE_UNKNOWN", "There is no task type."
                result.details["code"] = filing.report.task_type
            elif not filing.report.description:
                result.reason, result.message, result.again = "UNAVAILABLE", "registry is away.", True
                result.details["part"] = "registry"
            else:
                self._note(filing)
                self.filed.setdefault(filing.request_id, filing)
                place = list(self.filed).index(filing.request_id) + 1
                result.case_id, result.case_number = f"case-{place}", f"9991-{place:05}"
            results.append(result)
        return replay_pb2.ReplayReportsResponse(results=results)
