"""A camera for tests: serves an H.264 film over RTSP 1.0 (RFC 2326) as RTP (RFC 6184) inside the TCP connection.

What the last part of the address says decides how it behaves:
`live` plays; `cached` begins with a keyframe, as media servers do; `locked` wants the name and password of USER, and
`digest` proof of it; `stalled` never answers; `silent` plays nothing; `garbled` plays noise; `gone` is not there;
`codec` offers another codec; `nokey` never sends a whole picture; `half` loses a packet of every keyframe; `reset` hangs
up in the middle of one; `nonsense` answers in no known language; `huge` never ends a keyframe; `unmarked` sets no marker.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import itertools
import random
import re
import struct
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

USER = "patrol:s3cret"
PAYLOAD_TYPE = 96
CLOCK_HZ = 90_000
PACKET_BYTES_MAX = 1200
FRAMES_PER_S = 10
REALM, NONCE = "camera", "5ca1ab1e"
SLICE, KEY_SLICE, PARAMETERS_SEQUENCE, PARAMETERS_PICTURE = 1, 5, 7, 8
FU_A, STAP_A = 28, 24


def make_film(path: Path, *, width: int = 320, height: int = 240, seconds: int = 2) -> Path:
    """A test picture as bare H.264, with a whole picture every half second."""
    command = [
        "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
        f"testsrc=size={width}x{height}:rate={FRAMES_PER_S}:duration={seconds}",
        "-c:v", "libx264", "-threads", "1", "-bf", "0", "-g", "5", "-pix_fmt", "yuv420p", "-f", "h264", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return path


def units_of(stream: bytes) -> list[bytes]:
    """The NAL units of a bare H.264 stream, without their start codes."""
    pieces = stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [piece for piece in pieces if piece]


def pictures_of(units: list[bytes]) -> list[list[bytes]]:
    """Units grouped by the picture they belong to; parameter sets go with the picture after them."""
    pictures: list[list[bytes]] = [[]]
    for unit in units:
        kind = unit[0] & 0x1F
        begins = kind not in {SLICE, KEY_SLICE} or unit[1] & 0x80  # first_mb_in_slice = 0 is one set bit
        complete = any(other[0] & 0x1F in {SLICE, KEY_SLICE} for other in pictures[-1])
        if begins and complete:
            pictures.append([])
        pictures[-1].append(unit)
    return pictures


def payloads_of(picture: list[bytes]) -> Iterator[bytes]:
    """The RTP payloads of one picture: small units together, large ones in pieces."""
    small = [unit for unit in picture if unit[0] & 0x1F in {PARAMETERS_SEQUENCE, PARAMETERS_PICTURE}]
    if small:
        yield bytes([0x60 | STAP_A]) + b"".join(struct.pack("!H", len(unit)) + unit for unit in small)
    for unit in picture:
        if unit in small:
            continue
        if len(unit) <= PACKET_BYTES_MAX:
            yield unit
            continue
        body = unit[1:]
        for start in range(0, len(body), PACKET_BYTES_MAX):
            piece = body[start : start + PACKET_BYTES_MAX]
            mark = (0x80 if start == 0 else 0) | (0x40 if start + len(piece) == len(body) else 0)
            yield bytes([(unit[0] & 0xE0) | FU_A, mark | (unit[0] & 0x1F)]) + piece


@dataclass(slots=True)
class Request:
    """One RTSP request."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def behaviour(self) -> str:
        """What is wanted of the camera."""
        return self.url.removesuffix("/track0").rstrip("/").rpartition("/")[2]


@dataclass(slots=True)
class RtspServer:
    """One film for any number of viewers."""

    pictures: list[list[bytes]]
    port: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _viewers: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def viewers(self) -> int:
        """How many are connected now."""
        return len(self._viewers)

    def address(self, behaviour: str = "live", *, user: str = "", host: str = "127.0.0.1") -> str:
        return f"rtsp://{user + '@' if user else ''}{host}:{self.port}/{behaviour}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for viewer in self._viewers:
            viewer.cancel()
        await asyncio.gather(*self._viewers, return_exceptions=True)

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        viewer = asyncio.create_task(self._attend(reader, writer))
        self._viewers.add(viewer)
        viewer.add_done_callback(self._viewers.discard)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        player: asyncio.Task[None] | None = None
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while request := await read_request(reader):
                    self.requests.append((request.method, request.behaviour))
                    if request.behaviour == "stalled":
                        await reader.read()  # until whoever asks has had enough
                        return
                    if request.behaviour == "nonsense":
                        writer.write(b"220 mail.example ESMTP\r\n\r\n")
                        continue
                    writer.write(self._answer(request))
                    if request.method == "PLAY" and player is None:
                        player = asyncio.create_task(self._play(writer, request.behaviour))
        finally:
            if player is not None:
                player.cancel()
                await asyncio.gather(player, return_exceptions=True)
            writer.close()

    def _answer(self, request: Request) -> bytes:
        lines = {"CSeq": request.headers.get("cseq", "0"), "Session": "1"}
        body = ""
        status = "200 OK"
        password = base64.b64encode(USER.encode()).decode()
        if request.behaviour == "gone":
            status = "404 Not Found"
        elif request.behaviour == "locked" and request.headers.get("authorization") != f"Basic {password}":
            status = "401 Unauthorized"
            lines["WWW-Authenticate"] = 'Basic realm="camera"'
        elif request.behaviour == "digest" and not proven(request):
            status = "401 Unauthorized"
            lines["WWW-Authenticate"] = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
        elif request.method == "OPTIONS":
            lines["Public"] = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
        elif request.method == "DESCRIBE":
            body = self._description().replace("H264", "MP4V-ES" if request.behaviour == "codec" else "H264")
            lines |= {"Content-Type": "application/sdp", "Content-Base": request.url + "/"}
        elif request.method == "SETUP":
            lines["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
        lines["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"RTSP/1.0 {status}\r\n{head}\r\n{body}".encode()

    def _description(self) -> str:
        sets = [unit for unit in self.pictures[0] if unit[0] & 0x1F in {PARAMETERS_SEQUENCE, PARAMETERS_PICTURE}]
        told = ",".join(base64.b64encode(unit).decode() for unit in sets)
        lines = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={told}", "a=control:track0",
        ]  # fmt: skip
        return "".join(line + "\r\n" for line in lines)

    async def _play(self, writer: asyncio.StreamWriter, behaviour: str) -> None:
        if behaviour == "silent":
            return
        sequence = itertools.count(1)
        for number, picture in enumerate(self._pictures(behaviour)):
            payloads = list(payloads_of(picture))
            for place, payload in enumerate(payloads):
                if behaviour == "reset" and place == 3:
                    writer.transport.abort()
                    return
                count = next(sequence)
                if behaviour == "half" and place == 3:
                    continue
                last = 0x80 if place == len(payloads) - 1 and behaviour not in {"unmarked", "huge"} else 0
                stamp = (0 if behaviour == "huge" else number) * CLOCK_HZ // FRAMES_PER_S
                packet = struct.pack("!BBHII", 0x80, last | PAYLOAD_TYPE, count & 0xFFFF, stamp, 7) + payload
                writer.write(b"$\0" + struct.pack("!H", len(packet)) + packet)
            if writer.is_closing():
                return
            await writer.drain()
            await asyncio.sleep(0 if behaviour == "huge" else 1 / FRAMES_PER_S)

    def _pictures(self, behaviour: str) -> Iterator[list[bytes]]:
        """What is played, without end."""
        noise = random.Random(1)
        keys = [n for n, picture in enumerate(self.pictures) if any(unit[0] & 0x1F == KEY_SLICE for unit in picture)]
        if behaviour == "garbled":
            yield from ([bytes([0x65]) + noise.randbytes(400)] for _ in itertools.count())
        elif behaviour == "huge":
            yield self.pictures[keys[0]]
            yield from ([bytes([0x65]) + noise.randbytes(60_000)] for _ in itertools.count())
        elif behaviour == "nokey":
            plain = [picture for n, picture in enumerate(self.pictures) if n not in keys]
            yield from itertools.cycle(plain)
        else:
            # A camera is joined in the middle of its group of pictures; a media server gives the last keyframe first.
            begin = keys[0] if behaviour == "cached" else keys[0] + 1
            yield from itertools.islice(itertools.cycle(self.pictures), begin, None)


def proven(request: Request) -> bool:
    """Whether a Digest (RFC 7616) proves that the password of USER is known."""
    told = dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.get("authorization", "")))
    user, _, password = USER.partition(":")

    def digest(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    own, asked = digest(f"{user}:{REALM}:{password}"), digest(f"{request.method}:{request.url}")
    right = digest(f"{own}:{NONCE}:{told.get('nc')}:{told.get('cnonce')}:auth:{asked}")
    return told.get("uri") == request.url and told.get("response") == right


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request; reports that the viewer sends in between (RTCP) are passed over."""
    while (first := await reader.read(1)) == b"$":
        _, length = struct.unpack("!BH", await reader.readexactly(3))
        await reader.readexactly(length)
    if not first:
        return None
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
    begin, *lines = head.split("\r\n")
    method, url, _ = begin.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method=method, url=url, headers=headers)


@contextlib.asynccontextmanager
async def rtsp_server(film: Path) -> AsyncIterator[RtspServer]:
    """A camera that plays a film until the test is over."""
    server = RtspServer(pictures_of(units_of(await asyncio.to_thread(film.read_bytes))))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
