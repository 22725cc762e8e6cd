"""Takes one keyframe from a camera over RTSP (RFC 2326), everything inside one TCP connection.

A visit asks four things (DESCRIBE, SETUP, PLAY, and the keyframe), waits without costing anything, and leaves. The
same conversation can be kept up for a camera that is looked at all the time: then the newest keyframe is kept and
nothing is decoded.
"""

import asyncio
import base64
import binascii
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

from services.video.domain.errors import Problem, VisitFailed
from services.video.sources.allowed import LiveSource
from services.video.sources.auth import Identity
from services.video.sources.heads import HEAD_BYTES_MAX, Head, opened, parsed, read_head
from services.video.sources.rtp import Codec, KeyframeCollector

ANSWER_S: Final = 5.0
SILENCE_S: Final = 5.0
BODY_BYTES_MAX: Final = 64 * 1024
STREAM_BYTES_MAX: Final = 48 * 1024 * 1024
KEEPALIVE_S: Final = 20.0
PIECE_BYTES: Final = 128 * 1024
DOLLAR: Final = ord("$")
FRAME_HEAD_BYTES: Final = 4
CLOCK_HZ: Final = 90_000
_CODECS: Final[dict[str, Codec]] = {"H264": "h264", "H265": "hevc"}
_SPROP: Final = re.compile(r"sprop-(?:parameter-sets|vps|sps|pps)=([^;\s]+)")
_WORD: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframe:
    """A whole picture as the camera coded it."""

    codec: Codec
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The video of a stream, as its description tells."""

    codec: Codec
    payload_type: int
    control: str
    parameters: tuple[bytes, ...] = field(repr=False)
    feedback: bool


async def keyframe(source: LiveSource, *, verify: bool, playing: asyncio.Event) -> Keyframe:
    """The next keyframe; the caller sets the time, and sees when the stream began. Fails with VisitFailed."""
    stream = keyframes(source, verify=verify, playing=playing)
    async with contextlib.aclosing(stream):
        async for found in stream:
            return found
    raise VisitFailed(Problem.NO_KEYFRAME)


async def keyframes(
    source: LiveSource, *, verify: bool, playing: asyncio.Event, bytes_max: int = STREAM_BYTES_MAX
) -> AsyncGenerator[Keyframe, None]:
    """Keyframes as they come. Fails with VisitFailed when the camera breaks off, or sends `bytes_max` without one."""
    async with opened(source, verify=verify) as (reader, writer):
        talk = Conversation(source, reader, writer)
        track = await talk.begin()
        playing.set()
        collector = KeyframeCollector(codec=track.codec, payload_type=track.payload_type)
        for unit in track.parameters:
            collector.know(unit)
        left = bytes_max
        async for packet in talk.packets():
            left -= len(packet)
            if left < 0:
                raise VisitFailed(Problem.NO_KEYFRAME)
            found = collector.take(packet)
            if found is not None:
                left = bytes_max
                yield Keyframe(codec=track.codec, content=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A few seconds of a stream: its pictures as they were coded, the first a keyframe, each with its time."""

    codec: Codec
    pictures: tuple[bytes, ...] = field(repr=False)
    stamps: tuple[int, ...] = field(repr=False)


async def segment(source: LiveSource, *, verify: bool, seconds: float, bytes_max: int) -> Segment:
    """What comes from the next keyframe on, for so long, or until it is too much. Fails with VisitFailed."""
    pictures: list[bytes] = []
    stamps: list[int] = []
    size = 0
    async with opened(source, verify=verify) as (reader, writer):
        talk = Conversation(source, reader, writer)
        track = await talk.begin()
        collector = KeyframeCollector(codec=track.codec, payload_type=track.payload_type, every=True)
        for unit in track.parameters:
            collector.know(unit)
        left = STREAM_BYTES_MAX
        async for packet in talk.packets():
            left -= len(packet)
            if left < 0:
                break
            found = collector.take(packet)
            if found is None or not (pictures or collector.key):
                continue
            passed = (collector.stamp - stamps[0]) % 2**32 if stamps else 0
            size += len(found)
            if passed > seconds * CLOCK_HZ or size > bytes_max:
                break
            pictures.append(found)
            stamps.append(passed if stamps else collector.stamp)
    if not pictures:
        raise VisitFailed(Problem.NO_KEYFRAME)
    return Segment(codec=track.codec, pictures=tuple(pictures), stamps=(0, *stamps[1:]))


class Conversation:
    """One RTSP session with a camera."""

    def __init__(self, source: LiveSource, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._source, self._reader, self._writer = source, reader, writer
        self._identity = Identity(user=source.user, password=source.password)
        self._number = 0
        self._session = ""
        self._base = source.url
        self._asked_at_s = 0.0

    async def begin(self) -> Track:
        """Describe, set up, play; what is played. Fails with VisitFailed."""
        head, body = await self._ask("DESCRIBE", self._source.url, "Accept: application/sdp")
        self._base = _within(self._source, head.first("content-base") or head.first("content-location"))
        track = described(body)
        target = _within(self._source, urljoin(self._base.rstrip("/") + "/", track.control))
        head, _ = await self._ask("SETUP", target, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        self._session = head.first("session").partition(";")[0].strip()
        if not _WORD.fullmatch(self._session):
            raise VisitFailed(Problem.PROTOCOL)
        await self._ask("PLAY", self._base, "Range: npt=0.000-")
        if track.feedback:
            self._writer.write(_picture_loss())
        return track

    async def _ask(self, method: str, url: str, *lines: str) -> tuple[Head, bytes]:
        """One request and its answer; a camera that asks for a password gets it once. Fails with VisitFailed."""
        while True:
            self._say(method, url, *lines)
            try:
                async with asyncio.timeout(ANSWER_S):
                    head, body = await self._answer()
            except TimeoutError:
                raise VisitFailed(Problem.TIMED_OUT) from None
            if head.status == 401:
                if self._identity.accept(head.headers.get("www-authenticate", ())):
                    continue
                raise VisitFailed(Problem.LOCKED_OUT)
            if head.status in {404, 410, 454}:
                raise VisitFailed(Problem.NOT_THERE)
            if head.status == 403:
                raise VisitFailed(Problem.LOCKED_OUT)
            if head.status != 200:
                raise VisitFailed(Problem.PROTOCOL)
            return head, body

    def _say(self, method: str, url: str, *lines: str) -> None:
        self._number += 1
        told = [f"{method} {url} RTSP/1.0", f"CSeq: {self._number}", "User-Agent: Gridward"]
        if self._session:
            told.append(f"Session: {self._session}")
        permission = self._identity.header(method, url)
        if permission:
            told.append(f"Authorization: {permission}")
        self._writer.write("\r\n".join([*told, *lines, "", ""]).encode())
        self._asked_at_s = asyncio.get_running_loop().time()

    async def _answer(self) -> tuple[Head, bytes]:
        """The next answer; media that comes before it is passed over."""
        while (first := await self._reader.readexactly(1)) == b"$":
            await self._frame()
        head = await read_head(self._reader, first)
        length = max(head.length, 0)
        if length > BODY_BYTES_MAX:
            raise VisitFailed(Problem.TOO_LARGE)
        return head, await self._reader.readexactly(length)

    async def _frame(self) -> tuple[int, bytes]:
        head = await self._reader.readexactly(3)
        return head[0], await self._reader.readexactly(int.from_bytes(head[1:], "big"))

    async def packets(self) -> AsyncIterator[bytes]:
        """RTP packets of the video. Fails with VisitFailed when nothing comes for a while."""
        loop = asyncio.get_running_loop()
        held = b""
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    piece = await self._reader.read(PIECE_BYTES)
            except TimeoutError:
                raise VisitFailed(Problem.NO_KEYFRAME) from None
            if not piece:
                raise VisitFailed(Problem.BROKEN_OFF)
            packets, held = cut(held + piece if held else piece)
            for packet in packets:
                yield packet
            if loop.time() - self._asked_at_s > KEEPALIVE_S:
                self._say("GET_PARAMETER", self._base)


def cut(held: bytes) -> tuple[list[bytes], bytes]:
    """The whole packets of the video in what came, and the rest. Fails with VisitFailed.

    Hundreds of packets make a picture: they are cut from large pieces, not read one by one.
    """
    packets, place, size = [], 0, len(held)
    while size - place >= FRAME_HEAD_BYTES:
        if held[place] == DOLLAR:
            end = place + FRAME_HEAD_BYTES + int.from_bytes(held[place + 2 : place + FRAME_HEAD_BYTES], "big")
            if end > size:
                break
            if held[place + 1] == 0:
                packets.append(held[place + FRAME_HEAD_BYTES : end])
        else:  # the answer to a sign of life
            after = held.find(b"\r\n\r\n", place, place + HEAD_BYTES_MAX)
            if after < 0:
                if size - place >= HEAD_BYTES_MAX:
                    raise VisitFailed(Problem.TOO_LARGE)
                break
            end = after + 4 + min(max(parsed(held[place : after + 4]).length, 0), BODY_BYTES_MAX)
            if end > size:
                break
        place = end
    return packets, held[place:]


def described(body: bytes) -> Track:
    """The first H.264 or H.265 video of a description (RFC 8866). Fails with VisitFailed."""
    video = False
    payload_type, codec, control, feedback = -1, None, "", False
    units: list[bytes] = []
    for raw in body.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("m="):
            if codec is not None:
                break
            video = line.startswith("m=video")
            control, units, feedback = "", [], False
        elif video and line.startswith("a=rtpmap:"):
            number, _, name = line.removeprefix("a=rtpmap:").partition(" ")
            found = _CODECS.get(name.partition("/")[0].upper())
            if found and codec is None and number.isdigit():
                payload_type, codec = int(number), found
        elif video and line.startswith("a=control:"):
            control = line.removeprefix("a=control:").strip()
        elif video and line.startswith("a=fmtp:"):
            units += _told_units(line)
        elif video and line.startswith("a=rtcp-fb:"):
            feedback = feedback or "pli" in line
    if codec is None:
        raise VisitFailed(Problem.CODEC)
    return Track(codec=codec, payload_type=payload_type, control=control, parameters=tuple(units), feedback=feedback)


def _told_units(line: str) -> list[bytes]:
    units = []
    for told in _SPROP.findall(line):
        for part in told.split(","):
            try:
                units.append(base64.b64decode(part + "=" * (-len(part) % 4), validate=True))
            except (binascii.Error, ValueError):
                continue
    return units


def _within(source: LiveSource, told: str) -> str:
    """An address the camera told, as long as it is plain and on the camera itself; else the one we know.

    The connection stays the same one in any case; this only keeps nonsense out of our requests.
    """
    try:
        parts = urlsplit(told)
        same = parts.scheme == source.scheme and (parts.port or source.port) == source.port
    except ValueError:
        return source.url
    return told if told and same and not parts.username and _WORD.fullmatch(told) and len(told) < 1000 else source.url


def _picture_loss() -> bytes:
    """An empty receiver report and a picture loss indication (RFC 4585): asks for a keyframe now."""
    report = bytes([0x80, 201, 0, 1]) + b"\0\0\0\1"
    loss = bytes([0x81, 206, 0, 2]) + b"\0\0\0\1" + b"\0\0\0\0"
    return b"$\x01" + (len(report) + len(loss)).to_bytes(2, "big") + report + loss
