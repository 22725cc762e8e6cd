"""Stands before every page and call: gives the request a number, guards the answer, counts it and logs it."""

import re
import time
from typing import Final

import structlog
from prometheus_client import Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.platform.ids import uuid7
from services.platform.tracing import tracing

log = structlog.get_logger()

REQUEST_SECONDS = Histogram(
    "http_server_request_duration_seconds",
    "Time until an answer was complete",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
REQUESTS_RUNNING = Gauge("http_server_requests_running", "Requests being answered now, streams included")

#: What a page may load: our own files and nothing else; no script or style inside a page.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; media-src 'self' blob:; "
    "worker-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(self), camera=(self), microphone=(self)",
    "cache-control": "no-store",
}
QUIET_ROUTES: Final = frozenset({"/healthz", "/readyz", "/static"})
LASTING_ROUTES: Final = frozenset({"/v1/stream"})
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BROKE: Final = 500
_GIVEN_ID = re.compile(r"^[A-Za-z0-9_.:-]{8,64}$")


class Front:
    """The outermost layer, around the whole application."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = dict(SECURITY_HEADERS)
        if secure:
            self._headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _GIVEN_ID.match(given) else str(uuid7())
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        began_s = time.perf_counter()

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        # Where a request comes from outside, it is followed from here; what others say of its past is not believed.
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            REQUESTS_RUNNING.track_inprogress(),
            tracing.serving(_method_of(scope)) as step,
        ):
            try:
                await self._app(scope, receive, guarded)
            except Exception:
                if not status:
                    raise
                # it was logged where it was answered
            finally:
                name = f"{_method_of(scope)} {route_of(scope)}"
                step.ends_with(str(status or 500), broke=(status or 500) >= BROKE, name=name)
                _note(scope, status or 500, time.perf_counter() - began_s)


def _note(scope: Scope, status: int, took_s: float) -> None:
    route = route_of(scope)
    method = _method_of(scope)
    if route not in LASTING_ROUTES:
        REQUEST_SECONDS.labels(route, method, str(status)).observe(took_s)
    if route not in QUIET_ROUTES:
        log.info("request", route=route, method=method, status=status, took_ms=round(took_s * 1000, 1))


def _method_of(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in METHODS else "other"


def route_of(scope: Scope) -> str:
    """The template of the address, never the address itself, so that no id becomes a label."""
    return str(getattr(scope.get("route"), "path", "") or "unknown")
