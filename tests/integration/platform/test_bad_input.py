"""Whatever bytes arrive, the answer is a named refusal: nothing breaks inside, and nothing of the inside is told."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform.grpc_server import MESSAGE_BYTES_MAX, Offer, Process
from services.platform.settings import ServiceSettings
from tests.support.tokens import TestTokens

INPUTS = 3000
SERVICE = video_pb2.DESCRIPTOR.services_by_name["VideoService"]
#: What a caller may be told: its request was wrong, it may not, or there is nothing behind the method here.
NAMED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
}


class Cameras(video_pb2_grpc.VideoServiceServicer):
    """Offers every method of the contract; what gets past the checks finds nothing behind it."""


@pytest.fixture
async def process(tokens: TestTokens) -> AsyncIterator[Process]:
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=1)
    offer = Offer(
        descriptor=SERVICE, add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(Cameras(), server)
    )
    process = Process(name="video", settings=settings, offers=[offer])
    await process.start()
    yield process
    await process.stop()


@pytest.fixture
async def channel(process: Process) -> AsyncIterator[grpc.aio.Channel]:
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}", options=options) as channel:
        yield channel


def header(tokens: TestTokens) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {tokens.signer().sign(tokens.caller('system_admin', ''))}"),)


async def refusal(channel: grpc.aio.Channel, path: str, content: bytes, metadata: Any) -> grpc.aio.AioRpcError:
    call = channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(content, metadata=metadata, timeout=10)
    return caught.value


def bad_bytes(rng: random.Random) -> bytes:
    """Noise, or a real message with something cut off, turned over or put in."""
    if rng.random() < 0.5:
        return rng.randbytes(rng.randrange(0, 200))
    asked = video_pb2.ListCamerasRequest(area_code="9" * rng.randrange(60), page_size=rng.randrange(100))
    content = bytearray(asked.SerializeToString() + rng.randbytes(rng.randrange(8)))
    for _ in range(rng.randrange(1, 6)):
        if content:
            content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content[: rng.randrange(len(content) + 1)])


async def test_thousands_of_bad_messages_are_refused_by_name_and_tell_nothing(
    channel: grpc.aio.Channel, tokens: TestTokens
) -> None:
    rng = random.Random(20261121)
    methods = [method for method in SERVICE.methods if not method.client_streaming and not method.server_streaming]
    metadata = header(tokens)
    codes: Counter[grpc.StatusCode] = Counter()
    for _ in range(INPUTS):
        method = rng.choice(methods)
        error = await refusal(channel, f"/{SERVICE.full_name}/{method.name}", bad_bytes(rng), metadata)
        codes[error.code()] += 1
        assert error.code() in NAMED, (method.name, error)
        for word in ("Traceback", "Exception", "/services/", "Error("):
            assert word not in str(error.details())
    assert codes[grpc.StatusCode.INVALID_ARGUMENT] > INPUTS / 8


async def test_a_message_that_is_too_large_is_refused_and_the_next_is_served(
    channel: grpc.aio.Channel, tokens: TestTokens
) -> None:
    path = f"/{SERVICE.full_name}/ListCameras"
    too_large = await refusal(channel, path, b"\0" * (MESSAGE_BYTES_MAX + 1), header(tokens))
    assert too_large.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    next_one = await refusal(channel, path, b"", header(tokens))
    assert next_one.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_method_that_is_not_there_is_named_as_such(channel: grpc.aio.Channel, tokens: TestTokens) -> None:
    error = await refusal(channel, f"/{SERVICE.full_name}/Nothing", b"", header(tokens))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
