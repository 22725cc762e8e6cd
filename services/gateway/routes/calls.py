"""The JSON API: every call that the contract gives an address, and the contract itself as OpenAPI."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from google.protobuf.message import Message
from gridward.incidents.v1 import cases_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import answers, contract, loans, openapi, transcode
from services.gateway.bodies import body_of
from services.gateway.contract import Address
from services.gateway.domain import EvidenceUnknown, origin_of
from services.gateway.gate import Gate, gate_of
from services.platform.identity import Caller

KEY_HEADER = "idempotency-key"
Endpoint = Callable[[Request], Awaitable[Response]]


def routes() -> list[Route]:
    """One route for each address."""
    declared = [Route(each.route, _endpoint(each), methods=[each.verb]) for each in contract.addresses()]
    return [*declared, Route("/v1/openapi.json", describe, methods=["GET"])]


def _endpoint(address: Address) -> Endpoint:
    async def serve(request: Request) -> Response:
        gate = gate_of(request)
        visit = request.state.visit = await gate.visitors.required(request)
        body = await body_of(request) if address.takes_body else b""
        message = transcode.request_of(
            address, path=request.path_params, query=request.query_params.multi_items(), body=body
        )
        _take_key_from_header(request, message)
        mark_origin(message, visit.caller)
        await _require_own_picture(gate, loans.consent_in(message), visit.caller)
        answer = await gate.backends.call(address.call, message, caller=visit.caller)
        loans.lend(answer, gate.seals, visit.caller, now=gate.clock.now())
        return answers.json_answer(transcode.to_json(answer))

    return serve


async def _require_own_picture(gate: Gate, key: str, caller: Caller) -> None:
    """A key alone opens nobody else's picture. Fails with EVIDENCE_UNKNOWN."""
    if key and not await gate.uploads.brought_by(key, caller.subject):
        raise EvidenceUnknown


def _take_key_from_header(request: Request, message: Any) -> None:
    """A client may send its idempotency key as a header instead."""
    key = request.headers.get(KEY_HEADER)
    if key and "request_id" in message.DESCRIPTOR.fields_by_name and not message.request_id:
        message.request_id = key


def mark_origin(message: Message, caller: Caller) -> None:
    """Say on every report in a request as whose it counts; what the client says of itself does not."""
    for report in _reports_in(message):
        asked_for_transfer = report.source == cases_pb2.SOURCE_TRANSFER
        origin = origin_of(caller.roles, asked_for_transfer=asked_for_transfer)
        report.source = cases_pb2.Source.Value(f"SOURCE_{origin.value}")


def _reports_in(message: Any) -> list[cases_pb2.Report]:
    fields = message.DESCRIPTOR.fields_by_name
    if "report" in fields:
        return [message.report] if message.HasField("report") else []
    return [each.report for each in message.reports if each.HasField("report")] if "reports" in fields else []


async def describe(_: Request) -> Response:
    """The API in the OpenAPI format; anyone may read it."""
    return Response(_description(), media_type="application/json", headers={"cache-control": "public, max-age=300"})


@cache
def _description() -> bytes:
    return answers.compact(openapi.document())


__all__ = ["mark_origin", "routes"]
