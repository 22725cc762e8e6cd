"""Styles, scripts and what was vendored, with the right to keep what cannot change."""

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from services.gateway.rendering import STATIC, version_of_static

FOREVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"


class _Files(StaticFiles):
    """Files whose address carries their version are kept for good; others are asked for again each time."""

    def __init__(self, *, kept: bytes) -> None:
        super().__init__(directory=STATIC)
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = FOREVER if "/vendor/" in scope["path"] else self._kept

        async def with_lifetime(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 206, 304}:
                message["headers"] = [*message["headers"], (b"cache-control", kept)]
            await send(message)

        await super().__call__(scope, receive, with_lifetime)


ROUTES = [
    Mount(f"/static/{version_of_static()}", _Files(kept=FOREVER)),
    # A page from before a new version may still ask for one of its files: it gets the one of today.
    Mount("/static/v-{version}", _Files(kept=ASK_AGAIN)),
    Mount("/static", _Files(kept=ASK_AGAIN)),
]
