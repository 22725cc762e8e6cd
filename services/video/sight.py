"""Fetches one picture from a camera for a person who waits for it: captured, decoded in a worker, and drawn as JPEG."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from prometheus_client import Histogram

from services.platform.errors import Exhausted, GridwardError
from services.video.domain.cameras import Camera, Frame
from services.video.domain.errors import (
    ANSWERED,
    CameraUnreachable,
    FrameUnreadable,
    Problem,
    StreamAddressRefused,
    VisitFailed,
)
from services.video.domain.geometry import Box
from services.video.eyes.pool import Against, Eyes
from services.video.sources.allowed import NOT_ALLOWED
from services.video.sources.capture import Captures

WAITING_MAX: Final = 32
RETRY_AFTER_S: Final = 5
#: Part of the time that may pass before one's turn comes; the rest is for the camera.
WAIT_SHARE: Final = 0.4
FULL_WIDTH_PX: Final = 4096

FRAME_SECONDS = Histogram(
    "video_frame_seconds", "Time to fetch a frame", ["outcome"], buckets=(0.2, 0.5, 1, 2, 3, 5, 8, 13, 20)
)

#: What a person is told; the same words are in the locale files.
WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Problem.NO_STREAM: "no stream is known",
        Problem.FILM_MISSING: "the film is not there",
        Problem.ADDRESS_REFUSED: "its address is not allowed",
        Problem.NAME_UNKNOWN: "its name is not known",
        Problem.REFUSED: "no connection",
        Problem.TIMED_OUT: "it takes too long",
        Problem.BROKEN_OFF: "it breaks off",
        Problem.NOT_THERE: "nothing is at this address",
        Problem.LOCKED_OUT: "it refuses our name and password",
        Problem.PROTOCOL: "it does not keep to the protocol",
        Problem.CODEC: "neither H.264, H.265 nor JPEG comes",
        Problem.NO_KEYFRAME: "no whole picture comes",
        Problem.TOO_LARGE: "the picture is too large",
        Problem.UNREADABLE: "the picture cannot be read",
        Problem.OVERLOAD: "too much is under way",
        Problem.NO_MODEL: "no model is at hand",
        Problem.NOT_TURNED: "it does not turn to its preset",
        Problem.PRESET_UNKNOWN: "it does not know this preset",
    }
)


_KEYS: Final[Mapping[str, str]] = MappingProxyType({words: key for key, words in WORDS.items()})


class Sight:
    """Fetches a bounded number of pictures for people at the same time."""

    def __init__(self, captures: Captures, eyes: Eyes, *, at_once: int, frame_s: float) -> None:
        self._captures = captures
        self._eyes = eyes
        self._frame_s = frame_s
        self._free = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def frame(
        self,
        camera: Camera,
        *,
        at: datetime,
        budget_s: float,
        width_max_px: int = FULL_WIDTH_PX,
        watched: bool = False,
        preset: str = "",
    ) -> Frame:
        """One picture. Fails with CAMERA_UNREACHABLE, FRAME_UNREADABLE, EXHAUSTED."""
        loop = asyncio.get_running_loop()
        began_s, budget_s = loop.time(), min(budget_s, self._frame_s)
        async with self._turn(began_s + budget_s * WAIT_SHARE):
            outcome = "frame"
            try:
                left_s = began_s + budget_s - loop.time()
                capture = await self._captures.take(camera, at=at, budget_s=left_s, watched=watched, preset=preset)
                async with self._eyes.gaze() as gaze:
                    looked = await gaze.look(capture, Against())
                    content = await gaze.draw(width_max_px=width_max_px)
            except VisitFailed as failed:
                outcome = failed.problem
                raise told(camera.id, failed.problem) from None
            finally:
                FRAME_SECONDS.labels(outcome).observe(loop.time() - began_s)
        return Frame(content=content, width_px=looked.width_px, height_px=looked.height_px)

    async def marked(self, content: bytes, boxes: Sequence[Box], *, width_max_px: int = FULL_WIDTH_PX) -> bytes:
        """A kept JPEG with boxes drawn. Fails with VisitFailed."""
        async with self._eyes.gaze() as gaze:
            return await gaze.draw(width_max_px=width_max_px, marked=boxes, of=content)

    async def coarse(self, content: bytes, hidden: Sequence[Box], *, width_max_px: int = FULL_WIDTH_PX) -> bytes:
        """A kept JPEG in which nobody is recognised. Fails with VisitFailed."""
        async with self._eyes.gaze() as gaze:
            return await gaze.draw(width_max_px=width_max_px, coarse=True, hidden=hidden, of=content)

    async def clip(self, camera: Camera, *, at: datetime, preset: str = "") -> bytes | None:
        """A few seconds as MP4; None where the source gives only pictures. Fails as `frame` does."""
        try:
            capture = await self._captures.clip(camera, at=at, preset=preset)
            if capture is None:
                return None
            async with self._eyes.gaze() as gaze:
                return await gaze.clip(capture)
        except VisitFailed as failed:
            raise told(camera.id, failed.problem) from None

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


def key_of(error: GridwardError) -> str:
    """Why there is no picture, as a key that pages have words for."""
    problem = error.details.get("problem", "")
    return _KEYS.get(problem, problem)


def told(camera_id: str, problem: str) -> GridwardError:
    """The error a person is told."""
    if problem == Problem.ADDRESS_REFUSED:
        return StreamAddressRefused(camera=camera_id, problem=NOT_ALLOWED)
    kind = FrameUnreadable if problem in ANSWERED - {Problem.BROKEN_OFF} else CameraUnreachable
    return kind(camera=camera_id, problem=WORDS[problem])
