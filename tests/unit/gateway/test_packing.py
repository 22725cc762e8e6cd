"""Answers of text go out packed; streams and pictures as they are."""

import gzip

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.gateway.packing import Packing

LONG = b"the same words again and again " * 200


async def answer(request: Request) -> Response:
    kind = request.query_params["kind"]
    headers = {"etag": '"one"'} if request.query_params.get("etag") else {}
    return Response(LONG[: int(request.query_params.get("size", len(LONG)))], media_type=kind, headers=headers)


async def stream(_: Request) -> Response:
    return StreamingResponse(iter([LONG, LONG]), media_type="text/event-stream")


APP = Packing(Starlette(routes=[Route("/", answer), Route("/stream", stream)]))


async def asked(path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://gateway") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("kind", ["application/json", "text/html", "text/javascript"])
@pytest.mark.parametrize("etag", ["", "&etag=1"])
async def test_long_texts_are_packed_and_say_so(kind: str, etag: str) -> None:
    told = await asked(f"/?kind={kind}{etag}", **{"accept-encoding": "gzip"})
    assert told.headers["content-encoding"] == "gzip"
    assert told.headers["vary"] == "Accept-Encoding"
    assert int(told.headers["content-length"]) < len(LONG) / 10
    assert told.content == LONG


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/?kind=application/json&size=100", "gzip"),
        ("/?kind=image/webp", "gzip"),
        ("/?kind=text/html", "identity"),
        ("/stream", "gzip"),
    ],
)
async def test_what_is_short_a_picture_a_stream_or_not_wished_packed_passes_as_it_is(path: str, accepted: str) -> None:
    told = await asked(path, **{"accept-encoding": accepted})
    assert "content-encoding" not in told.headers
    assert gzip.compress(told.content)
