"""The page and the calls by which somebody shows a second proof."""

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.gateway import rendering, transcode
from services.gateway.addresses import safe_path
from services.gateway.bodies import body_of
from services.gateway.domain import AddressUnknown
from services.gateway.gate import gate_of
from services.gateway.second_factor.actions import SecondFactor
from services.gateway.visits import Visit
from services.gateway.words import words_in
from services.platform.errors import Unauthenticated

BODY_BYTES_MAX = 1024


async def show(request: Request) -> Response:
    """The page; who owes nothing goes on, who is not signed in goes to the door."""
    then = safe_path(request.query_params.get("next", "/"))
    try:
        factor, visit = await _half_in(request)
    except Unauthenticated:
        return RedirectResponse("/sign-in", status_code=303)
    if not visit.owes_second_factor:
        return RedirectResponse(then, status_code=303)
    return rendering.page(
        request,
        "second_factor.html",
        words=words_in(visit.caller.language),
        features=("second_factor",),
        then=then,
        bound=await factor.bound(visit.account),
    )


async def bind(request: Request) -> Response:
    """A secret for a telephone, as a picture and to be typed in."""
    factor, visit = await _half_in(request)
    binding = await factor.begin(visit.account)
    picture = segno.make(binding.address, error="m").svg_data_uri(scale=5, border=2)
    return JSONResponse({"picture": picture, "secret": binding.secret}, headers={"cache-control": "no-store"})


async def prove(request: Request) -> Response:
    """Take a code; recovery codes are told once, when a telephone was bound by it."""
    factor, visit = await _half_in(request)
    values = transcode.parsed_object(await body_of(request, bytes_max=BODY_BYTES_MAX))
    sheet = await factor.prove(visit.account, visit.token_digest, str(values.get("code") or ""))
    gate_of(request).visitors.forget(visit.token_digest)
    return JSONResponse({"recoveryCodes": sheet}, headers={"cache-control": "no-store"})


async def _half_in(request: Request) -> tuple[SecondFactor, Visit]:
    gate = gate_of(request)
    if gate.second_factor is None:
        raise AddressUnknown
    visit = await gate.visitors.half_in(request)
    return gate.second_factor, visit


ROUTES = [
    Route("/second-factor", show, methods=["GET"]),
    Route("/v1/session/second-factor", prove, methods=["POST"]),
    Route("/v1/session/second-factor/binding", bind, methods=["POST"]),
]
