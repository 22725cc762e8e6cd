"""The residents' pages, open to everybody: report, follow, and the notice board of a grid with its code to scan."""

import contextlib
import io
from typing import Any, Final

import segno
from gridward.registry.v1 import teams_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import rendering
from services.gateway.contract import call_named
from services.gateway.gate import Gate, gate_of
from services.gateway.residents import resident
from services.gateway.visits import Visit, language_of
from services.gateway.words import words_in
from services.platform.errors import Unavailable

FEATURES: Final = ("residents",)
CODE_LIFE_S: Final = 86400
_BOARD = call_named(teams_pb2.DESCRIPTOR, "TeamsService", "GetBoard")


async def _page(request: Request, template: str, **values: Any) -> Response:
    """A page for a visitor or for anybody."""
    gate = gate_of(request)
    visit: Visit | None = await gate.visitors.of(request)
    request.state.visit = visit
    words = words_in(language_of(request, visit))
    data = {"timezone": gate.settings.timezone, "city": await _city(gate)}
    return rendering.page(request, template, words=words, visit=visit, features=FEATURES, page_data=data, **values)


async def _city(gate: Gate) -> str:
    """The city's name, for who may not ask for it; a page does without while registry cannot be asked."""
    with contextlib.suppress(Unavailable):
        return (await gate.open311_reader.city()).name
    return ""


async def report(request: Request) -> Response:
    """Report something, signed in or not."""
    return await _page(request, "residents/report.html")


async def follow(request: Request) -> Response:
    """See what became of a report."""
    return await _page(request, "residents/follow.html")


async def board(request: Request) -> Response:
    """Who answers for a grid, by office and duty line, never by name."""
    gate, code = gate_of(request), request.path_params["grid_code"]
    ask: Any = teams_pb2.GetBoardRequest(grid_code=code)
    caller = resident("resident:guest", language=language_of(request))
    found: Any = await gate.backends.call(_BOARD, ask, caller=caller)
    return await _page(
        request, "residents/board.html", board=found, grid_code=code, address=_address_of(gate, request, code)
    )


async def code_to_scan(request: Request) -> Response:
    """The board's address as a QR code."""
    address = _address_of(gate_of(request), request, request.path_params["grid_code"])
    drawing = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawing, kind="svg", scale=8, border=2, xmldecl=False, svgns=True)
    headers = {"cache-control": f"public, max-age={CODE_LIFE_S}"}
    return Response(drawing.getvalue(), media_type="image/svg+xml", headers=headers)


def _address_of(gate: Gate, request: Request, code: str) -> str:
    base = gate.settings.gateway_url.rstrip("/") or str(request.base_url).rstrip("/")
    return f"{base}/board/{code[:40]}"


ROUTES = [
    Route("/report", report, methods=["GET"]),
    Route("/follow", follow, methods=["GET"]),
    Route("/board/{grid_code}", board, methods=["GET"]),
    Route("/board/{grid_code}/code.svg", code_to_scan, methods=["GET"]),
]
