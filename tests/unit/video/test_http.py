"""One picture over HTTP: a JPEG from a camera that may ask for a password, or the first keyframe of a media server's FLV; or a clip of it."""

from __future__ import annotations

import asyncio
import io
import struct
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import pytest

from services.video.domain.errors import Problem, VisitFailed
from services.video.eyes import muxing
from services.video.eyes.picture import decoded
from services.video.sources import http, rtsp
from services.video.sources.allowed import AllowedSources, LiveSource
from services.video.sources.rtsp import Keyframe
from tests.support.rtsp_server import (
    KEY_SLICE,
    PARAMETERS_PICTURE,
    PARAMETERS_SEQUENCE,
    Request,
    make_film,
    pictures_of,
    proven,
    units_of,
)
from tests.support.scenes import Street

JPEG = cv2.imencode(".jpg", Street(1).look())[1].tobytes()


#: The stream has run for longer than three bytes can tell.
AWAKE_MS = 2**24 + 5


def flv_of(film: Path) -> bytes:
    """A film's first pictures as a media server sends them: sets first, then plain pictures, then a keyframe."""
    pictures = pictures_of(units_of(film.read_bytes()))
    sets = {unit[0] & 0x1F: unit for picture in pictures for unit in picture}
    sps, pps = sets[PARAMETERS_SEQUENCE], sets[PARAMETERS_PICTURE]
    record = (
        bytes([1, *sps[1:4], 0xFF, 0xE1])
        + struct.pack("!H", len(sps))
        + sps
        + b"\1"
        + struct.pack("!H", len(pps))
        + pps
    )

    def tag(kind: int, body: bytes, at_ms: int = 0) -> bytes:
        at = (at_ms % 2**24).to_bytes(3, "big") + bytes([at_ms >> 24, 0, 0, 0])
        return bytes([kind]) + len(body).to_bytes(3, "big") + at + body + struct.pack("!I", len(body) + 11)

    def picture_tag(number: int, picture: list[bytes]) -> bytes:
        key = any(unit[0] & 0x1F == KEY_SLICE for unit in picture)
        slices = [unit for unit in picture if unit[0] & 0x1F in {1, KEY_SLICE}]
        body = b"".join(struct.pack("!I", len(unit)) + unit for unit in slices)
        return tag(9, bytes([0x17 if key else 0x27, 1, 0, 0, 0]) + body, AWAKE_MS + number * 40)

    begin = b"FLV\x01\x05" + struct.pack("!I", 9) + bytes(4)
    rest = b"".join(picture_tag(number, picture) for number, picture in enumerate(pictures[1:]))
    return begin + tag(18, b"meta") + tag(9, bytes([0x17, 0, 0, 0, 0]) + record) + tag(8, b"sound") + rest


def film_265(path: Path) -> Path:
    """One test picture as bare H.265."""
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=5", "-frames:v", "1"]
    coding = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:pools=1", "-f", "hevc"]
    subprocess.run([*command, *coding, str(path)], check=True)
    return path


def flv_265_of(film: Path, *, named: bool) -> bytes:
    """A keyframe in H.265 as a media server sends it: by its number, or named by four letters as the format has it since."""
    units = units_of(film.read_bytes())
    sets = [next(unit for unit in units if unit[0] >> 1 & 0x3F == kind) for kind in (32, 33, 34)]
    slices = [unit for unit in units if unit[0] >> 1 & 0x3F in {19, 20}][:1]
    arrays = b"".join(bytes([0x80 | unit[0] >> 1 & 0x3F]) + struct.pack("!HH", 1, len(unit)) + unit for unit in sets)
    record = bytes([1, *bytes(21), len(sets)]) + arrays
    picture = b"".join(struct.pack("!I", len(unit)) + unit for unit in slices)
    heads = (b"\x90hvc1", b"\x91hvc1\0\0\0") if named else (b"\x1c\0\0\0\0", b"\x1c\1\0\0\0")
    tags = [head + body for head, body in zip(heads, (record, picture), strict=True)]
    told = b"".join(
        b"\x09" + len(tag).to_bytes(3, "big") + bytes(7) + tag + struct.pack("!I", len(tag) + 11) for tag in tags
    )
    return b"FLV\x01\x05" + struct.pack("!I", 9) + bytes(4) + told


@dataclass
class Camera:
    """Answers each path in its own way."""

    film: bytes
    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        begin, *lines = head.split("\r\n")
        path = begin.split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        self.asked.append(path)
        writer.write(self.answer(path, Request(method="GET", url=path, headers=headers)))
        if path == "/stalled":
            await reader.read()
        await writer.drain()
        writer.close()

    def answer(self, path: str, request: Request) -> bytes:
        def whole(body: bytes, kind: str = "image/jpeg") -> bytes:
            return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

        if path == "/locked" and not proven(request):
            challenge = 'Digest realm="camera", nonce="5ca1ab1e", qop="auth", algorithm=MD5'
            return f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode()
        if path == "/chunked":
            pieces = [JPEG[n : n + 7000] for n in range(0, len(JPEG), 7000)]
            body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
            return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        others = {
            "/stalled": b"",
            "/elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n",
            "/gone": b"HTTP/1.1 404 Not Found\r\n\r\n",
            "/page": whole(b"<html>hello</html>", "text/html"),
            "/nonsense": b"hello\r\n\r\n",
            "/endless": b"HTTP/1.1 200 OK\r\n\r\n" + JPEG[:3] + bytes(9_000_000),
            "/flv": b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n" + self.film,
        }
        return others.get(path, whole(JPEG))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return flv_of(make_film(tmp_path_factory.mktemp("film") / "test.h264"))


@pytest.fixture
async def camera(film: bytes) -> AsyncIterator[Camera]:
    made = Camera(film)
    server = await asyncio.start_server(made.attend, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


async def take(camera: Camera, path: str, *, user: str = "") -> bytes | Keyframe:
    sources = AllowedSources(folder=None, hosts=["127.0.0.1"])
    source = sources.check("CAM001", f"http://{user + '@' if user else ''}127.0.0.1:{camera.port}{path}")
    assert isinstance(source, LiveSource)
    async with asyncio.timeout(10):
        return await http.picture(await sources.locate("CAM001", source), verify=True)


@pytest.mark.parametrize("path", ["/snapshot", "/chunked", "/snapshot?channel=1"])
async def test_a_jpeg_comes_as_it_is(camera: Camera, path: str) -> None:
    assert await take(camera, path) == JPEG


async def test_a_camera_that_asks_is_told_name_and_password_once(camera: Camera) -> None:
    assert await take(camera, "/locked", user="patrol:s3cret") == JPEG
    with pytest.raises(VisitFailed, match=Problem.LOCKED_OUT):
        await take(camera, "/locked", user="patrol:wrong")
    assert camera.asked.count("/locked") == 4


async def test_the_first_keyframe_of_a_media_server_s_stream_can_be_decoded(camera: Camera) -> None:
    found = await take(camera, "/flv")
    assert isinstance(found, Keyframe)
    picture = decoded(found.codec, found.content)
    assert (picture.width_px, picture.height_px) == (320, 240)


async def test_a_few_seconds_of_a_media_server_s_stream_become_a_clip_and_a_jpeg_does_not(camera: Camera) -> None:
    async def segment(path: str, *, seconds: float = 4.0, bytes_max: int = 10**6) -> rtsp.Segment | None:
        sources = AllowedSources(folder=None, hosts=["127.0.0.1"])
        source = sources.check("CAM001", f"http://127.0.0.1:{camera.port}{path}")
        assert isinstance(source, LiveSource)
        located = await sources.locate("CAM001", source)
        async with asyncio.timeout(10):
            return await http.segment(located, verify=True, seconds=seconds, bytes_max=bytes_max)

    assert await segment("/snapshot") is None
    found = await segment("/flv")
    assert found is not None
    assert [stamp // 90 for stamp in found.stamps] == [number * 40 for number in range(len(found.stamps))]
    with av.open(io.BytesIO(muxing.of_pictures(found.codec, found.pictures, found.stamps))) as clip:
        assert len(list(clip.decode(video=0))) == len(found.pictures) > 5
    brief = await segment("/flv", seconds=0.2)
    assert brief is not None
    assert len(brief.pictures) == 6
    with pytest.raises(VisitFailed, match=Problem.CODEC):
        await take(camera, "/page")


@pytest.mark.parametrize("named", [False, True], ids=["numbered", "named"])
async def test_a_media_server_may_send_h265(camera: Camera, tmp_path: Path, named: bool) -> None:
    camera.film = flv_265_of(film_265(tmp_path / "test.h265"), named=named)
    found = await take(camera, "/flv")
    assert isinstance(found, Keyframe)
    assert found.codec == "hevc"
    assert decoded(found.codec, found.content).width_px == 320


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/gone", Problem.NOT_THERE),
        ("/page", Problem.CODEC),
        ("/elsewhere", Problem.PROTOCOL),
        ("/nonsense", Problem.PROTOCOL),
        ("/endless", Problem.TOO_LARGE),
    ],
)
async def test_each_way_to_fail_has_its_name(camera: Camera, path: str, problem: str) -> None:
    with pytest.raises(VisitFailed, match=problem):
        await take(camera, path)
    assert camera.asked == [path], "no redirection is followed"


async def test_a_server_that_never_answers_is_left_in_time(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_S", 0.2)
    with pytest.raises(VisitFailed, match=Problem.TIMED_OUT):
        await take(camera, "/stalled")
