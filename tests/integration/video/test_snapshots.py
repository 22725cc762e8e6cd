"""Frames from films and from real RTSP streams, kept so that they prove something; and cameras that misbehave."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psycopg
import pytest
from gridward.common.v1 import place_pb2
from gridward.video.v1 import video_pb2

from services.demo.clip import write_clip
from services.platform import errors
from tests.integration.video.conftest import CITY, EAST, FRAME_S, Video
from tests.support.rtsp_server import USER

CALL_S = 20.0


async def snap(
    video: Video, camera_id: str = "CAM001", *, request_id: str = "snapshot-1", area_path: str = CITY
) -> video_pb2.Snapshot:
    request = video_pb2.TakeSnapshotRequest(request_id=request_id, camera_id=camera_id)
    return (await video.stub(area_path=area_path).TakeSnapshot(request, timeout=CALL_S)).snapshot


async def picture_of(video: Video, snapshot: video_pb2.Snapshot) -> Any:
    content, _ = await video.objects.get(snapshot.evidence.object_key)
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


async def camera_row(video: Video) -> video_pb2.Camera:
    return (await video.stub().ListCameras(video_pb2.ListCamerasRequest())).cameras[0]


@pytest.fixture
async def film_camera(video: Video) -> str:
    await asyncio.to_thread(write_clip, video.films / "CAM001.mp4", camera_id="CAM001", title="松风路枪机01")
    return await video.add_camera((video.films / "CAM001.mp4").as_uri())


@pytest.mark.usefixtures("film_camera")
async def test_a_frame_of_a_film_is_kept_as_evidence(video: Video) -> None:
    snapshot = await snap(video)
    evidence = snapshot.evidence
    content, content_type = await video.objects.get(evidence.object_key)
    assert evidence.object_key == f"snapshots/2026-03-02/{snapshot.id}.jpg"
    assert evidence.sha256 == sha256(content).hexdigest()
    assert (evidence.content_type, content_type, evidence.size_bytes) == ("image/jpeg", "image/jpeg", len(content))
    assert (evidence.kind, evidence.camera_id) == (place_pb2.EVIDENCE_KIND_SNAPSHOT, "CAM001")
    assert evidence.taken_where == place_pb2.Point(longitude_deg=119.8, latitude_deg=38.6)
    assert snapshot.taken_at.ToDatetime().isoformat() == "2026-03-02T02:00:00"
    picture = await picture_of(video, snapshot)
    assert picture.shape == (snapshot.height_px, snapshot.width_px, 3) == (360, 640, 3)


@pytest.mark.usefixtures("film_camera")
async def test_a_snapshot_is_told_with_its_row(video: Video) -> None:
    snapshot = await snap(video)
    assert await video.value("SELECT taken_by FROM snapshot") == f"video_patroller@{CITY}"
    assert await video.value("SELECT type || ' ' || subject FROM outbox") == "snapshot_taken CAM001"
    camera = await camera_row(video)
    assert camera.seen_at == snapshot.taken_at


@pytest.mark.usefixtures("film_camera")
async def test_a_film_goes_on_as_time_goes_by(video: Video) -> None:
    first = await picture_of(video, await snap(video))
    video.clock.advance(timedelta(seconds=2))
    second = await picture_of(video, await snap(video, request_id="snapshot-2"))
    video.clock.advance(timedelta(seconds=4))
    around = await picture_of(video, await snap(video, request_id="snapshot-3"))
    assert np.abs(first.astype(int) - second).mean() > 1
    assert np.array_equal(first, around)


@pytest.mark.usefixtures("film_camera")
async def test_a_request_sent_twice_takes_one_snapshot(video: Video) -> None:
    first = await snap(video)
    assert await snap(video) == first
    together = await asyncio.gather(*(snap(video, request_id="snapshot-2") for _ in range(3)))
    assert len({snapshot.id for snapshot in together}) == 1
    assert await video.value("SELECT count(*) FROM snapshot") == 2
    assert await video.value("SELECT count(*) FROM outbox") == 2


@pytest.mark.usefixtures("film_camera")
async def test_what_a_camera_showed_is_not_changed(video: Video) -> None:
    await snap(video)
    with pytest.raises(psycopg.errors.RestrictViolation):
        await video.value("UPDATE snapshot SET taken_at = now() RETURNING 1")


async def test_a_frame_of_a_live_stream_is_kept(video: Video) -> None:
    await video.add_camera(video.camera.address("live"))
    snapshot = await snap(video)
    assert (snapshot.width_px, snapshot.height_px) == (320, 240)
    picture = await picture_of(video, snapshot)
    colours = {tuple((picture[60, x] > 128).astype(int)) for x in range(10, 310, 20)}
    assert len(colours) >= 6, "the bars of the test picture are there"
    assert ("PLAY", "live") in video.camera.requests


async def test_a_stream_behind_a_password_is_read(video: Video) -> None:
    await video.add_camera(video.camera.address("locked", user=USER))
    assert (await snap(video)).width_px == 320


UNREACHABLE, UNREADABLE = "CAMERA_UNREACHABLE", "FRAME_UNREADABLE"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("stalled", UNREACHABLE),
        ("gone", UNREACHABLE),
        ("locked", UNREACHABLE),
        ("silent", UNREADABLE),
        ("garbled", UNREADABLE),
    ],
)
async def test_a_camera_that_misbehaves_is_told_apart_and_remembered(video: Video, behaviour: str, reason: str) -> None:
    await video.add_camera(video.camera.address(behaviour))
    with pytest.raises(errors.Unavailable) as caught:
        await snap(video)
    assert (caught.value.reason, caught.value.details["camera"]) == (reason, "CAM001")
    assert (await camera_row(video)).fault == reason
    assert await video.value("SELECT count(*) FROM snapshot") == 0


async def test_a_camera_that_comes_back_is_well_again(video: Video) -> None:
    path = video.films / "CAM001.mp4"
    await video.add_camera(path.as_uri())
    with pytest.raises(errors.Unavailable):
        await snap(video)
    assert (await camera_row(video)).fault == UNREACHABLE
    await asyncio.to_thread(write_clip, path, camera_id="CAM001", title="")
    await snap(video)
    assert (await camera_row(video)).fault == ""


async def test_a_camera_without_a_stream_is_unreachable(video: Video) -> None:
    await video.add_camera("")
    with pytest.raises(errors.Unavailable) as caught:
        await snap(video)
    assert caught.value.reason == UNREACHABLE


def _noise(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def _playlist_to_outside(path: Path) -> None:
    write_clip(path.parent / "other.mp4", camera_id="x", title="")
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")


def _never_ends(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [(_noise, UNREADABLE), (_playlist_to_outside, UNREADABLE), (Path.touch, UNREADABLE), (_never_ends, UNREACHABLE)],
    ids=["noise", "a playlist", "nothing", "a pipe"],
)
async def test_a_file_that_is_no_film_is_told_so(video: Video, make: Callable[[Path], None], reason: str) -> None:
    path = video.films / "film.mp4"
    make(path)
    await video.add_camera(path.as_uri())
    with pytest.raises(errors.Unavailable) as caught:
        await snap(video)
    assert caught.value.reason == reason


async def test_a_link_made_later_leads_nowhere(video: Video, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.mp4"
    await asyncio.to_thread(write_clip, outside, camera_id="x", title="")
    await video.add_camera("film.mp4")
    (video.films / "film.mp4").symlink_to(outside)
    with pytest.raises(errors.Invalid) as caught:
        await snap(video)
    assert caught.value.reason == "STREAM_ADDRESS_REFUSED"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(CALL_S):
        while not holds():  # noqa: ASYNC110 another process's state has no event
            await asyncio.sleep(0.02)


async def test_hanging_cameras_hold_up_nobody_else_and_leave_nothing_behind(video: Video) -> None:
    await video.add_camera(video.camera.address("stalled"), id="CAM008")
    await video.add_camera(video.camera.address("live"), id="CAM009")
    hanging = asyncio.create_task(snap(video, "CAM008", request_id="snapshot-8"))
    await until(lambda: ("DESCRIBE", "stalled") in video.camera.requests)
    assert (await snap(video, "CAM009", request_id="snapshot-9")).camera_id == "CAM009"
    with pytest.raises(errors.Unavailable):
        await hanging
    await until(lambda: video.camera.viewers == 0)


async def test_a_caller_who_leaves_takes_the_connection_along(video: Video) -> None:
    await video.add_camera(video.camera.address("stalled"))
    leaving = asyncio.create_task(snap(video))
    await until(lambda: video.camera.viewers == 1)
    leaving.cancel()
    await until(lambda: video.camera.viewers == 0)


async def test_more_callers_than_cameras_can_serve_are_asked_to_wait(video: Video) -> None:
    await video.add_camera(video.camera.address("stalled"))
    answers = await asyncio.gather(
        *(snap(video, request_id=f"snapshot-{number}") for number in range(6)), return_exceptions=True
    )
    reasons = [answer.reason for answer in answers if isinstance(answer, errors.GridwardError)]
    assert sorted(set(reasons)) == [UNREACHABLE, "EXHAUSTED"]
    assert reasons.count(UNREACHABLE) == 2


async def test_a_deadline_of_the_caller_is_kept(video: Video) -> None:
    await video.add_camera(video.camera.address("stalled"))
    request = video_pb2.TakeSnapshotRequest(request_id="snapshot-1", camera_id="CAM001")
    with pytest.raises(errors.Unavailable) as caught:
        await video.stub().TakeSnapshot(request, timeout=FRAME_S / 2)
    assert caught.value.reason == UNREACHABLE, "the answer came before the time was up"


@pytest.mark.usefixtures("film_camera")
async def test_nobody_looks_through_a_camera_of_another_area(video: Video) -> None:
    for camera_id, area_path in (("CAM001", f"{CITY}.{EAST}"), ("CAM404", CITY)):
        with pytest.raises(errors.NotFound) as caught:
            await snap(video, camera_id, area_path=area_path)
        assert caught.value.reason == "CAMERA_UNKNOWN"


@pytest.mark.usefixtures("film_camera")
@pytest.mark.parametrize("role", ["acceptor", "resident"])
async def test_only_video_patrol_takes_snapshots(video: Video, role: str) -> None:
    with pytest.raises(errors.Forbidden):
        await video.stub(role).TakeSnapshot(video_pb2.TakeSnapshotRequest(request_id="snapshot-1", camera_id="CAM001"))
