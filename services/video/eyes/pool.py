"""Keeps a few workers that look at pictures; one that hangs, breaks or grows is ended and another takes its place."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import structlog
from prometheus_client import Counter

from services.video.domain.errors import Problem, VisitFailed
from services.video.domain.geometry import Box
from services.video.domain.health import Measures
from services.video.domain.sightings import Spot, Thing
from services.video.eyes.runtimes import ONNXRUNTIME
from services.video.sources.capture import Capture, ClipCapture

log = structlog.get_logger()

ORDER_S: Final = 8.0
START_S: Final = 30.0
WORKER_MB_MAX: Final = 900
ORDERS_MAX: Final = 50_000
PIPE_BYTES: Final = 1 << 20
ROOT: Final = Path(__file__).resolve().parents[3]

WORKERS_ENDED = Counter("video_workers_ended_total", "Workers that were ended", ["why"])

_QUIET: Final[Mapping[str, str]] = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "40000000",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a worker saw on a picture; `small` and `usual` are handed back to it next time."""

    width_px: int
    height_px: int
    measures: Measures
    spots: Sequence[Spot]
    small: bytes = field(repr=False)
    usual: bytes = field(repr=False)
    #: As a small JPEG, where one was asked for.
    tile: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blurred:
    """A picture that everybody may see, and how many faces and plates were found in it."""

    content: bytes = field(repr=False)
    faces: int
    plates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a picture is compared with."""

    usual: bytes = field(default=b"", repr=False)
    previous: bytes = field(default=b"", repr=False)
    learned: int = 0
    ignored: Sequence[Sequence[tuple[float, float]]] = ()
    held: Sequence[Box] = ()
    absorbed: Sequence[Box] = ()


class Gaze:
    """One worker while it looks at one picture."""

    def __init__(self, worker: "_Worker") -> None:
        self._worker = worker

    async def look(self, capture: Capture, against: Against, *, hasty: bool = False, tile_px: int = 0) -> Looked:
        """Decode, measure, compare; in haste, whatever is drawn large later is decoded once more. Fails with VisitFailed."""
        order = {
            "verb": "look",
            "kind": capture.kind,
            "film": str(capture.film or ""),
            "at_s": capture.at_s,
            "hasty": hasty,
            "tile_px": tile_px,
            "learned": against.learned,
            "ignored": [list(corners) for corners in against.ignored],
            "held": [box.sides for box in against.held],
            "absorbed": [box.sides for box in against.absorbed],
        }
        answer, (small, usual, tile) = await self._worker.ask(order, capture.content, against.usual, against.previous)
        measured = answer["measured"]
        measures = Measures(**measured, changed=answer["changed"], moved=answer["moved"], identical=answer["identical"])
        spots = [
            Spot(box=Box.of(blob["box"]), share=blob["share"], contrast=blob["contrast"], edges_new=blob["edges_new"])
            for blob in answer["blobs_found"]
        ]
        return Looked(
            width_px=answer["width_px"],
            height_px=answer["height_px"],
            measures=measures,
            spots=spots,
            small=small,
            usual=usual,
            tile=tile,
        )

    async def detect(self) -> list[Thing]:
        """Objects on the picture looked at. Fails with VisitFailed."""
        answer, _ = await self._worker.ask({"verb": "detect"})
        return [
            Thing(label=found["label"], score=found["score"], box=Box.of(found["box"])) for found in answer["objects"]
        ]

    async def draw(
        self,
        *,
        width_max_px: int,
        marked: Sequence[Box] = (),
        coarse: bool = False,
        hidden: Sequence[Box] = (),
        of: bytes = b"",
        kind: Literal["jpeg", "view"] = "jpeg",
    ) -> bytes:
        """The picture looked at, or another one (a JPEG, or a usual view), as a JPEG. Fails with VisitFailed."""
        order = {
            "verb": "draw",
            "kind": kind,
            "width_max_px": width_max_px,
            "marked": [box.sides for box in marked],
            "coarse": coarse,
            "hidden": [box.sides for box in hidden],
        }
        _, (content,) = await self._worker.ask(order, *([of] if of else []))
        return content

    async def blur(self, content: bytes, *, width_max_px: int) -> Blurred:
        """A picture in which faces and plates cannot be made out. Fails with VisitFailed."""
        answer, (picture,) = await self._worker.ask({"verb": "blur", "width_max_px": width_max_px}, content)
        return Blurred(content=picture, faces=answer["faces"], plates=answer["plates"])

    async def clip(self, capture: ClipCapture) -> bytes:
        """A few seconds as MP4. Fails with VisitFailed."""
        order = {
            "verb": "clip",
            "codec": capture.codec,
            "stamps": capture.stamps,
            "film": str(capture.film or ""),
            "at_s": capture.at_s,
        }
        _, (content,) = await self._worker.ask(order, *capture.pictures)
        return content


class Eyes:
    """A bounded number of workers, started when they are first needed."""

    def __init__(
        self, *, workers: int, model: Path | None = None, runtime: str = ONNXRUNTIME, blurring: Path | None = None
    ) -> None:
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        self._workers = [_Worker(model, runtime, blurring) for _ in range(workers)]
        for worker in self._workers:
            self._free.put_nowait(worker)
        self.has_detector = model is not None
        self.detector = ""

    @property
    def waiting(self) -> bool:
        """Whether somebody would have to wait for a worker."""
        return self._free.empty()

    @contextlib.asynccontextmanager
    async def gaze(self) -> AsyncIterator[Gaze]:
        """A worker for one picture."""
        worker = await self._free.get()
        try:
            yield Gaze(worker)
        except BaseException:
            # Whatever went wrong in the middle of a conversation, the next one begins with a clean worker.
            if worker.busy:
                await worker.end("interrupted")
            raise
        finally:
            if worker.worn:
                await worker.end("worn")
            self._free.put_nowait(worker)

    async def start(self) -> None:
        """Start one worker and hear what detector it has; a model that does not load is done without."""
        async with self.gaze() as gaze:
            try:
                answer, _ = await gaze._worker.ask({"verb": "greet"}, within_s=START_S)  # noqa: SLF001 of this module
            except VisitFailed:
                log.warning("detector_refused")
                for worker in self._workers:
                    worker.model = None
                self.has_detector = False
                return
        self.detector = answer["detector"]

    async def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            await worker.end("closed")


class _Worker:
    """A process, or the place of one."""

    def __init__(self, model: Path | None, runtime: str, blurring: Path | None) -> None:
        self.model = model
        self._runtime, self._blurring = runtime, blurring
        self._process: asyncio.subprocess.Process | None = None
        self.busy = False
        self.worn = False
        self._orders = 0

    async def ask(
        self, order: dict[str, Any], *blobs: bytes, within_s: float = ORDER_S
    ) -> tuple[dict[str, Any], list[bytes]]:
        """One order and its answer. Fails with VisitFailed, and then this process is gone if it was to blame."""
        process = await self._started()
        self.busy = True
        self._orders += 1
        try:
            async with asyncio.timeout(within_s if self._orders > 1 else START_S):
                answer, pieces = await _exchange(process, order, blobs)
        except TimeoutError:
            await self.end("hangs")
            raise VisitFailed(Problem.UNREADABLE) from None
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            await self.end("broke")
            raise VisitFailed(Problem.UNREADABLE) from None
        self.busy = False
        self.worn = answer["peak_kb"] > WORKER_MB_MAX * 1024 or self._orders >= ORDERS_MAX
        if "problem" in answer:
            raise VisitFailed(Problem.UNREADABLE if answer["problem"] == "unreadable" else Problem.NO_MODEL)
        return answer, pieces

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._orders = 0
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-Bm",
                "services.video.eyes.worker",
                str(self.model or ""),
                self._runtime,
                str(self._blurring or ""),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # libraries write there what streams made them say
                limit=PIPE_BYTES,
                env=dict(_QUIET),
                cwd="/",
            )
        return self._process

    async def end(self, why: str) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        self.busy = self.worn = False
        if process is None:
            return
        if why != "closed":
            WORKERS_ENDED.labels(why).inc()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _exchange(
    process: asyncio.subprocess.Process, order: dict[str, Any], blobs: Sequence[bytes]
) -> tuple[dict[str, Any], list[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError
    head = json.dumps({**order, "blobs": [len(blob) for blob in blobs]}).encode() + b"\n"
    process.stdin.write(b"".join([head, *blobs]))
    await process.stdin.drain()
    line = await process.stdout.readuntil(b"\n")
    answer: dict[str, Any] = json.loads(line)
    return answer, [await process.stdout.readexactly(size) for size in answer["blobs"]]
