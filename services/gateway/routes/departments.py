"""The door for departments' own systems: what they send is handed to the host, which knows their keys."""

from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.gateway.bodies import body_of
from services.gateway.domain import BodyTooLarge
from services.gateway.gate import gate_of
from services.platform.errors import Forbidden, Unavailable

BYTES_MAX: Final = 256 * 1024
HOST_TIMEOUT_S: Final = 10.0
#: What proves who sent a message, carried on as it came; the key is the host's affair.
PROOF: Final = ("x-gridward-id", "x-gridward-time", "x-gridward-signature")
PLUGIN: Final = "{plugin}"
MAY_LOOK: Final = "registry.staff.read"


async def receive(request: Request) -> Response:
    """Take a signed message of a department's own system; 202 when it is kept, 200 when it was known already."""
    try:
        body = await body_of(request, bytes_max=BYTES_MAX)
    except BodyTooLarge:
        return JSONResponse({"reason": BodyTooLarge.reason}, status_code=413)
    plugin = request.path_params["plugin"]
    proof = {name: request.headers[name] for name in PROOF if name in request.headers}
    answer = await _ask(request, plugin, "POST", f"/inbound/{plugin}", body=body, headers=proof)
    return Response(answer.content, status_code=answer.status_code, media_type="application/json")


async def health(request: Request) -> Response:
    """How each department's plugin is: well, degraded, offline or refused, and how many events wait for a person."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not visit.caller.permits(MAY_LOOK):
        raise Forbidden(permission=MAY_LOOK)
    answer = await _ask(request, "departments", "GET", "/healthz")
    return Response(answer.content, media_type="application/json")


async def _ask(
    request: Request, plugin: str, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> httpx.Response:
    """What the host answers; fails with UNAVAILABLE."""
    address = gate_of(request).settings.host_url.replace(PLUGIN, plugin)
    if not address:
        raise Unavailable(part="host")
    try:
        async with httpx.AsyncClient(base_url=address, timeout=HOST_TIMEOUT_S, trust_env=False) as host:
            return await host.request(method, path, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise Unavailable(part="host") from error


ROUTES = [
    Route("/v1/departments/{plugin:str}/messages", receive, methods=["POST"]),
    Route("/v1/departments/health", health, methods=["GET"]),
]
