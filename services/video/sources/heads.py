"""Reads the heads of RTSP and HTTP answers, which look alike, and opens connections, all within limits."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.video.domain.errors import Problem, VisitFailed
from services.video.sources.allowed import LiveSource

CONNECT_S: Final = 3.0
HEAD_BYTES_MAX: Final = 16 * 1024
BUFFER_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Status and headers of an answer."""

    status: int
    headers: Mapping[str, Sequence[str]]

    def first(self, name: str) -> str:
        """A header by its lower-case name; empty when absent."""
        values = self.headers.get(name)
        return values[0] if values else ""

    @property
    def length(self) -> int:
        """Bytes of the body told; -1 when not told. Fails with VisitFailed."""
        told = self.first("content-length")
        if not told:
            return -1
        if not told.isascii() or not told.isdigit() or len(told) > 12:
            raise VisitFailed(Problem.PROTOCOL)
        return int(told)


def parsed(raw: bytes) -> Head:
    """A head from its bytes. Fails with VisitFailed."""
    begin, *lines = raw.decode("latin-1").split("\r\n")
    parts = begin.split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith(("RTSP/", "HTTP/")) or not parts[1].isdigit() or len(parts[1]) != 3:
        raise VisitFailed(Problem.PROTOCOL)
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Head(status=int(parts[1]), headers=headers)


async def read_head(reader: asyncio.StreamReader, begun: bytes = b"") -> Head:
    """The next head. Fails with VisitFailed."""
    try:
        raw = begun + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise VisitFailed(Problem.TOO_LARGE) from None
    if len(raw) > HEAD_BYTES_MAX:
        raise VisitFailed(Problem.TOO_LARGE)
    return parsed(raw)


@contextlib.asynccontextmanager
async def opened(
    source: LiveSource, *, verify: bool
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to where the source was found, gone at the end whatever happens. Fails with VisitFailed."""
    secure = _context(verify=verify) if source.secure else None
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(
                source.dialled,
                source.port,
                limit=BUFFER_BYTES,
                ssl=secure,
                server_hostname=source.host if secure else None,
            )
    except TimeoutError:
        raise VisitFailed(Problem.TIMED_OUT) from None
    except (OSError, ssl.SSLError):
        raise VisitFailed(Problem.REFUSED) from None
    try:
        yield reader, writer
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        raise VisitFailed(Problem.BROKEN_OFF) from None
    finally:
        writer.transport.abort()  # nothing is left to be said, and a camera that does not read is not waited for


def _context(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
