"""One keyframe over RTSP: from cameras that behave and from those that do everything else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.video.domain.errors import Problem, VisitFailed
from services.video.eyes.picture import Unreadable, decoded
from services.video.sources import rtsp
from services.video.sources.allowed import AllowedSources, LiveSource
from services.video.sources.auth import Identity
from services.video.sources.rtp import KeyframeCollector
from tests.support.rtsp_server import USER, RtspServer, make_film, rtsp_server

LONG_S = 10.0


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "test.h264")


@pytest.fixture
async def camera(film: Path) -> AsyncIterator[RtspServer]:
    async with rtsp_server(film) as server:
        yield server


async def visit(camera: RtspServer, behaviour: str, *, user: str = "", within_s: float = LONG_S) -> rtsp.Keyframe:
    sources = AllowedSources(folder=None, hosts=["127.0.0.1"])
    source = sources.check("CAM001", camera.address(behaviour, user=user))
    assert isinstance(source, LiveSource)
    playing = asyncio.Event()
    try:
        async with asyncio.timeout(within_s):
            return await rtsp.keyframe(await sources.locate("CAM001", source), verify=True, playing=playing)
    except TimeoutError:
        raise VisitFailed(Problem.NO_KEYFRAME if playing.is_set() else Problem.TIMED_OUT) from None


async def failure(camera: RtspServer, behaviour: str, *, user: str = "", within_s: float = LONG_S) -> str:
    with pytest.raises(VisitFailed) as caught:
        await visit(camera, behaviour, user=user, within_s=within_s)
    return caught.value.problem


@pytest.mark.parametrize("behaviour", ["live", "cached", "unmarked"])
async def test_a_keyframe_comes_and_can_be_decoded(camera: RtspServer, behaviour: str) -> None:
    found = await visit(camera, behaviour)
    picture = decoded(found.codec, found.content)
    assert (picture.width_px, picture.height_px) == (320, 240)
    assert float(picture.small.std()) > 30, "the bars of the test picture are there"


@pytest.mark.parametrize("behaviour", ["locked", "digest"])
async def test_a_camera_that_asks_is_told_name_and_password(camera: RtspServer, behaviour: str) -> None:
    assert (await visit(camera, behaviour, user=USER)).codec == "h264"
    assert await failure(camera, behaviour) == Problem.LOCKED_OUT
    assert await failure(camera, behaviour, user="patrol:wrong") == Problem.LOCKED_OUT
    assert [method for method, _ in camera.requests].count("PLAY") == 1


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        ("stalled", Problem.TIMED_OUT),
        ("gone", Problem.NOT_THERE),
        ("codec", Problem.CODEC),
        ("silent", Problem.NO_KEYFRAME),
        ("nokey", Problem.NO_KEYFRAME),
        ("half", Problem.NO_KEYFRAME),
        ("reset", Problem.BROKEN_OFF),
        ("nonsense", Problem.PROTOCOL),
    ],
)
async def test_each_way_to_fail_has_its_name(camera: RtspServer, behaviour: str, problem: str) -> None:
    assert await failure(camera, behaviour, within_s=1.2) == problem


async def test_a_keyframe_without_end_is_cut_off(camera: RtspServer) -> None:
    assert await failure(camera, "huge") == Problem.TOO_LARGE


async def test_nobody_at_the_door_is_told_at_once(camera: RtspServer) -> None:
    await camera.stop()
    assert await failure(camera, "live") == Problem.REFUSED


async def test_noise_inside_the_right_envelope_is_left_to_the_decoder(camera: RtspServer) -> None:
    found = await visit(camera, "garbled")
    with pytest.raises(Unreadable):
        decoded(found.codec, found.content)


async def test_nothing_stays_open_after_a_visit(camera: RtspServer) -> None:
    await visit(camera, "live")
    async with asyncio.timeout(LONG_S):
        while camera.viewers:  # noqa: ASYNC110 the other side's state has no event
            await asyncio.sleep(0.01)


def test_h265_is_put_together_from_its_own_fragments() -> None:
    collector = KeyframeCollector(codec="hevc", payload_type=98)
    for kind in (32, 33, 34):
        collector.know(bytes([kind << 1, 1, 9]))

    def packet(sequence: int, stamp: int, payload: bytes, *, last: bool = False) -> bytes:
        head = bytes([0x80, 98 | (0x80 if last else 0)]) + sequence.to_bytes(2, "big") + stamp.to_bytes(4, "big")
        return head + b"\0\0\0\7" + payload

    fragment, idr, trail = 49, 19, 1
    assert collector.take(packet(1, 0, bytes([trail << 1, 1, 5, 5]), last=True)) is None
    assert collector.take(packet(2, 9, bytes([fragment << 1, 1, 0x80 | idr]) + b"ab")) is None
    assert collector.take(packet(3, 9, bytes([fragment << 1, 1, idr]) + b"cd")) is None
    found = collector.take(packet(4, 9, bytes([fragment << 1, 1, 0x40 | idr]) + b"ef", last=True))
    assert found is not None
    assert found.endswith(b"\0\0\0\1" + bytes([idr << 1, 1]) + b"abcdef")
    assert found.count(b"\0\0\0\1") == 4


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_packet_however_odd_breaks_the_collector(packets: list[bytes]) -> None:
    collector = KeyframeCollector(codec="h264", payload_type=96)
    for packet in packets:
        framed = bytes([0x80, 0xE0]) + packet
        assert collector.take(framed) is None or collector.parameters


@given(st.binary(max_size=400))
def test_no_description_however_odd_breaks_the_reader(body: bytes) -> None:
    with contextlib.suppress(VisitFailed):
        track = rtsp.described(b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" + body)
        assert track.codec in {"h264", "hevc"}


def test_parameter_sets_told_beside_the_stream_are_known() -> None:
    sets = ",".join(base64.b64encode(unit).decode() for unit in (b"\x67abc", b"\x68de"))
    body = f"m=audio 0 RTP/AVP 0\r\na=control:a\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 x=1;sprop-parameter-sets={sets}\r\na=control:v\r\n"
    track = rtsp.described(body.encode())
    assert (track.control, track.parameters) == ("v", (b"\x67abc", b"\x68de"))


def test_a_digest_is_the_one_of_the_standard() -> None:
    # The example of RFC 2069 with its published correction.
    identity = Identity(user="Mufasa", password="CircleOfLife")
    assert identity.accept(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
    told = identity.header("GET", "/dir/index.html")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in told
    assert not identity.accept(['Digest realm="r", nonce="again"']), "a password that was refused is not tried again"


def frame(channel: int, body: bytes) -> bytes:
    return b"$" + bytes([channel]) + len(body).to_bytes(2, "big") + body


@given(st.lists(st.binary(min_size=0, max_size=40), max_size=12), st.integers(min_value=1, max_value=60))
def test_packets_are_cut_alike_however_they_come(bodies: list[bytes], piece: int) -> None:
    answer = b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nContent-Length: 3\r\n\r\nfin"
    stream = b"".join(frame(0, body) + frame(1, b"report") + answer for body in bodies)
    found: list[bytes] = []
    held = b""
    for place in range(0, len(stream), piece):
        packets, held = rtsp.cut(held + stream[place : place + piece])
        found += packets
    assert (found, held) == (bodies, b"")


def test_an_answer_without_end_is_not_waited_for() -> None:
    with pytest.raises(VisitFailed) as failed:
        rtsp.cut(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 4000)
    assert failed.value.problem == Problem.TOO_LARGE
