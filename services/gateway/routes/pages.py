"""The pages of the command centre: list, map and case side by side, one case by itself, and where each role begins."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway import rendering
from services.gateway.gate import Gate, gate_of
from services.gateway.visits import Visit
from services.gateway.words import words_in

#: Where those begin whose work is not the whole list of cases.
BEGINNINGS: Final = {
    "acceptor": "/?turn=1",
    "dispatcher": "/?turn=1",
    "video_patroller": "/video",
    "mall_partner": "/counter",
    "volunteer": "/volunteer",
    "volunteer_coordinator": "/volunteering",
}
FIELD: Final = frozenset({"grid_worker", "grid_leader"})


async def _visit(request: Request) -> tuple[Gate, Visit]:
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    return gate, visit


def _page(request: Request, template: str, gate: Gate, visit: Visit, *, case_id: str = "") -> Response:
    """A page with the words, the visitor and the city's own time zone."""
    data = {"timezone": gate.settings.timezone, "caseId": case_id}
    words = words_in(visit.caller.language)
    return rendering.page(
        request, template, words=words, visit=visit, features=("command",), page_data=data, case_id=case_id
    )


def beginning(visit: Visit, *, on_phone: bool) -> str:
    """The page on which somebody's work lies: nobody has to look for it after signing in."""
    caller = visit.caller
    for grant in caller.grants:
        if grant.role in BEGINNINGS:
            return BEGINNINGS[grant.role]
        if grant.role in FIELD and on_phone:
            return "/pocket/"
    if any(grant.department_code for grant in caller.grants) and caller.permits("incidents.advance"):
        return "/desk"
    return "/"


async def home(request: Request) -> Response:
    """Lead to where somebody's work lies."""
    _, visit = await _visit(request)
    return RedirectResponse(
        beginning(visit, on_phone="Mobile" in request.headers.get("user-agent", "")), status_code=303
    )


async def command(request: Request) -> Response:
    """List, map and case side by side; who watches no area is led to the report page."""
    gate, visit = await _visit(request)
    if not visit.caller.scope("incidents.read").area_paths:
        return RedirectResponse("/report", status_code=303)
    return _page(request, "command.html", gate, visit)


async def case(request: Request) -> Response:
    """One case by itself, for a bookmark or the printer."""
    gate, visit = await _visit(request)
    return _page(request, "case.html", gate, visit, case_id=request.path_params["case_id"])


ROUTES = [
    Route("/home", home, methods=["GET"]),
    Route("/", command, methods=["GET"]),
    Route("/cases/{case_id}", case, methods=["GET"]),
]
