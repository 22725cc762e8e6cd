"""Says whether the gateway lives, and whether it can do its work."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.gateway.gate import gate_of


async def live(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"live": True})


async def ready(request: Request) -> Response:
    """Everything the main work needs can be reached; what cannot is named."""
    gate = gate_of(request)
    parts = {**await gate.backends.ready(), "database": await gate.database.ready(), "draining": gate.drain.begun}
    fit = all(good for part, good in parts.items() if part != "draining") and not gate.drain.begun
    return JSONResponse({"ready": fit, "parts": parts}, status_code=200 if fit else 503)


ROUTES = [Route("/healthz", live, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]
