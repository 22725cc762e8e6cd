"""Reports in a row: in order, each answered, and a stream that broke off is simply sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from gridward.incidents.v1 import incidents_pb2, replay_pb2, replay_pb2_grpc

from services.incidents.replay import servicer
from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

Requests = list[incidents_pb2.ReportIncidentRequest]


def stub(hall: Hall, caller: Caller) -> replay_pb2_grpc.ReplayServiceAsyncStub:
    hall.stub(caller)
    return replay_pb2_grpc.ReplayServiceStub(hall.channels[repr(caller)])


async def sent(hall: Hall, requests: Requests, *, breaks_after: int | None = None) -> replay_pb2.ReplayReportsResponse:
    async def stream() -> AsyncIterator[replay_pb2.ReplayReportsRequest]:
        for number, request in enumerate(requests):
            if number == breaks_after:
                raise ConnectionError
            yield replay_pb2.ReplayReportsRequest(filing=request)

    return await stub(hall, hall.worker).ReplayReports(stream(), timeout=60)


def kept(count: int) -> Requests:
    return [town.report_request(description=f"第{number}件") for number in range(count)]


async def test_each_report_is_answered_in_order_and_numbers_rise_as_they_came(still: Hall) -> None:
    requests = kept(servicer.UNDER_WAY_MAX + 60)
    requests[3].report.task_type = "dragon_sighting"
    requests[5].request_id = ""
    requests[7].report.terminal_id = "terminal-7"
    answer = await sent(still, requests)
    assert [result.request_id for result in answer.results] == [request.request_id for request in requests]
    assert {number: result.reason for number, result in enumerate(answer.results) if result.reason} == {
        3: "TASK_TYPE_UNKNOWN",
        5: "FIELD_INVALID",
    }
    numbers = [result.case_number for result in answer.results if result.case_id]
    assert numbers == sorted(numbers)
    assert (answer.filed_count, answer.refused_count) == (len(requests) - 2, 2)
    assert still.terminals.asked == ["terminal-7"]


async def test_a_stream_that_broke_off_is_sent_again_and_nothing_is_there_twice(still: Hall) -> None:
    requests = kept(40)
    with pytest.raises(asyncio.CancelledError):
        await sent(still, requests, breaks_after=25)
    first = await sent(still, requests)
    again = await sent(still, requests)
    assert first == again
    assert first.filed_count == 40
    assert await still.count("incident") == 40


async def test_a_stream_without_end_is_refused_as_a_whole(still: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicer, "REPORTS_MAX", 5)
    with pytest.raises(errors.Invalid) as caught:
        await sent(still, kept(6))
    assert caught.value.reason == "REPLAY_TOO_LONG"
