"""Keeps connections to cameras that are looked at all the time: the newest keyframe is held, nothing in between is decoded.

A camera becomes hot when it is asked for again within seconds, and cools down when nobody asks.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Gauge

from services.video.domain.errors import Problem, VisitFailed
from services.video.sources import rtsp
from services.video.sources.allowed import LiveSource
from services.video.sources.rtsp import Keyframe

#: Asked for again within this time, a connection is cheaper than another visit.
AGAIN_S: Final = 8.0
COOLS_AFTER_S: Final = 12.0
STREAMS_MAX: Final = 32

HOT = Gauge("video_hot_streams", "Cameras to which a connection is kept")


@dataclass(slots=True)
class _Stream:
    task: "asyncio.Task[None]"
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    newest: Keyframe | None = None
    asked_s: float = 0.0
    problem: str = ""


class HotStreams:
    """Connections that are kept, by camera."""

    def __init__(self, *, verify: bool) -> None:
        self._verify = verify
        self._streams: dict[str, _Stream] = {}
        self._asked_s: dict[str, float] = {}

    def wanted(self, camera_id: str) -> bool:
        """Whether a connection to this camera is worth keeping, now that it is asked for once more."""
        now_s = asyncio.get_running_loop().time()
        last_s = self._asked_s.get(camera_id, -AGAIN_S)
        self._asked_s[camera_id] = now_s
        return camera_id in self._streams or (now_s - last_s < AGAIN_S and len(self._streams) < STREAMS_MAX)

    async def newest(self, camera_id: str, source: LiveSource) -> Keyframe:
        """The newest keyframe; waits for the first one. Fails with VisitFailed."""
        stream = self._streams.get(camera_id)
        if stream is None:
            stream = self._streams[camera_id] = _Stream(asyncio.create_task(self._keep(camera_id, source)))
            HOT.set(len(self._streams))
        stream.asked_s = asyncio.get_running_loop().time()
        await stream.fresh.wait()
        if stream.newest is None:
            raise VisitFailed(stream.problem or Problem.NO_KEYFRAME)
        return stream.newest

    async def _keep(self, camera_id: str, source: LiveSource) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # until this task is known by its camera
        stream = self._streams[camera_id]
        try:
            frames = rtsp.keyframes(source, verify=self._verify, playing=asyncio.Event())
            async with contextlib.aclosing(frames):
                async for found in frames:
                    stream.newest = found
                    stream.fresh.set()
                    if loop.time() - stream.asked_s > COOLS_AFTER_S:
                        return
        except VisitFailed as failed:
            stream.problem, stream.newest = failed.problem, None
        finally:
            self._streams.pop(camera_id, None)
            stream.fresh.set()
            HOT.set(len(self._streams))

    async def close(self) -> None:
        """Leave all cameras."""
        tasks = [stream.task for stream in self._streams.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
