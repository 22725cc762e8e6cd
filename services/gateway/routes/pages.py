"""The pages of the command centre: list, map and case side by side, and one case by itself."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway import rendering
from services.gateway.gate import Gate, gate_of
from services.gateway.visits import Visit
from services.gateway.words import words_in


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
    Route("/", command, methods=["GET"]),
    Route("/cases/{case_id}", case, methods=["GET"]),
]
