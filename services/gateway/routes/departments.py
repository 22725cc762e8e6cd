"""The door for departments' own systems: what they send is handed to the host, which knows their keys."""

import asyncio
import re
import ssl
from functools import cache
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.gateway.answers import json_answer
from services.gateway.bodies import body_of
from services.gateway.domain import AddressUnknown, BodyTooLarge
from services.gateway.gate import gate_of
from services.platform.errors import Forbidden, Unavailable
from services.platform.identity import TokenSigner

BYTES_MAX: Final = 256 * 1024
HOST_TIMEOUT_S: Final = 10.0
#: What proves who sent a message, carried on as it came; the key is the host's affair.
PROOF: Final = ("x-gridward-id", "x-gridward-time", "x-gridward-signature")
PLUGIN: Final = "{plugin}"
MAY_LOOK: Final = "registry.staff.read"
MAY_DECIDE: Final = "registry.admission.decide"
LETTERS_BYTES_MAX: Final = 64 * 1024
TOKEN_LIFE_S: Final = 30
#: A plugin, or one of its releases: heritage, heritage@two.
NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,59}(@[a-z0-9][a-z0-9_.-]{0,39})?")
HYPHENS: Final = str.maketrans("@_", "--")
HOSTS_MAX: Final = 100


async def receive(request: Request) -> Response:
    """Take a signed message of a department's own system; 202 when it is kept, 200 when it was known already."""
    plugin = request.path_params["plugin"]
    if not NAME.fullmatch(plugin):
        raise AddressUnknown
    try:
        body = await body_of(request, bytes_max=BYTES_MAX)
    except BodyTooLarge:
        return JSONResponse({"reason": BodyTooLarge.reason}, status_code=413)
    proof = {name: request.headers[name] for name in PROOF if name in request.headers}
    answer = await _ask(request, plugin, "POST", f"/inbound/{plugin}", body=body, headers=proof)
    return Response(answer.content, status_code=answer.status_code, media_type="application/json")


async def health(request: Request) -> Response:
    """How each department's plugin is: well, degraded, offline or refused, and how many events wait for a person."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not visit.caller.permits(MAY_LOOK):
        raise Forbidden(permission=MAY_LOOK)
    if PLUGIN not in gate.settings.host_url:
        answer = await _ask(request, "departments", "GET", "/healthz")
        return Response(answer.content, media_type="application/json")
    hosts = [name for name in request.query_params.get("hosts", "").split(",") if NAME.fullmatch(name)][:HOSTS_MAX]
    return json_answer({"plugins": await _of_each(request, hosts)})


async def _of_each(request: Request, hosts: list[str]) -> dict[str, object]:
    """What each department's own host says; one that does not answer is left out."""
    asked = (_ask(request, name, "GET", "/healthz") for name in hosts)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    told: dict[str, object] = {}
    for name, answer in zip(hosts, answers, strict=True):
        if isinstance(answer, httpx.Response):
            told[name] = answer.json().get("plugins", {}).get(name.partition("@")[0], {})
    return told


async def letters(request: Request) -> Response:
    """Look at what a department's program could not handle, and have it told anew or thrown away."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not visit.caller.permits(MAY_DECIDE):
        raise Forbidden(permission=MAY_DECIDE)
    host = request.path_params["plugin"]
    if not NAME.fullmatch(host):
        raise AddressUnknown
    body = await body_of(request, bytes_max=LETTERS_BYTES_MAX)
    signer = TokenSigner.from_file(gate.settings.signing_key_file)
    plugin = host.partition("@")[0]
    answer = await _ask(
        request,
        host,
        request.method,
        f"/letters?plugin={plugin}",
        body=body,
        headers={"authorization": f"Bearer {signer.sign(visit.caller, life_s=TOKEN_LIFE_S)}"},
    )
    return Response(answer.content, status_code=answer.status_code, media_type="application/json")


async def _ask(
    request: Request, host: str, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> httpx.Response:
    """What the host answers; fails with UNAVAILABLE. In an address its name has hyphens, as names of machines do."""
    address = gate_of(request).settings.host_url.replace(PLUGIN, host.translate(HYPHENS))
    if not address:
        raise Unavailable(part="host")
    try:
        async with httpx.AsyncClient(
            base_url=address, timeout=HOST_TIMEOUT_S, trust_env=False, verify=_authorities()
        ) as client:
            return await client.request(method, path, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise Unavailable(part="host") from error


@cache
def _authorities() -> ssl.SSLContext:
    """Who vouches for a host that speaks TLS; read once, for it takes longer than most questions."""
    return httpx.create_ssl_context(trust_env=False)


ROUTES = [
    Route("/v1/departments/{plugin:str}/messages", receive, methods=["POST"]),
    Route("/v1/departments/{plugin:str}/letters", letters, methods=["GET", "POST"]),
    Route("/v1/departments/health", health, methods=["GET"]),
]
