"""What the command page keeps: saved views, and presence at a case."""

from typing import Any, Final
from uuid import UUID

from gridward.incidents.v1 import incidents_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import answers, transcode
from services.gateway.bodies import body_of
from services.gateway.contract import call_named
from services.gateway.desk import presence, views
from services.gateway.domain import ViewInvalid
from services.gateway.gate import gate_of
from services.gateway.hub import READ_PERMISSION
from services.platform.errors import Forbidden

BYTES_MAX: Final = 8 * 1024
_CASE = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "GetCase")


async def list_views(request: Request) -> Response:
    """Views to choose from."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    return answers.json_answer({"views": await views.views_of(gate.database, visit.caller)})


async def save_view(request: Request) -> Response:
    """Keep a view."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    told = transcode.parsed_object(await body_of(request, bytes_max=BYTES_MAX))
    texts = {name: str(told.get(name) or "").strip() for name in ("name", "query", "role")}
    await views.save_view(gate.database, visit.caller, now=gate.clock.now(), **texts)
    return Response(status_code=204)


async def drop_view(request: Request) -> Response:
    """Keep a view no longer."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    try:
        view_id = UUID(request.path_params["view_id"])
    except ValueError:
        raise ViewInvalid from None
    await views.drop_view(gate.database, visit.caller, view_id)
    return Response(status_code=204)


async def be_present(request: Request) -> Response:
    """Say that one looks at a case, writes there, or has left."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    told = transcode.parsed_object(await body_of(request, bytes_max=BYTES_MAX))
    case_id, doing = str(told.get("caseId") or "")[:64], str(told.get("doing") or "")
    if not visit.caller.permits(READ_PERMISSION):
        raise Forbidden(permission=READ_PERMISSION)
    if not case_id or doing not in presence.DOINGS:
        raise ViewInvalid
    if not gate.presence.known(case_id):
        whole: Any = await gate.backends.call(_CASE, incidents_pb2.GetCaseRequest(case_id=case_id), caller=visit.caller)
        gate.presence.place(case_id, area_path=whole.case.area_path, department_code=whole.case.department_code)
    account = visit.account
    await gate.presence_line.tell(
        case_id, subject=account.subject, name=account.name, name_en=account.name_en, doing=doing
    )
    return Response(status_code=204)


ROUTES = [
    Route("/v1/views", list_views, methods=["GET"]),
    Route("/v1/views", save_view, methods=["POST"]),
    Route("/v1/views/{view_id}", drop_view, methods=["DELETE"]),
    Route("/v1/presence", be_present, methods=["POST"]),
]
