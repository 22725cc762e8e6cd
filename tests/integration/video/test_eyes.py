"""Workers look at pictures for the service; whatever a camera sends, the next one is looked at as if nothing had been."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import pytest

from services.video.domain.errors import VisitFailed
from services.video.eyes.pool import Against, Eyes
from services.video.settings import MODELS
from services.video.sources.capture import Capture
from tests.support.rtsp_server import KEY_SLICE, make_film, pictures_of, units_of
from tests.support.scenes import VTEST, Street, real_street


@pytest.fixture
async def eyes() -> AsyncIterator[Eyes]:
    made = Eyes(workers=1)
    yield made
    await made.close()


def jpeg(picture: object) -> Capture:
    return Capture(kind="jpeg", content=cv2.imencode(".jpg", picture)[1].tobytes())  # type: ignore[call-overload]


async def looks(eyes: Eyes, capture: Capture) -> int:
    async with eyes.gaze() as gaze:
        return (await gaze.look(capture, Against())).width_px


def bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(90_001))) + chunk(b"IEND", b"")
    )


async def test_garbage_and_bombs_are_told_and_harm_nothing(eyes: Eyes, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.h264")
    keys = [
        b"\0\0\0\1".join([b"", *picture])
        for picture in pictures_of(units_of(film.read_bytes()))
        if any(unit[0] & 0x1F == KEY_SLICE for unit in picture)
    ]
    assert await looks(eyes, Capture(kind="h264", content=keys[0])) == 320
    for capture in (
        Capture(kind="jpeg", content=os.urandom(20_000)),
        Capture(kind="jpeg", content=bomb()),
        Capture(kind="h264", content=os.urandom(20_000)),
        Capture(kind="h264", content=keys[0][: len(keys[0]) // 8]),
        Capture(kind="hevc", content=keys[0]),
        Capture(kind="jpeg", content=b""),
    ):
        with contextlib.suppress(VisitFailed):  # half a keyframe may still show something
            await looks(eyes, capture)
        assert await looks(eyes, jpeg(Street(1).look())) == 640


async def test_a_worker_that_dies_is_replaced(eyes: Eyes) -> None:
    assert await looks(eyes, jpeg(Street(1).look())) == 640
    process = eyes._workers[0]._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    assert await looks(eyes, jpeg(Street(1).look())) == 640


async def test_a_worker_that_hangs_is_ended(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await looks(eyes, jpeg(Street(1).look())) == 640
    process = eyes._workers[0]._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    monkeypatch.setattr("services.video.eyes.pool.ORDER_S", 0.3)
    worker = eyes._workers[0]
    with pytest.raises(VisitFailed):
        await worker.ask({"verb": "greet"}, within_s=0.3)
    assert await looks(eyes, jpeg(Street(1).look())) == 640


async def test_h265_is_looked_at_too(eyes: Eyes, tmp_path: Path) -> None:
    path = tmp_path / "film.hevc"
    ran = await asyncio.create_subprocess_exec(
        "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=1:duration=1", "-c:v", "libx265",
        "-x265-params", "log-level=none", "-pix_fmt", "yuv420p", "-f", "hevc", str(path),
    )  # fmt: skip
    assert await ran.wait() == 0
    assert await looks(eyes, Capture(kind="hevc", content=path.read_bytes())) == 320


async def test_the_detector_works_inside_a_worker_and_a_broken_one_is_done_without(tmp_path: Path) -> None:
    assert VTEST.exists()
    picture = next(iter(real_street(count=1)))
    eyes = Eyes(workers=1, model=MODELS / "nanodet_g")
    try:
        await eyes.start()
        assert eyes.detector.startswith("NanoDet-g")
        async with eyes.gaze() as gaze:
            await gaze.look(jpeg(picture), Against())
            assert {thing.label for thing in await gaze.detect()} >= {"person", "car"}
    finally:
        await eyes.close()
    broken = Eyes(workers=1, model=tmp_path)
    try:
        await broken.start()
        assert (broken.has_detector, broken.detector) == (False, "")
        assert await looks(broken, jpeg(picture)) == 768
    finally:
        await broken.close()


async def test_a_worker_is_not_taken_for_worn_because_its_parent_holds_much(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bytearray(os.urandom(1 << 20) * 400)
    monkeypatch.setattr("services.video.eyes.pool.WORKER_MB_MAX", 380)
    assert await looks(eyes, jpeg(Street(1).look())) == 640
    first = eyes._workers[0]._process
    assert await looks(eyes, jpeg(Street(1).look())) == 640
    assert first is not None
    assert eyes._workers[0]._process is first
    assert len(held) > 0
