"""Takes one picture from a camera or media server over HTTP: a JPEG, or the first keyframe of an FLV stream; or a few seconds of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from services.video.domain.errors import Problem, VisitFailed
from services.video.sources.allowed import LiveSource
from services.video.sources.auth import Identity
from services.video.sources.heads import Head, opened, read_head
from services.video.sources.rtp import KEYFRAME_BYTES_MAX, START, Codec
from services.video.sources.rtsp import CLOCK_HZ, Keyframe, Segment

Found = TypeVar("Found")

ANSWER_S: Final = 5.0
PICTURE_BYTES_MAX: Final = 8 * 1024 * 1024
STREAM_BYTES_MAX: Final = 48 * 1024 * 1024
JPEG_BEGINS: Final = b"\xff\xd8\xff"
FLV_BEGINS: Final = b"FLV\x01"
_FLV_VIDEO, _KEY, _SETS_UP = 9, 1, 0
_CODECS: Final[Mapping[int, Codec]] = {7: "h264", 12: "hevc"}


async def picture(source: LiveSource, *, verify: bool) -> bytes | Keyframe:
    """A JPEG, or a keyframe from an FLV stream. Fails with VisitFailed."""
    return await _asked(source, _read, verify=verify)


async def segment(source: LiveSource, *, verify: bool, seconds: float, bytes_max: int) -> Segment | None:
    """What an FLV stream brings from its next keyframe on, for so long; None where one JPEG comes. Fails with VisitFailed."""
    return await _asked(source, lambda body: _read_segment(body, seconds, bytes_max), verify=verify)


async def _asked(source: LiveSource, read: Callable[[Body], Awaitable[Found]], *, verify: bool) -> Found:
    """What is read from the answer, after a password where one is wanted. Fails with VisitFailed."""
    identity = Identity(user=source.user, password=source.password)
    for _ in range(2):
        async with opened(source, verify=verify) as (reader, writer):
            writer.write(_request(source, identity))
            try:
                async with asyncio.timeout(ANSWER_S):
                    head = await read_head(reader)
            except TimeoutError:
                raise VisitFailed(Problem.TIMED_OUT) from None
            if head.status == 401 and identity.accept(head.headers.get("www-authenticate", ())):
                continue
            _require_picture(head)
            return await read(Body(reader, head))
    raise VisitFailed(Problem.LOCKED_OUT)


def _request(source: LiveSource, identity: Identity) -> bytes:
    host = f"[{source.host}]" if ":" in source.host else source.host
    told = [f"GET {source.rest} HTTP/1.1", f"Host: {host}:{source.port}", "User-Agent: Gridward", "Connection: close"]
    permission = identity.header("GET", source.rest)
    if permission:
        told.append(f"Authorization: {permission}")
    return "\r\n".join([*told, "Accept: image/jpeg, video/x-flv", "", ""]).encode()


def _require_picture(head: Head) -> None:
    if head.status in {401, 403}:
        raise VisitFailed(Problem.LOCKED_OUT)
    if head.status in {404, 410}:
        raise VisitFailed(Problem.NOT_THERE)
    if head.status != 200:  # a redirection could lead anywhere and is not followed
        raise VisitFailed(Problem.PROTOCOL)


class Body:
    """The body of an answer, by exact pieces, whether chunked or not."""

    def __init__(self, reader: asyncio.StreamReader, head: Head) -> None:
        self._reader = reader
        self._chunked = "chunked" in head.first("transfer-encoding").lower()
        self._left = head.length if not self._chunked else 0
        self._held = bytearray()
        self._ended = False
        self._taken = 0

    async def _more(self) -> bool:
        """Hold some more; False at the end."""
        if self._ended:
            return False
        if self._chunked and self._left == 0:
            await self._next_chunk()
            if self._ended:
                return False
        want = 65536 if self._left < 0 else min(65536, self._left)
        piece = await self._reader.read(want) if want else b""
        if not piece:
            self._ended = True
            return False
        self._held += piece
        self._taken += len(piece)
        if self._taken > STREAM_BYTES_MAX:
            raise VisitFailed(Problem.TOO_LARGE)
        if self._left > 0:
            self._left -= len(piece)
            if self._chunked and self._left == 0:
                await self._reader.readexactly(2)
        return True

    async def _next_chunk(self) -> None:
        line = await self._reader.readline()
        try:
            self._left = int(line.split(b";")[0].strip() or b"0", 16)
        except ValueError:
            raise VisitFailed(Problem.PROTOCOL) from None
        self._ended = self._left <= 0

    async def exactly(self, size: int) -> bytes:
        """So many bytes. Fails with VisitFailed when there are fewer."""
        while len(self._held) < size:
            if not await self._more():
                raise VisitFailed(Problem.BROKEN_OFF)
        piece = bytes(self._held[:size])
        del self._held[:size]
        return piece

    async def all(self, begun: bytes, bytes_max: int) -> bytes:
        """Everything to the end."""
        while len(self._held) + len(begun) <= bytes_max:
            if not await self._more():
                return begun + bytes(self._held)
        raise VisitFailed(Problem.TOO_LARGE)


async def _read(body: Body) -> bytes | Keyframe:
    begun = await body.exactly(4)
    if begun == FLV_BEGINS:
        return await _flv_keyframe(body)
    if begun[:3] != JPEG_BEGINS:
        raise VisitFailed(Problem.CODEC)
    return await body.all(begun, PICTURE_BYTES_MAX)


async def _flv_keyframe(body: Body) -> Keyframe:
    """The first keyframe of an FLV stream. Fails with VisitFailed."""
    async for tag in _flv_pictures(body):
        if tag.key:
            return Keyframe(codec=tag.codec, content=tag.content)
    raise VisitFailed(Problem.NO_KEYFRAME)


async def _read_segment(body: Body, seconds: float, bytes_max: int) -> Segment | None:
    if await body.exactly(4) != FLV_BEGINS:
        return None
    pictures: list[bytes] = []
    stamps: list[int] = []
    began_ms = size = 0
    codec: Codec = "h264"
    try:
        async for tag in _flv_pictures(body):
            if not pictures and not tag.key:
                continue
            began_ms = began_ms if pictures else tag.at_ms
            codec = tag.codec
            size += len(tag.content)
            if tag.at_ms - began_ms > seconds * 1000 or size > bytes_max:
                break
            pictures.append(tag.content)
            stamps.append((tag.at_ms - began_ms) * (CLOCK_HZ // 1000))
    except VisitFailed:
        if not pictures:
            raise  # a stream that breaks off later leaves a shorter clip
    if not pictures:
        raise VisitFailed(Problem.NO_KEYFRAME)
    return Segment(codec=codec, pictures=tuple(pictures), stamps=tuple(stamps))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tag:
    """One picture of an FLV stream, as a decoder takes it."""

    at_ms: int
    key: bool
    codec: Codec
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What one video tag holds: how a decoder is set up, or a picture."""

    codec: Codec
    sets_up: bool
    key: bool
    rest: bytes


def _piece_of(content: bytes) -> _Piece | None:
    """A video tag taken apart; None for what is neither. Fails with VisitFailed for other codings.

    H.265 comes as coding 12, as Chinese media servers number it, or named by four letters, as the format has it since.
    """
    kind, key = content[0] & 0x0F, (content[0] >> 4) & 0x07 == _KEY
    if content[0] & 0x80:
        if content[1:5] != b"hvc1":
            raise VisitFailed(Problem.CODEC)
        begins = {_SETS_UP: 5, 1: 8, 3: 5}.get(kind)
        return _Piece(codec="hevc", sets_up=kind == _SETS_UP, key=key, rest=content[begins:]) if begins else None
    if kind not in _CODECS:
        raise VisitFailed(Problem.CODEC)
    return (
        _Piece(codec=_CODECS[kind], sets_up=content[1] == _SETS_UP, key=key, rest=content[5:])
        if content[1] < 2
        else None
    )


async def _flv_pictures(body: Body) -> AsyncIterator[_Tag]:
    """The pictures of an FLV stream with H.264 or H.265, to its end. Fails with VisitFailed."""
    await body.exactly(9)  # the rest of the file's head, and the size of the tag before the first
    sets: list[bytes] = []
    while True:
        head = await body.exactly(11)
        size = int.from_bytes(head[1:4], "big")
        if size > KEYFRAME_BYTES_MAX:
            raise VisitFailed(Problem.TOO_LARGE)
        content = await body.exactly(size)
        await body.exactly(4)
        piece = _piece_of(content) if head[0] == _FLV_VIDEO and len(content) >= 6 else None
        if piece is None:
            continue
        if piece.sets_up:
            sets = _configured_sets(piece.rest) if piece.codec == "h264" else _configured_sets_265(piece.rest)
        elif sets:
            units = [*(sets if piece.key else ()), *_lengthed_units(piece.rest)]
            at_ms = int.from_bytes(head[7:8] + head[4:7], "big")
            yield _Tag(at_ms=at_ms, key=piece.key, codec=piece.codec, content=START + START.join(units))


def _configured_sets_265(record: bytes) -> list[bytes]:
    """VPS, SPS and PPS of an HEVC configuration record. Fails with VisitFailed."""
    sets: list[bytes] = []
    place = 23
    try:
        for _ in range(record[22]):
            count = int.from_bytes(record[place + 1 : place + 3], "big")
            place = _take_sets(record, place + 3, count, into=sets)
    except IndexError:
        raise VisitFailed(Problem.PROTOCOL) from None
    if not all(sets) or place > len(record):
        raise VisitFailed(Problem.PROTOCOL)
    return sets


def _configured_sets(record: bytes) -> list[bytes]:
    """SPS and PPS of an AVC configuration record. Fails with VisitFailed."""
    sets: list[bytes] = []
    place = 5
    try:
        for mask in (0x1F, 0xFF):
            place = _take_sets(record, place + 1, record[place] & mask, into=sets)
    except IndexError:
        raise VisitFailed(Problem.PROTOCOL) from None
    return sets


def _take_sets(record: bytes, place: int, count: int, *, into: list[bytes]) -> int:
    """Read so many sets, each behind its length; where the next thing begins."""
    for _ in range(count):
        size = int.from_bytes(record[place : place + 2], "big")
        into.append(record[place + 2 : place + 2 + size])
        place += 2 + size
    return place


def _lengthed_units(content: bytes) -> list[bytes]:
    units: list[bytes] = []
    place = 0
    while place + 4 < len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        if size == 0 or place + 4 + size > len(content):
            raise VisitFailed(Problem.UNREADABLE)
        units.append(content[place + 4 : place + 4 + size])
        place += 4 + size
    return units
