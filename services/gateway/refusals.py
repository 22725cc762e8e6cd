"""Answers what could not be done: as JSON for programs, as a page for people."""

from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.gateway import problems, rendering
from services.gateway.domain import AddressUnknown, MethodNotOffered
from services.gateway.second_factor.rules import SecondFactorNeeded
from services.gateway.visits import language_of
from services.gateway.words import words_in
from services.platform.errors import GridwardError, Unauthenticated

log = structlog.get_logger()


async def on_error(request: Request, error: Exception) -> Response:
    """The one handler of everything that is raised; who is not signed in is sent to sign in."""
    known = _named(request, error)
    visit = getattr(request.state, "visit", None)
    words = words_in(language_of(request, visit))
    if _from_a_person(request):
        if isinstance(known, SecondFactorNeeded):
            return RedirectResponse(f"/second-factor?next={_here(request)}", status_code=303)
        if isinstance(known, Unauthenticated):
            return RedirectResponse(f"/sign-in?next={_here(request)}", status_code=303)
        return rendering.error_page(request, known, words=words)
    told = problems.to_json(known, words=words, request_id=request.state.request_id)
    return JSONResponse(told, status_code=problems.status_of(known), headers=problems.headers_of(known))


def _named(request: Request, error: Exception) -> GridwardError:
    if isinstance(error, GridwardError):
        return error
    if isinstance(error, HTTPException):
        return MethodNotOffered(method=request.method) if error.status_code == 405 else AddressUnknown()
    log.error("request_broke", exc_info=error)
    return GridwardError()


def _from_a_person(request: Request) -> bool:
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path + query, safe="")
