"""Asks a device something over HTTP: one request, one short answer, with the password only where it is asked for."""

import asyncio
from collections.abc import Mapping
from typing import Final

from services.video.domain.errors import Problem, VisitFailed
from services.video.sources.allowed import LiveSource
from services.video.sources.auth import Identity
from services.video.sources.heads import opened, read_head
from services.video.sources.http import Body

ANSWER_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 256 * 1024


async def ask(
    source: LiveSource, path: str, *, verify: bool, lines: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """What a device answers; POST where something is sent along. Fails with VisitFailed."""
    identity = Identity(user=source.user, password=source.password)
    method = "POST" if body else "GET"
    for _ in range(2):
        async with opened(source, verify=verify) as (reader, writer):
            writer.write(_request(source, method, path, {**(lines or {}), **_length(body)}, identity) + body)
            try:
                async with asyncio.timeout(ANSWER_S):
                    head = await read_head(reader)
                    if head.status == 401 and identity.accept(head.headers.get("www-authenticate", ())):
                        continue
                    content = await Body(reader, head).all(b"", ANSWER_BYTES_MAX)
            except TimeoutError:
                raise VisitFailed(Problem.TIMED_OUT) from None
            if head.status in {401, 403}:
                raise VisitFailed(Problem.LOCKED_OUT)
            if head.status != 200:
                raise VisitFailed(Problem.NOT_TURNED)
            return content
    raise VisitFailed(Problem.LOCKED_OUT)


def _length(body: bytes) -> dict[str, str]:
    return {"Content-Length": str(len(body))} if body else {}


def _request(source: LiveSource, method: str, path: str, lines: Mapping[str, str], identity: Identity) -> bytes:
    host = f"[{source.host}]" if ":" in source.host else source.host
    told = [f"{method} {path} HTTP/1.1", f"Host: {host}:{source.port}", "User-Agent: Gridward", "Connection: close"]
    told += [f"{name}: {value}" for name, value in lines.items()]
    permission = identity.header(method, path)
    if permission:
        told.append(f"Authorization: {permission}")
    return "\r\n".join([*told, "", ""]).encode()
