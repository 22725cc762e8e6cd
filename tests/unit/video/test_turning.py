"""A camera that turns shows what was asked for, to each who asked, and gives nothing away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from services.video.domain.cameras import Camera, Place
from services.video.domain.errors import Problem, StreamAddressRefused, VisitFailed
from services.video.sources import onvif, wvp
from services.video.sources.allowed import AllowedSources
from services.video.sources.capture import Captures
from services.video.sources.turning import control_of
from tests.support.turning_camera import TurningCamera, turning_camera

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
KINDS = pytest.mark.parametrize("kind", ["onvif", "wvp"])


@pytest.fixture(autouse=True)
def _swift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(onvif, "SHARP_AFTER_S", 0.001)
    monkeypatch.setattr(wvp, "TURNS_WITHIN_S", 0.001)


def view(level: int) -> bytes:
    made, content = cv2.imencode(".jpg", np.full((64, 64, 3), level, np.uint8))
    assert made
    return content.tobytes()


@pytest.fixture
async def device() -> AsyncIterator[TurningCamera]:
    async with turning_camera({"路口": view(40), "校门": view(200)}) as camera:
        yield camera


@pytest.fixture
def captures() -> Captures:
    return Captures(AllowedSources(folder=None, hosts=["127.0.0.1"]), verify=True)


def a_camera(device: TurningCamera, control: str) -> Camera:
    return Camera(
        id="CAM1", gb_code="", name="球机", place=Place(longitude_deg=119.8, latitude_deg=38.6), grid_code="G",
        road_segment="R1", owner_department="D09", azimuth_deg=0.0, stream_address=device.picture,
        control_address=control, presets=("路口", "校门"),
    )  # fmt: skip


@KINDS
async def test_each_who_asks_at_the_same_time_gets_the_view_of_their_preset(
    device: TurningCamera, captures: Captures, kind: str
) -> None:
    camera = a_camera(device, device.control(kind))
    wanted = ["校门", "路口", "校门", "路口"]
    found = await asyncio.gather(*(captures.take(camera, at=AT, budget_s=30, preset=preset) for preset in wanted))
    assert [capture.content for capture in found] == [device.views[preset] for preset in wanted]
    assert device.shown == wanted
    assert device.asked == ["presets", *wanted]


@KINDS
async def test_a_wrong_password_turns_nothing(device: TurningCamera, captures: Captures, kind: str) -> None:
    camera = a_camera(device, device.control(kind, password="guess"))
    with pytest.raises(VisitFailed) as failed:
        await captures.take(camera, at=AT, budget_s=30, preset="校门")
    assert failed.value.problem == Problem.LOCKED_OUT
    assert device.asked == []


@KINDS
async def test_a_preset_it_does_not_know_is_told_apart(device: TurningCamera, captures: Captures, kind: str) -> None:
    with pytest.raises(VisitFailed) as failed:
        await captures.take(a_camera(device, device.control(kind)), at=AT, budget_s=30, preset="河边")
    assert failed.value.problem == Problem.PRESET_UNKNOWN
    assert device.shown == []


async def test_a_camera_that_cannot_be_turned_shows_no_preset(device: TurningCamera, captures: Captures) -> None:
    with pytest.raises(VisitFailed) as failed:
        await captures.take(a_camera(device, ""), at=AT, budget_s=30, preset="校门")
    assert failed.value.problem == Problem.NOT_TURNED


async def test_an_answer_that_would_grow_is_not_read(device: TurningCamera, captures: Captures) -> None:
    device.bomb = True
    with pytest.raises(VisitFailed) as failed:
        await captures.take(a_camera(device, device.control()), at=AT, budget_s=30, preset="校门")
    assert failed.value.problem == Problem.PROTOCOL


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1/", "onvif+rtsp://10.0.0.1/", "onvif+http://169.254.169.254/", "wvp+http://10.1.0.1/?device=1",
        "wvp+file:///etc/passwd", "sip+http://10.0.0.1/",
    ],
)  # fmt: skip
def test_only_allowed_devices_are_told_to_turn(device: TurningCamera, address: str) -> None:
    with pytest.raises(StreamAddressRefused) as refused:
        control_of(AllowedSources(folder=None, hosts=["10.0.0.0/24"]), a_camera(device, address))
    assert address not in str(refused.value)
