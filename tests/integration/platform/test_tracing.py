"""A followed request can be found again at the collector, whichever processes it went through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
import structlog
from gridward.video.v1 import video_pb2, video_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.gateway.front import Front
from services.platform import errors
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.settings import ServiceSettings
from services.platform.tracing import tracing
from tests.support.tokens import TestTokens

SECRET = "13800000000"


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes OTLP as any collector does."""

    spans: list[trace_pb2.Span] = field(default_factory=list)
    address: str = ""

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    found = Collector()
    server = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(found, server)
    found.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield found
    await asyncio.to_thread(tracing.end)
    await server.stop(None)


class Cameras(video_pb2_grpc.VideoServiceServicer):
    """Notes what its log lines would carry."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    async def ListCameras(self, request: Any, context: Any) -> Any:
        self.noted.append(structlog.contextvars.get_contextvars().get("trace_id", ""))
        if request.area_code == "broken":
            raise RuntimeError(SECRET)
        if request.area_code:
            raise errors.NotFound
        return video_pb2.ListCamerasResponse()


@pytest.fixture
def cameras() -> Cameras:
    return Cameras()


@pytest.fixture
async def door(tokens: TestTokens, cameras: Cameras) -> AsyncIterator[Front]:
    """A gateway's front, before a page that asks the service."""
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=1)
    offer = Offer(
        descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
        add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(cameras, server),
    )
    process = Process(name="video", settings=settings, offers=[offer])
    await process.start()
    channel = connect(
        f"127.0.0.1:{process.port}",
        signer=tokens.signer("gateway"),
        caller=tokens.caller("system_admin", "999100"),
    )
    stub = video_pb2_grpc.VideoServiceStub(channel)

    async def page(request: Request) -> PlainTextResponse:
        try:
            await stub.ListCameras(video_pb2.ListCamerasRequest(area_code=request.path_params["area"][1:]))
        except errors.GridwardError as error:
            return PlainTextResponse(error.reason, 404 if isinstance(error, errors.NotFound) else 500)
        return PlainTextResponse("")

    yield Front(Starlette(routes=[Route("/areas/{area}", page)]), secure=False)
    await channel.close()
    await process.stop()


async def visit(door: Front, path: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": path, "headers": list(headers), "query_string": b""}
    await door(scope, receive, send)


async def told(collector: Collector) -> list[trace_pb2.Span]:
    await asyncio.to_thread(tracing.end)
    return sorted(collector.spans, key=lambda span: span.start_time_unix_nano)


async def test_a_request_is_one_trace_through_the_door_and_the_service_and_its_log_lines(
    collector: Collector, door: Front, cameras: Cameras
) -> None:
    tracing.begin("gateway", endpoint=collector.address, share=1)
    await visit(door, "/areas/-")
    outer, inner = await told(collector)
    assert (outer.name, inner.name) == ("GET /areas/{area}", "ListCameras")
    assert inner.trace_id == outer.trace_id
    assert inner.parent_span_id == outer.span_id
    assert cameras.noted == [outer.trace_id.hex()]


async def test_how_it_ended_is_told_by_code_and_never_by_words(collector: Collector, door: Front) -> None:
    tracing.begin("gateway", endpoint=collector.address, share=1)
    await visit(door, "/areas/-unknown")
    await visit(door, "/areas/-broken")
    spans = await told(collector)
    outcomes = [(span.attributes[0].value.string_value, span.status.code) for span in spans]
    broke = trace_pb2.Status.STATUS_CODE_ERROR
    assert outcomes == [("404", 0), ("NOT_FOUND", 0), ("500", broke), ("INTERNAL", broke)]
    assert SECRET not in str(spans)


async def test_a_stranger_does_not_decide_what_is_followed(collector: Collector, door: Front, cameras: Cameras) -> None:
    tracing.begin("gateway", endpoint=collector.address, share=0)
    asked = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    await visit(door, "/areas/-", (asked,))
    assert await told(collector) == []
    assert cameras.noted == [""]


async def test_without_a_collector_nothing_is_followed(door: Front, cameras: Cameras) -> None:
    tracing.begin("gateway", endpoint="", share=1)
    with tracing.serving("x"):
        assert tracing.passed_on() == ""
    await visit(door, "/areas/-")
    assert cameras.noted == [""]
