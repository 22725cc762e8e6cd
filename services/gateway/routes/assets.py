"""Styles, scripts and what was vendored, with the right to keep what cannot change."""

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from services.gateway.rendering import STATIC

FOREVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"


class _Files(StaticFiles):
    """Vendored files carry their version in the address and are kept; ours are asked for again each time."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = FOREVER if "/vendor/" in scope["path"] else ASK_AGAIN

        async def with_lifetime(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 206, 304}:
                message["headers"] = [*message["headers"], (b"cache-control", kept)]
            await send(message)

        await super().__call__(scope, receive, with_lifetime)


ROUTES = [Mount("/static", _Files(directory=STATIC))]
