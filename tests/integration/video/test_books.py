"""Administrators register, change, try out and import cameras; what they enter of secrets comes back nowhere."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from gridward.video.v1 import books_pb2, books_pb2_grpc, video_pb2

from services.platform import errors
from services.platform.seal import Sealer
from tests.integration.video.conftest import CITY, WEST, Video, a_camera
from tests.support.scenes import VTEST, Street

FACES = VTEST.with_name("basketball1.png")
HEAD = "编号,名称,经度,纬度,网格编码,国标编码,视频地址,用户名,密码"
CODE = "34020000001320000001"


@pytest.fixture
def admin(video: Video) -> books_pb2_grpc.CameraBooksServiceAsyncStub:
    return books_pb2_grpc.CameraBooksServiceStub(video.channel("system_admin"))


def saving(camera: video_pb2.Camera, number: int, **fields: Any) -> books_pb2.SaveCameraRequest:
    return books_pb2.SaveCameraRequest(request_id=f"save-{number:04d}", camera=camera, **fields)


async def address(video: Video, camera_id: str) -> str:
    sealed = bytes(await video.value(f"SELECT sealed_address FROM camera WHERE id = '{camera_id}'"))
    return Sealer.from_file(video.tokens.seal_file("video")).open(sealed, place=f"camera.address:{camera_id}")


async def test_a_camera_is_registered_by_its_place_and_changed_by_whoever_saw_it_last(
    video: Video, admin: books_pb2_grpc.CameraBooksServiceAsyncStub
) -> None:
    new = a_camera(grid_code="", stream_url="rtsp://127.0.0.1/live", gb_code=CODE)
    secrets = books_pb2.Credentials(user="patrol", password="p@ss")
    saved = (await admin.SaveCamera(saving(new, 1, credentials=secrets))).camera
    assert (saved.grid_code, saved.version, saved.has_stream, saved.stream_url) == ("999102001", 1, True, "")
    assert await address(video, "CAM001") == "rtsp://patrol:p%40ss@127.0.0.1/live"
    assert (await admin.SaveCamera(saving(new, 1, credentials=secrets))).camera == saved, "sent twice, saved once"

    with pytest.raises(errors.AlreadyExists) as taken:
        await admin.SaveCamera(saving(new, 2))
    assert taken.value.reason == "CAMERA_TAKEN"
    renamed = a_camera(name="松风路口东")
    changed = (
        await admin.SaveCamera(
            saving(renamed, 3, version=1, credentials=books_pb2.Credentials(user="new", password="er"))
        )
    ).camera
    assert (changed.name, changed.version) == ("松风路口东", 2)
    assert await address(video, "CAM001") == "rtsp://new:er@127.0.0.1/live", "the address stays, its password is new"
    with pytest.raises(errors.Stale) as stale:
        await admin.SaveCamera(saving(renamed, 4, version=1))
    assert stale.value.reason == "CAMERA_STALE"
    assert await video.value("SELECT count(*) FROM audit WHERE action = 'camera.save'") == 2


async def test_what_may_not_be_is_refused_in_words_that_repeat_no_secret(
    video: Video, admin: books_pb2_grpc.CameraBooksServiceAsyncStub
) -> None:
    await admin.SaveCamera(saving(a_camera(gb_code=CODE), 1))
    elsewhere = a_camera("CAM002", stream_url="rtsp://a:s3cret@169.254.169.254/latest")
    refused = [
        (saving(elsewhere, 2), errors.Invalid, "STREAM_ADDRESS_REFUSED"),
        (saving(a_camera("CAM002", gb_code=CODE), 3), errors.Conflict, "GB_CODE_TAKEN"),
        (saving(a_camera("CAM002", gb_code="12"), 4), errors.Invalid, "INVALID_REQUEST"),
    ]
    for request, kind, reason in refused:
        with pytest.raises(kind) as caught:
            await admin.SaveCamera(request)
        assert reason in {caught.value.reason, "INVALID_REQUEST"}
        assert "s3cret" not in str(caught.value) + str(caught.value.details)
    outside = a_camera("CAM003", grid_code="")
    outside.point.longitude_deg = 121.5
    with pytest.raises(errors.Invalid) as caught:
        await admin.SaveCamera(saving(outside, 5))
    assert caught.value.details["problem"] == "it lies in no grid of the city"
    west = books_pb2_grpc.CameraBooksServiceStub(video.channel("system_admin", f"{CITY}.{WEST}"))
    with pytest.raises(errors.Forbidden):
        await west.SaveCamera(saving(a_camera("CAM004", grid_code="999103001"), 6))
    patroller = books_pb2_grpc.CameraBooksServiceStub(video.channel())
    with pytest.raises(errors.Forbidden):
        await patroller.SaveCamera(saving(a_camera("CAM005"), 7))
    assert await video.value("SELECT count(*) FROM camera") == 1


async def test_a_trial_visit_shows_the_camera_without_keeping_anything(
    video: Video, admin: books_pb2_grpc.CameraBooksServiceAsyncStub
) -> None:
    people = np.asarray(cv2.imread(str(FACES)))
    cv2.imwrite(str(video.films / "CAM001.jpg"), people)
    tried = books_pb2.TryCameraRequest(camera=a_camera(stream_url="CAM001.jpg"))
    shown = await admin.TryCamera(tried, timeout=30)
    assert (shown.width_px, shown.height_px, shown.picture[:2]) == (640, 480, b"\xff\xd8")
    plain = cv2.imencode(".jpg", people)[1].tobytes()
    assert shown.picture != plain, "whoever keeps the book may not see faces"
    for camera, reason in (
        (a_camera(stream_url=video.camera.address("gone")), "CAMERA_UNREACHABLE"),
        (a_camera(stream_url="rtsp://10.0.0.1/live"), "STREAM_ADDRESS_REFUSED"),
        (a_camera(), "CAMERA_UNREACHABLE"),
    ):
        with pytest.raises(errors.GridwardError) as caught:
            await admin.TryCamera(books_pb2.TryCameraRequest(camera=camera), timeout=30)
        assert caught.value.reason == reason
    assert await video.value("SELECT count(*) FROM camera") == 0
    cv2.imwrite(str(video.films / "CAM001.jpg"), Street(1).look())
    await video.add_camera("CAM001.jpg")
    kept = await admin.TryCamera(books_pb2.TryCameraRequest(camera=a_camera()), timeout=30)
    assert kept.width_px > 0, "the address that is kept is visited"


async def test_a_sheet_brings_all_its_cameras_or_says_every_fault_and_brings_none(
    video: Video, admin: books_pb2_grpc.CameraBooksServiceAsyncStub
) -> None:
    def sheet(*lines: str, number: int, dry_run: bool = False) -> books_pb2.ImportCameraSheetRequest:
        content = "\n".join([HEAD, *lines]).encode("gb18030")
        return books_pb2.ImportCameraSheetRequest(request_id=f"sheet-{number:04d}", content=content, dry_run=dry_run)

    good = ("CAM001,东门,119.8,38.6,,,rtsp://127.0.0.1/1,patrol,s3cret", f"CAM002,西门,119.8,38.6,999103001,{CODE}")
    faulty = await admin.ImportCameraSheet(
        sheet(
            *good,
            "CAM003,南门,121.5,38.6",
            "CAM004,北门,119.8,38.6,000000000",
            "CAM005,塔楼,119.8,38.6,,,rtsp://x:s3cret@10.9.9.9/1",
            "CAM006,桥,119.8,38.6,,,ftp://127.0.0.1/1",
            number=1,
        )
    )
    assert [(fault.row, fault.column, fault.reason, fault.value) for fault in faulty.faults] == [
        (4, "经度", "NO_GRID_HERE", ""),
        (5, "网格编码", "GRID_UNKNOWN", "000000000"),
        (6, "视频地址", "HOST_NOT_ALLOWED", ""),
        (7, "视频地址", "ADDRESS_REFUSED", ""),
    ]
    assert await video.value("SELECT count(*) FROM camera") == 0
    tried = await admin.ImportCameraSheet(sheet(*good, number=2, dry_run=True))
    assert (tried.created_count, await video.value("SELECT count(*) FROM camera")) == (2, 0)
    brought = await admin.ImportCameraSheet(sheet(*good, number=3))
    assert (brought.created_count, brought.updated_count, brought.unchanged_count) == (2, 0, 0)
    assert await admin.ImportCameraSheet(sheet(*good, number=3)) == brought, "sent twice, brought once"
    assert await address(video, "CAM001") == "rtsp://patrol:s3cret@127.0.0.1/1"
    again = await admin.ImportCameraSheet(sheet(good[0], good[1].replace("西门", "西侧门"), number=4))
    assert (again.created_count, again.updated_count, again.unchanged_count) == (0, 1, 1)
    west = books_pb2_grpc.CameraBooksServiceStub(video.channel("system_admin", f"{CITY}.{WEST}"))
    foreign = await west.ImportCameraSheet(sheet(*good, number=5))
    assert [(fault.row, fault.reason) for fault in foreign.faults] == [(3, "FOREIGN")]
