"""What residents do without an account: report, join in a report, follow one by its number and their telephone, rate it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from google.protobuf.message import Message
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, duplicates_pb2, incidents_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import answers, pictures, transcode
from services.gateway.bodies import body_of
from services.gateway.contract import Call, call_named
from services.gateway.domain import BodyTooLarge, CaseNotYours, PhotoTooLarge
from services.gateway.gate import Gate, gate_of
from services.gateway.pacing import Pace
from services.gateway.residents import resident
from services.gateway.seals import PUBLIC
from services.gateway.visits import language_of, refuse_cross_site
from services.platform.errors import NotFound
from services.platform.identity import Caller

BYTES_MAX: Final = 64 * 1024
ANONYMOUS: Final = "resident:guest"
#: From one address: questions while a form is filled in, reports and pictures, and guesses at a number.
_questions = Pace(times=120, span_s=60.0)
_reports = Pace(times=20, span_s=600.0)
_pictures = Pace(times=60, span_s=600.0)
_guesses_from = Pace(times=30, span_s=600.0)
#: Guesses at one number, wherever they come from.
_guesses_at = Pace(times=8, span_s=600.0)

_REPORT = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "ReportIncident")
_PREVIEW = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "PreviewRoute")
_CASE = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "GetCase")
_ADVANCE = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "AdvanceCase")
_ALIKE = call_named(duplicates_pb2.DESCRIPTOR, "DuplicatesService", "FindDuplicates")
_FOLLOW = call_named(duplicates_pb2.DESCRIPTOR, "DuplicatesService", "FollowCase")

Json = dict[str, Any]


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _told(request: Request) -> Json:
    """What a page of ours sent."""
    refuse_cross_site(request)
    return transcode.parsed_object(await body_of(request, bytes_max=BYTES_MAX))


def _caller(request: Request, told: Mapping[str, Any]) -> Caller:
    """The resident with the telephone in what was sent; without one somebody unknown, another with each request."""
    phone, language = str(told.get("phone") or ""), language_of(request)
    if not phone:
        mark = sha256(str(told.get("requestId") or "").encode()).hexdigest()[:24]
        return resident(f"{ANONYMOUS}-{mark}", language=language)
    return gate_of(request).residents.by_phone(phone, language=language)


async def _asked(gate: Gate, call: Call, values: Json, caller: Caller) -> Any:
    return await gate.backends.call(call, transcode.filled(call.request(), values), caller=caller)


def _answer(message: Message, *, status: int = 200, **more: Any) -> Response:
    return answers.json_answer({**transcode.to_json(message), **more}, status=status)


async def photo(request: Request) -> Response:
    """Take in one picture; the evidence, and for an hour where to see it."""
    refuse_cross_site(request)
    _pictures.spend(_address(request))
    gate = gate_of(request)
    try:
        content = await body_of(request, bytes_max=pictures.BYTES_MAX)
    except BodyTooLarge as error:
        raise PhotoTooLarge(limit_mb=pictures.BYTES_MAX // 1024 // 1024) from error
    evidence = await gate.uploads.keep(content, kind=place_pb2.EVIDENCE_KIND_SCENE, by=ANONYMOUS)
    return _answer(evidence, status=201, lent=gate.seals.lend(evidence.object_key, now=gate.clock.now()))


async def preview(request: Request) -> Response:
    """Where a report would go, and what like it is known nearby."""
    told = await _told(request)
    _questions.spend(_address(request))
    gate, report = gate_of(request), dict(told.get("report") or {})
    caller = resident(ANONYMOUS, language=language_of(request))
    known = {name: report[name] for name in ("taskType", "description", "point") if name in report}
    route = await _asked(gate, _PREVIEW, {"report": {**known, "evidence": []}}, caller)
    alike = await _asked(gate, _ALIKE, known, caller)
    return _answer(route, alike=transcode.to_json(alike).get("cases", []))


async def report(request: Request) -> Response:
    """File a report; whoever leaves a telephone can follow it."""
    told = await _told(request)
    _reports.spend(_address(request))
    message = incidents_pb2.ReportIncidentRequest()
    transcode.filled(message, {"requestId": told.get("requestId"), "report": told.get("report") or {}})
    message.report.source = cases_pb2.SOURCE_RESIDENT
    message.report.ClearField("terminal_id")
    answer: Any = await gate_of(request).backends.call(_REPORT, message, caller=_caller(request, told))
    seen = {"number": answer.case.number, "reportedAt": answer.case.reported_at.ToJsonString()}
    return answers.json_answer({"case": seen, "followable": bool(told.get("phone"))}, status=201)


async def join(request: Request) -> Response:
    """Join in a report of somebody else instead of filing it again."""
    told = await _told(request)
    _reports.spend(_address(request))
    values: Json = {name: told[name] for name in ("requestId", "caseId", "words") if name in told}
    return _answer(await _asked(gate_of(request), _FOLLOW, values, _caller(request, told)))


async def case(request: Request) -> Response:
    """A case for whoever knows its number and the telephone it was reported with."""
    told = await _told(request)
    whole = await _own_case(request, told)
    gate, now = gate_of(request), gate_of(request).clock.now()
    shown = [*whole.case.evidence, *(each for line in whole.history for each in line.evidence)]
    lent = {each.object_key: gate.seals.lend(each.object_key, now=now, form=PUBLIC) for each in shown}
    return _answer(whole, lent=lent)


async def advance(request: Request) -> Response:
    """Rate a case, or take another step that is its reporter's."""
    told = await _told(request)
    whole = await _own_case(request, told)
    values = {
        "requestId": told.get("requestId"),
        "caseId": whole.case.id,
        "version": told.get("version"),
        "steps": [told.get("step") or {}],
    }
    return _answer(await _asked(gate_of(request), _ADVANCE, values, _caller(request, told)))


async def _own_case(request: Request, told: Json) -> Any:
    """Fails with CASE_NOT_YOURS, whether the number or the telephone is wrong, so that neither can be guessed."""
    number, address = str(told.get("number") or "").strip()[:64], _address(request)
    _guesses_from.spend(address)
    _guesses_at.spend(number)
    if not told.get("phone"):
        raise CaseNotYours
    try:
        whole = await _asked(gate_of(request), _CASE, {"caseId": number}, _caller(request, told))
    except NotFound:
        raise CaseNotYours from None
    _guesses_at.forgive(number)
    _guesses_from.forgive(address)
    return whole


ROUTES = [
    Route("/v1/guest/photos", photo, methods=["POST"]),
    Route("/v1/guest/preview", preview, methods=["POST"]),
    Route("/v1/guest/reports", report, methods=["POST"]),
    Route("/v1/guest/follows", join, methods=["POST"]),
    Route("/v1/guest/case", case, methods=["POST"]),
    Route("/v1/guest/advance", advance, methods=["POST"]),
]
