"""Packs what goes out: pages and answers as they come, styles and scripts once for the life of the process."""

import asyncio
import zlib
from collections import OrderedDict
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES: Final = 1024
#: What comes once is packed quickly, what stays is packed well.
QUICKLY: Final = 4
WELL: Final = 9
KEPT_MAX: Final = 200
_GZIP: Final = 16 + zlib.MAX_WBITS
_PACKED_TYPES: Final = (
    "text/html",
    "application/json",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
)


def packed(content: bytes, level: int) -> bytes:
    """The content as gzip, without a time in it, so that the same is always the same."""
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return packer.compress(content) + packer.flush()


class Packing:
    """Packs whole answers of text kinds for whoever takes gzip; streams and pictures pass as they are.

    What carries an etag stays the same for as long as its etag does and is packed once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(self, scope["path"], send).take)

    async def keep(self, path: str, etag: str, content: bytes) -> bytes:
        """The content packed; well and once where it is known by an etag."""
        if not etag:
            return packed(content, QUICKLY)
        key = (path, etag)
        if key not in self._kept:
            self._kept[key] = await asyncio.to_thread(packed, content, WELL)
            if len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return self._kept[key]


class _Answer:
    """One answer on its way out."""

    def __init__(self, packing: Packing, path: str, send: Send) -> None:
        self._packing = packing
        self._path = path
        self._send = send
        self._start: Message | None = None
        self._pieces: list[bytes] = []

    async def take(self, message: Message) -> None:
        """Hold back what is to be packed until it is whole; let everything else pass."""
        if message["type"] == "http.response.start" and _to_pack(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        content = b"".join(self._pieces)
        headers = MutableHeaders(scope=start)
        headers.add_vary_header("Accept-Encoding")
        if len(content) >= LEAST_BYTES:
            content = await self._packing.keep(self._path, headers.get("etag", ""), content)
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(content))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": content, "more_body": False})


def _to_pack(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return start["status"] not in {204, 206, 304} and kind in _PACKED_TYPES and "content-encoding" not in headers
