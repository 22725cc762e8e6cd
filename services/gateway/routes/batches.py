"""Takes in reports in a row: what phones kept without a signal, and imports; each is answered by itself, in order."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, Final

from google.protobuf.message import Message
from gridward.incidents.v1 import incidents_pb2, replay_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import answers, contract, problems, transcode
from services.gateway.bodies import body_of
from services.gateway.domain import BodyNotJson
from services.gateway.gate import gate_of
from services.gateway.routes.calls import mark_origin
from services.gateway.visits import language_of
from services.gateway.words import Words, words_in
from services.platform.errors import GridwardError
from services.platform.identity import Caller

Json = dict[str, Any]

#: As many reports as one stream takes, of some eight hundred bytes each.
BYTES_MAX: Final = 16 * 1024 * 1024
TIMEOUT_S: Final = 120.0
LINES: Final = "application/x-ndjson"
_CALL: Final = contract.call_named(replay_pb2.DESCRIPTOR, "ReplayService", "ReplayReports")


async def replay(request: Request) -> Response:
    """File reports in their order, one JSON object a line, or a list of them; each has its own answer in the same form."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    by_line = request.headers.get("content-type", "").startswith(LINES)
    body = await body_of(request, bytes_max=BYTES_MAX)
    row = _Row(_lines(body) if by_line else _listed(body), visit.caller)
    answer = await gate.backends.send(_CALL, row.filings(), replay_pb2.ReplayReportsResponse, visit.caller, TIMEOUT_S)
    told = row.told(answer.results, words_in(language_of(request, visit)))
    if by_line:
        return Response(b"".join(answers.compact(each) + b"\n" for each in told), media_type=LINES)
    filed = sum("caseId" in each for each in told)
    return answers.json_answer({"results": told, "filedCount": filed, "refusedCount": len(told) - filed})


class _Row:
    """Reports on their way: what cannot be read is refused here, the rest is sent on; answers keep the order."""

    def __init__(self, items: Sequence[Callable[[], Json]], caller: Caller) -> None:
        self._items = items
        self._caller = caller
        self._refused: dict[int, tuple[str, GridwardError]] = {}

    async def filings(self) -> AsyncIterator[Message]:
        """Those that can be read."""
        for place, item in enumerate(self._items):
            values: Json = {}
            try:
                values = item()
                filing = incidents_pb2.ReportIncidentRequest()
                transcode.filled(filing, values)
            except GridwardError as error:
                self._refused[place] = (str(values.get("requestId", "")), error)
                continue
            mark_origin(filing, self._caller)
            yield replay_pb2.ReplayReportsRequest(filing=filing)

    def told(self, results: Sequence[replay_pb2.ReplayResult], words: Words) -> list[Json]:
        """What became of each, as it came."""
        left = iter(results)
        return [
            _refusal(*self._refused[place], words) if place in self._refused else _told(next(left), words)
            for place in range(len(self._items))
        ]


def _lines(body: bytes) -> list[Callable[[], Json]]:
    return [partial(transcode.parsed_object, line) for line in body.splitlines() if line.strip()]


def _listed(body: bytes) -> list[Callable[[], Json]]:
    """Fails with BODY_NOT_JSON."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyNotJson from error
    if not isinstance(values, list):
        raise BodyNotJson
    return [partial(transcode.parsed_object, answers.compact(each)) for each in values]


def _told(result: replay_pb2.ReplayResult, words: Words) -> Json:
    if result.case_id:
        return {"requestId": result.request_id, "caseId": result.case_id, "caseNumber": result.case_number}
    error = GridwardError.received(reason=result.reason, message=result.message, details=result.details)
    return _refusal(result.request_id, error, words) | ({"again": True} if result.again else {})


def _refusal(request_id: str, error: GridwardError, words: Words) -> Json:
    return {
        "requestId": request_id,
        "reason": error.reason,
        "message": problems.message_of(error, words),
        "details": dict(error.details),
    }


ROUTES = [Route("/v1/cases:replay", replay, methods=["POST"])]
