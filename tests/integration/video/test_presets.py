"""A camera that turns is toured preset by preset, each with a look of its own; people walk the same way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import cv2
import pytest
from gridward.video.v1 import tours_pb2, tours_pb2_grpc, video_pb2

from services.platform.errors import Invalid
from services.video.sources import onvif
from tests.integration.video.conftest import Video
from tests.integration.video.test_patrol import touring, until
from tests.support.scenes import Street
from tests.support.turning_camera import PASSWORD, TurningCamera, turning_camera

PRESETS = ["路口", "校门"]


def jpeg(street: Street) -> bytes:
    made, content = cv2.imencode(".jpg", street.look(), [int(cv2.IMWRITE_JPEG_QUALITY), 92])
    assert made
    return content.tobytes()


@pytest.fixture
async def device(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TurningCamera]:
    monkeypatch.setattr(onvif, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(onvif, "SHARP_AFTER_S", 0.001)
    async with turning_camera({name: jpeg(Street(number + 5)) for number, name in enumerate(PRESETS)}) as camera:
        yield camera


def a_route(*presets: str) -> tours_pb2.SaveRouteRequest:
    stops = [tours_pb2.Stop(camera_id="PTZ1", preset=preset) for preset in presets]
    route = tours_pb2.Route(id="PR9", name="球机线", rounds_per_day=2880, stops=stops)
    return tours_pb2.SaveRouteRequest(request_id="route-ptz-1", route=route)


async def test_each_preset_has_its_own_visits_and_look_and_is_walked_to(video: Video, device: TurningCamera) -> None:
    await video.add_camera(device.picture, id="PTZ1", presets=PRESETS, control_url=device.control())
    tours = tours_pb2_grpc.ToursServiceStub(video.channel())
    await tours.SaveRoute(a_route(*PRESETS))
    video.clock.advance(timedelta(seconds=29))  # just before the end of a round, when all its stops are due
    async with touring(video):
        for _ in range(2):
            video.clock.advance(timedelta(seconds=30))
            video.parts.touring._wake.set()
            now = video.clock.now().isoformat()

            async def both(now: str = now) -> bool:
                return await video.value(f"SELECT count(*) FROM visit WHERE at = '{now}' AND problem = ''") == 2

            await until(both)
    assert sorted(device.shown) == sorted(PRESETS * 2)
    kept = (
        "SELECT count(*) FROM watch WHERE camera_id = 'PTZ1' AND seen_at IS NOT NULL AND preset = ANY ('{路口,校门}')"
    )
    assert await video.value(kept) == 2
    assert await video.value("SELECT count(*) FROM stop_day WHERE rounds_met = 2") == 2
    step = await tours.WalkRoute(tours_pb2.WalkRouteRequest(request_id="walk-0001", route_id="PR9", position=1))
    assert (step.stop.preset, step.problem) == ("校门", "")
    assert step.picture
    assert device.at == "校门"


async def test_a_tour_names_only_presets_that_the_camera_has(video: Video, device: TurningCamera) -> None:
    await video.add_camera(device.picture, id="PTZ1", presets=PRESETS, control_url=device.control())
    with pytest.raises(Invalid) as refused:
        await tours_pb2_grpc.ToursServiceStub(video.channel()).SaveRoute(a_route("河边"))
    assert refused.value.reason == "ROUTE_INVALID"


async def test_how_a_camera_is_turned_is_never_told(video: Video, device: TurningCamera) -> None:
    await video.add_camera(device.picture, id="PTZ1", presets=PRESETS, control_url=device.control())
    camera = (await video.stub().ListCameras(video_pb2.ListCamerasRequest())).cameras[0]
    assert camera.turns
    assert camera.control_url == ""
    sealed = await video.value("SELECT encode(sealed_control, 'escape') FROM camera")
    assert sealed
    assert PASSWORD not in sealed
