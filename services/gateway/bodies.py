"""Reads what a request brings, within a limit of size and of time."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import ClientDisconnect, Request

from services.gateway.domain import BodyTooLarge, BodyTooSlow

BODY_TIMEOUT_S: Final = 30.0
JSON_BYTES_MAX: Final = 4 * 1024 * 1024


async def body_of(request: Request, *, bytes_max: int = JSON_BYTES_MAX) -> bytes:
    """The body, whole. Fails with BODY_TOO_LARGE, BODY_TOO_SLOW."""
    return b"".join([chunk async for chunk in chunks_of(request, bytes_max=bytes_max)])


async def chunks_of(request: Request, *, bytes_max: int) -> AsyncIterator[bytes]:
    """The body as it comes. Fails with BODY_TOO_LARGE, where it can before anything was read; BODY_TOO_SLOW."""
    too_large = BodyTooLarge(limit_kb=bytes_max // 1024)
    told = request.headers.get("content-length", "0")
    if not told.isdigit() or int(told) > bytes_max:
        raise too_large
    got = 0
    stream = request.stream()
    ends_at_s = time.monotonic() + BODY_TIMEOUT_S
    while True:
        try:
            async with asyncio.timeout(max(0.0, ends_at_s - time.monotonic())):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except (TimeoutError, ClientDisconnect) as error:
            raise BodyTooSlow from error
        got += len(chunk)
        if got > bytes_max:
            raise too_large
        yield chunk
