"""Fetches one picture, still as the camera coded it, from whatever kind of source a camera has."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from typing import Final, Literal

from services.video.domain.cameras import Camera
from services.video.domain.errors import CameraUnreachable, Problem, StreamAddressRefused, VisitFailed
from services.video.sources import http, rtsp
from services.video.sources.allowed import AllowedSources, FilmSource
from services.video.sources.hot import HotStreams
from services.video.sources.turning import Turning

CaptureKind = Literal["h264", "hevc", "jpeg", "film"]
#: What connecting and asking may take beside waiting for a keyframe.
LEAST_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One picture not yet decoded; a film is named with the second to look at, and read by whoever decodes."""

    kind: CaptureKind
    content: bytes = field(default=b"", repr=False)
    film: Path | None = None
    at_s: float = 0.0


#: A clip is this long and large at most.
CLIP_S: Final = 4.0
CLIP_BYTES_MAX: Final = 8 * 1024 * 1024
CLIP_WAIT_S: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCapture:
    """A few seconds as they were coded; a film is named with the second at which they begin."""

    codec: str = ""
    pictures: tuple[bytes, ...] = field(default=(), repr=False)
    stamps: tuple[int, ...] = field(default=(), repr=False)
    film: Path | None = None
    at_s: float = 0.0


class Captures:
    """Fetches from all kinds of sources."""

    def __init__(self, sources: AllowedSources, *, verify: bool) -> None:
        self._sources = sources
        self._verify = verify
        self._hot = HotStreams(verify=verify)
        self._turning = Turning(sources, verify=verify)

    async def take(
        self, camera: Camera, *, at: datetime, budget_s: float, watched: bool = False, preset: str = ""
    ) -> Capture:
        """One picture within the time, of one of its presets where one is named. Fails with VisitFailed.

        A camera that is watched all the time keeps its connection. One that turns is not turned away by anybody else
        before the picture is taken.
        """
        if not camera.stream_address:
            raise VisitFailed(Problem.NO_STREAM)
        playing = asyncio.Event()
        try:
            async with asyncio.timeout(max(budget_s, LEAST_S)):
                async with self._turning.turned(camera, preset):
                    return await self._take(camera, at, playing, watched=watched and not preset)
        except TimeoutError:
            raise VisitFailed(Problem.NO_KEYFRAME if playing.is_set() else Problem.TIMED_OUT) from None
        except StreamAddressRefused:
            raise VisitFailed(Problem.ADDRESS_REFUSED) from None
        except CameraUnreachable:
            raise VisitFailed(Problem.NAME_UNKNOWN) from None

    async def _take(self, camera: Camera, at: datetime, playing: asyncio.Event, *, watched: bool) -> Capture:
        source = self._sources.check(camera.id, camera.stream_address)
        if isinstance(source, FilmSource):
            return film(source.path, at)
        located = await self._sources.locate(camera.id, source)
        found: bytes | rtsp.Keyframe
        if located.scheme in {"rtsp", "rtsps"} and watched and self._hot.wanted(camera.id):
            found = await self._hot.newest(camera.id, located)
        elif located.scheme in {"rtsp", "rtsps"}:
            found = await rtsp.keyframe(located, verify=self._verify, playing=playing)
        else:
            found = await http.picture(located, verify=self._verify)
        if isinstance(found, bytes):
            return Capture(kind="jpeg", content=found)
        return Capture(kind=found.codec, content=found.content)

    async def clip(self, camera: Camera, *, at: datetime, preset: str = "") -> ClipCapture | None:
        """A few seconds of a camera; None where its source gives only pictures. Fails with VisitFailed."""
        try:
            async with asyncio.timeout(CLIP_WAIT_S), self._turning.turned(camera, preset):
                source = self._sources.check(camera.id, camera.stream_address)
                if isinstance(source, FilmSource):
                    told = film(source.path, at)
                    return ClipCapture(film=told.film, at_s=told.at_s)
                located = await self._sources.locate(camera.id, source)
                segment = rtsp.segment if source.scheme in {"rtsp", "rtsps"} else http.segment
                found = await segment(located, verify=self._verify, seconds=CLIP_S, bytes_max=CLIP_BYTES_MAX)
                if found is None:
                    return None
                return ClipCapture(codec=found.codec, pictures=found.pictures, stamps=found.stamps)
        except TimeoutError:
            raise VisitFailed(Problem.TIMED_OUT) from None
        except (StreamAddressRefused, CameraUnreachable):
            raise VisitFailed(Problem.ADDRESS_REFUSED) from None

    async def close(self) -> None:
        """Leave all cameras."""
        await self._hot.close()

    def host_of(self, camera: Camera) -> str:
        """What a camera shares with others for limits: its recorder, else the host of its address."""
        if camera.recorder:
            return camera.recorder
        try:
            source = self._sources.check(camera.id, camera.stream_address)
        except StreamAddressRefused:
            return camera.id
        return camera.id if isinstance(source, FilmSource) else f"{source.host}:{source.port}"


def film(path: Path, at: datetime) -> Capture:
    """Where a film is now: it began when it was put there, and plays in a loop. Fails with VisitFailed."""
    try:
        facts = path.stat()
    except OSError:
        raise VisitFailed(Problem.FILM_MISSING) from None
    if not S_ISREG(facts.st_mode):  # a pipe would never end
        raise VisitFailed(Problem.FILM_MISSING)
    return Capture(kind="film", film=path, at_s=at.timestamp() - facts.st_mtime)
