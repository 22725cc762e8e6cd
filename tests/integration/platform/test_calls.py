"""What every call goes through, over a real connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
from google.protobuf.any_pb2 import Any as PackedMessage
from google.rpc import error_details_pb2
from gridward.video.v1 import video_pb2, video_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from services.platform import errors
from services.platform.grpc_client import CALL_DEADLINE_S, connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import Caller, current_caller, service_caller
from services.platform.rules import RuleMissing, rules_of
from services.platform.settings import ServiceSettings
from tests.support.tokens import TestTokens

Stub: TypeAlias = "video_pb2_grpc.VideoServiceAsyncStub"


class CameraAsleep(errors.Conflict):
    """Camera {camera} is asleep."""

    reason = "CAMERA_ASLEEP"


class Cameras(video_pb2_grpc.VideoServiceServicer):
    """Answers who called, or fails in the way that is asked for; `onward` asks a neighbour how much time it has."""

    neighbour: Stub | None = None

    async def ListCameras(self, request: video_pb2.ListCamerasRequest, context: Any) -> video_pb2.ListCamerasResponse:
        if request.area_code == "asleep":
            raise CameraAsleep(camera="CAM001")
        if request.area_code == "stale":
            raise errors.Stale(fresh=video_pb2.Camera(id="fresh"))
        if request.area_code == "broken":
            raise RuntimeError("secret inner words")
        if request.area_code == "onward":
            assert self.neighbour is not None
            return await self.neighbour.ListCameras(video_pb2.ListCamerasRequest(area_code="left"))
        if request.area_code == "left":
            return video_pb2.ListCamerasResponse(next_page_token=str(context.time_remaining()))
        return video_pb2.ListCamerasResponse(next_page_token=current_caller().subject)


@pytest.fixture
async def process(tokens: TestTokens) -> AsyncIterator[Process]:
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=1)
    offer = Offer(
        descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
        add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(Cameras(), server),
    )
    process = Process(name="video", settings=settings, offers=[offer])
    await process.start()
    yield process
    await process.stop()


def stub_for(process: Process, tokens: TestTokens, caller: Caller, key: str = "gateway") -> Stub:
    return video_pb2_grpc.VideoServiceStub(
        connect(f"127.0.0.1:{process.port}", signer=tokens.signer(key), caller=caller)
    )


@pytest.fixture
def admin(process: Process, tokens: TestTokens) -> Stub:
    return stub_for(process, tokens, tokens.caller("system_admin", "999100"))


async def ask(stub: Stub, area_code: str = "", **fields: Any) -> video_pb2.ListCamerasResponse:
    return await stub.ListCameras(video_pb2.ListCamerasRequest(area_code=area_code, **fields))


async def test_the_caller_is_known_to_the_one_who_serves(admin: Stub) -> None:
    assert (await ask(admin)).next_page_token == "system_admin@999100"


async def test_an_error_arrives_as_its_kind_with_its_key_and_details(admin: Stub) -> None:
    with pytest.raises(errors.Conflict) as caught:
        await ask(admin, "asleep")
    assert caught.value.reason == "CAMERA_ASLEEP"
    assert caught.value.details == {"camera": "CAM001"}
    assert str(caught.value) == "Camera CAM001 is asleep."


async def test_a_stale_write_brings_the_fresh_state_along(admin: Stub) -> None:
    with pytest.raises(errors.Stale) as caught:
        await ask(admin, "stale")
    fresh = video_pb2.Camera()
    assert isinstance(caught.value.fresh, PackedMessage)
    assert caught.value.fresh.Unpack(fresh)
    assert fresh.id == "fresh"


async def test_a_fault_of_ours_tells_the_caller_nothing_about_the_inside(process: Process, tokens: TestTokens) -> None:
    token = tokens.signer().sign(tokens.caller("system_admin", ""))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        stub = video_pb2_grpc.VideoServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ListCameras(
                video_pb2.ListCamerasRequest(area_code="broken"),
                metadata=(("authorization", f"Bearer {token}"),),
                timeout=5,
            )
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "secret inner words" not in str(caught.value)


async def test_without_a_token_nobody_is_served(process: Process) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await video_pb2_grpc.VideoServiceStub(channel).ListCameras(video_pb2.ListCamerasRequest(), timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert reason_of(caught.value) == "UNAUTHENTICATED"


async def test_a_role_without_the_permission_is_refused(process: Process, tokens: TestTokens) -> None:
    with pytest.raises(errors.Forbidden) as caught:
        await ask(stub_for(process, tokens, tokens.caller("resident", "999100")))
    assert caught.value.details == {"permission": "video.read"}


async def test_a_service_may_call_as_itself(process: Process, tokens: TestTokens) -> None:
    answer = await ask(stub_for(process, tokens, service_caller("incidents"), key="incidents"))
    assert answer.next_page_token == "service:incidents"


async def test_a_call_without_a_deadline_is_refused(process: Process, tokens: TestTokens) -> None:
    token = tokens.signer().sign(tokens.caller("system_admin", ""))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        stub = video_pb2_grpc.VideoServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ListCameras(video_pb2.ListCamerasRequest(), metadata=(("authorization", f"Bearer {token}"),))
    assert reason_of(caught.value) == "DEADLINE_MISSING"


async def test_a_field_that_breaks_its_rule_is_named(admin: Stub) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await ask(admin, page_size=9999)
    assert caught.value.reason == "FIELD_INVALID"
    assert caught.value.details["field"] == "page_size"


async def test_a_field_deep_inside_is_named_by_its_path(admin: Stub) -> None:
    camera = video_pb2.Camera(id="C", name="n", grid_code="g", azimuth_deg=400)
    camera.point.longitude_deg = 1
    with pytest.raises(errors.Invalid) as caught:
        await admin.ImportCameras(video_pb2.ImportCamerasRequest(request_id="12345678", cameras=[camera]))
    assert caught.value.details["field"] == "cameras[0].azimuth_deg"


async def test_a_message_that_is_too_large_is_refused(admin: Stub) -> None:
    with pytest.raises(errors.Exhausted):
        await ask(admin, "x" * (5 * 1024 * 1024))


async def test_health_is_told_until_the_process_is_told_to_stop(process: Process) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        seen = []
        async for answer in stub.Watch(health_pb2.HealthCheckRequest()):
            seen.append(answer.status)
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                process.drain.begin()
                await process._health.enter_graceful_shutdown()
            elif health_pb2.HealthCheckResponse.SERVING in seen:
                break
        assert seen[-1] == health_pb2.HealthCheckResponse.NOT_SERVING


def test_a_method_without_a_rule_keeps_a_server_from_starting() -> None:
    with pytest.raises(RuleMissing):
        rules_of([health_pb2.DESCRIPTOR.services_by_name["Health"]])


async def test_a_service_that_is_away_is_named_so(tokens: TestTokens, tmp_path: Path) -> None:
    nobody = connect("127.0.0.1:9", signer=tokens.signer(), caller=tokens.caller("system_admin", ""))
    with pytest.raises(errors.Unavailable):
        await video_pb2_grpc.VideoServiceStub(nobody).ListCameras(video_pb2.ListCamerasRequest(), timeout=2)
    await nobody.close()


def reason_of(failed: grpc.aio.AioRpcError) -> str:
    status = rpc_status.from_call(failed)
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    return info.reason


async def test_what_is_asked_of_others_ends_before_the_answer_is_due(
    process: Process, admin: Stub, tokens: TestTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cameras, "neighbour", stub_for(process, tokens, service_caller("video"), key="video"))
    for given_s, longest_s in ((2.0, 2.0), (60.0, CALL_DEADLINE_S)):
        answer = await admin.ListCameras(video_pb2.ListCamerasRequest(area_code="onward"), timeout=given_s)
        assert 0 < float(answer.next_page_token) < longest_s + 0.1  # gRPC counts deadlines in coarse steps
