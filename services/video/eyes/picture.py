"""Makes a picture of what a camera coded: one keyframe, one JPEG, or one moment of a film."""

from functools import cached_property
from typing import Any, Final, TypeAlias

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]

PIXELS_MAX: Final = 40_000_000
SIDE_MIN_PX: Final = 32
SMALL_PX: Final = (320, 180)
FRAMES_MAX: Final = 600
#: A fourteenth of a decoder's work goes into smoothing edges of blocks, a fifth of a level of brightness each.
HASTY: Final = {"skip_loop_filter": "all", "flags2": "+fast"}
_PLANAR: Final = {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"}


class Unreadable(Exception):
    """What came is no picture, or one too large."""


class Picture:
    """One picture; only what is asked for is computed."""

    def __init__(self, *, frame: VideoFrame | None = None, bgr: Pixels | None = None) -> None:
        self._frame = frame
        self._bgr = bgr
        height_px, width_px = self.y.shape[:2]
        if not (min(width_px, height_px) >= SIDE_MIN_PX and width_px * height_px <= PIXELS_MAX):
            raise Unreadable
        self.width_px, self.height_px = int(width_px), int(height_px)

    @cached_property
    def y(self) -> Pixels:
        """Brightness, in full size; a view into the decoder's own memory where that is possible."""
        if self._frame is not None:
            return _plane(self._frame, 0)
        if self._bgr is None:
            raise Unreadable
        return np.asarray(cv2.cvtColor(self._bgr, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def bgr(self) -> Pixels:
        """Colours, in full size."""
        if self._bgr is not None:
            return self._bgr
        if self._frame is None:
            raise Unreadable
        return np.asarray(self._frame.to_ndarray(format="bgr24"), np.uint8)

    def fitted(self, width_max_px: int, height_max_px: int) -> Pixels:
        """Colours, made smaller where the picture is larger; from the decoder's own planes, at a tenth of the cost."""
        scale = min(1.0, width_max_px / self.width_px, height_max_px / self.height_px)
        if scale == 1.0:
            return self.bgr
        width_px, height_px = max(1, round(self.width_px * scale)), max(1, round(self.height_px * scale))
        if self._tiny is not None and (width_px, height_px) == SMALL_PX:
            return np.asarray(self._tiny.to_ndarray(format="bgr24"), np.uint8)
        if self._frame is None:
            return np.asarray(cv2.resize(self.bgr, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)
        made = self._frame.reformat(width=width_px, height=height_px, format="bgr24", interpolation="AREA")
        return np.asarray(made.to_ndarray(), np.uint8)

    @cached_property
    def _tiny(self) -> VideoFrame | None:
        """All planes at 320 x 180, in one pass over the decoder's own; what is measured and the tile come of it."""
        if self._frame is None or self.width_px < SMALL_PX[0] or self.height_px < SMALL_PX[1]:
            return None
        width_px, height_px = SMALL_PX
        return self._frame.reformat(
            width=width_px, height=height_px, format=self._frame.format.name, interpolation="AREA"
        )

    @cached_property
    def small(self) -> Pixels:
        """Brightness at 320 x 180, where everything is measured and compared."""
        if self._tiny is not None:
            return np.ascontiguousarray(_plane(self._tiny, 0))
        return np.asarray(cv2.resize(self.y, SMALL_PX, interpolation=cv2.INTER_AREA), np.uint8)

    @cached_property
    def tint(self) -> tuple[float, float]:
        """Mean distance of the colours from grey: blue, red."""
        if self._frame is not None and self._frame.format.name.startswith("yuv") and len(self._frame.planes) >= 3:
            blue, red = (float(cv2.mean(_plane(self._frame, number))[0]) for number in (1, 2))
            return blue - 128.0, red - 128.0
        tiny = cv2.resize(self.bgr, (160, 90), interpolation=cv2.INTER_AREA)
        _, red, blue, _ = cv2.mean(cv2.cvtColor(tiny, cv2.COLOR_BGR2YCrCb))
        return float(blue) - 128.0, float(red) - 128.0


def _plane(frame: VideoFrame, number: int) -> Pixels:
    plane = frame.planes[number]
    rows: Pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def decoded(kind: str, content: bytes, *, hasty: bool = False) -> Picture:
    """A picture from a keyframe (h264, hevc) or a JPEG; edges of blocks stay visible in a hasty one. Fails with Unreadable."""
    if kind == "jpeg":
        return _of_jpeg(content)
    try:
        decoder: Any = av.CodecContext.create(kind, "r")
        decoder.thread_count = 1
        decoder.options = {"max_pixels": str(PIXELS_MAX), **(HASTY if hasty else {})}
        frames = [*decoder.decode(av.Packet(content)), *decoder.decode(None)]
    except (av.FFmpegError, ValueError, MemoryError) as error:
        raise Unreadable from error
    if not frames:
        raise Unreadable
    return _of_frame(frames[0])


def _of_frame(frame: VideoFrame) -> Picture:
    if frame.width * frame.height > PIXELS_MAX or frame.is_corrupt:
        raise Unreadable
    known = frame if frame.format.name in _PLANAR else frame.reformat(format="yuv420p")
    return Picture(frame=known)


def _of_jpeg(content: bytes) -> Picture:
    try:
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:  # among others, more pixels than are allowed
        raise Unreadable from error
    if bgr is None:
        raise Unreadable
    return Picture(bgr=np.asarray(bgr, np.uint8))


def of_film(path: str, at_s: float) -> Picture:
    """What a film shows at a moment, played in a loop. Fails with Unreadable."""
    try:
        with av.open(path, options={"protocol_whitelist": "file", "max_pixels": str(PIXELS_MAX)}) as film:
            if not film.streams.video:
                raise Unreadable
            stream = film.streams.video[0]
            stream.thread_count = 1
            if stream.codec_context.width * stream.codec_context.height > PIXELS_MAX:
                raise Unreadable
            found = _frame_at(film, stream, at_s)
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise Unreadable from error
    if found is None:
        raise Unreadable
    return _of_frame(found)


def _frame_at(film: Any, stream: Any, at_s: float) -> VideoFrame | None:
    length_s = float(stream.duration * stream.time_base) if stream.duration else 0.0
    half_s = 0.5 / float(stream.average_rate) if stream.average_rate else 0.0
    wanted_s = at_s % length_s if length_s > 3 * half_s else 0.0  # a film of one picture cannot be wound
    if wanted_s > 0:
        film.seek(int(wanted_s / stream.time_base), stream=stream)
    last: VideoFrame | None = None
    for number, frame in enumerate(film.decode(stream)):
        last = frame
        if frame.time is None or frame.time + half_s >= wanted_s or number >= FRAMES_MAX:
            break
    return last
