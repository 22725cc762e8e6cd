"""Fetches one frame from a camera, in a process of its own that is ended when its time is up."""

import asyncio
import contextlib
import json
import math
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from prometheus_client import Histogram

from services.platform.errors import Exhausted
from services.video.domain import Camera, CameraUnreachable, Frame, FrameUnreadable
from services.video.sources import AllowedSources, FilmSource

PROGRAM: Final = Path(__file__).with_name("grab_frame.py")
WAITING_MAX: Final = 32
RETRY_AFTER_S: Final = 5
#: Parts of the time: to wait for a turn; then to open the stream and to read from it, with some left to begin and end.
WAIT_SHARE: Final = 0.4
OPEN_SHARE: Final = 0.5
READ_SHARE: Final = 0.35
LEAST_S: Final = 0.2

FRAME_SECONDS = Histogram(
    "video_frame_seconds", "Time to fetch a frame", ["outcome"], buckets=(0.2, 0.5, 1, 2, 3, 5, 8, 13, 20)
)

_QUIET: Final[Mapping[str, str]] = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENBLAS_NUM_THREADS": "1",
}
#: A film may not name anything but itself; a stream comes through its one TCP connection, and its rate is not probed.
_FILM_OPTIONS: Final = "protocol_whitelist;file"
_LIVE_OPTIONS: Final = "rtsp_transport;tcp|protocol_whitelist;rtsp,rtsps,tcp,tls|fpsprobesize;0"


class FrameGrabber:
    """Fetches a bounded number of frames at the same time."""

    def __init__(self, sources: AllowedSources, *, at_once: int, frame_s: float) -> None:
        self._sources = sources
        self._frame_s = frame_s
        self._free = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def grab(self, camera: Camera, *, at: datetime, budget_s: float) -> Frame:
        """One frame. Fails with CAMERA_UNREACHABLE, FRAME_UNREADABLE, STREAM_ADDRESS_REFUSED, EXHAUSTED."""
        began_s, budget_s = asyncio.get_running_loop().time(), min(budget_s, self._frame_s)
        until_s = began_s + budget_s
        if not camera.stream_address:
            raise CameraUnreachable(camera=camera.id, problem="no stream is known")
        source = self._sources.check(camera.id, camera.stream_address)
        async with self._turn(began_s + budget_s * WAIT_SHARE):
            if isinstance(source, FilmSource):
                if not source.path.is_file():
                    raise CameraUnreachable(camera=camera.id, problem="the film is not there")
                order: dict[str, object] = {"address": str(source.path), "at_s": at.timestamp()}
                return await self._run(camera, order, options=_FILM_OPTIONS, until_s=until_s)
            order = {"address": await self._sources.locate(camera.id, source), "at_s": None}
            return await self._run(camera, order, options=_LIVE_OPTIONS, until_s=until_s)

    @contextlib.asynccontextmanager
    async def _turn(self, until_s: float) -> AsyncIterator[None]:
        """Wait for a free place, but neither in a long queue nor so long that the camera could not be blamed fairly."""
        if self._waiting >= WAITING_MAX:
            raise Exhausted(retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with asyncio.timeout_at(until_s):
                await self._free.acquire()
        except TimeoutError:
            raise Exhausted(retry_after_s=RETRY_AFTER_S) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()

    async def _run(self, camera: Camera, order: dict[str, object], *, options: str, until_s: float) -> Frame:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        remaining_s = max(until_s - began_s, LEAST_S)
        order["open_ms"] = int(remaining_s * OPEN_SHARE * 1000)
        order["read_ms"] = int(remaining_s * READ_SHARE * 1000)
        order["end_s"] = math.ceil(remaining_s) + 1
        outcome = "timeout"
        try:
            async with asyncio.timeout(remaining_s):
                answer, content = await _ask(order, options)
            outcome = str(answer.get("problem", "frame"))
        except TimeoutError:
            raise CameraUnreachable(camera=camera.id, problem="it takes too long") from None
        finally:
            FRAME_SECONDS.labels(outcome).observe(loop.time() - began_s)
        if outcome == "unreachable":
            raise CameraUnreachable(camera=camera.id, problem="no connection")
        if outcome != "frame":
            raise FrameUnreadable(camera=camera.id, problem=outcome)
        return Frame(content=content, width_px=int(str(answer["width_px"])), height_px=int(str(answer["height_px"])))


async def _ask(order: dict[str, object], options: str) -> tuple[dict[str, object], bytes]:
    """Run the program once; whatever happens to the caller, it does not outlive this call."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-IB",
        str(PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # libraries write addresses there, and addresses hold passwords
        env={**_QUIET, "OPENCV_FFMPEG_CAPTURE_OPTIONS": options},
    )
    try:
        output, _ = await process.communicate(json.dumps(order).encode() + b"\n")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    head, _, content = output.partition(b"\n")
    try:
        answer: dict[str, object] = json.loads(head)
    except ValueError:
        return {"problem": "broken"}, b""
    if "problem" not in answer and answer.get("bytes") != len(content):
        return {"problem": "broken"}, b""
    return answer, content
