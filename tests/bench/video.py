"""Measures what a visit to a camera costs against decoding alone, and a patrol against a continuous motion loop.

`python -m tests.bench.video [--visits 40]`: CPU time of this process and its children, on one core, everything in one
run so that the ratios hold whatever else the machine does. The stream is real footage made 1080p; it comes over RTSP.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from services.video.domain.errors import VisitFailed
from services.video.eyes.picture import decoded
from services.video.eyes.pool import Against, Eyes
from services.video.eyes.runtimes import RUNTIMES
from services.video.settings import MODELS
from services.video.sources import rtsp
from services.video.sources.allowed import AllowedSources, LiveSource
from services.video.sources.capture import Capture
from tests.support.rtsp_server import KEY_SLICE, RtspServer, pictures_of, units_of
from tests.support.scenes import VTEST

FEEDS = 522


def cpu_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def process_cpu_s(pid: int) -> float:
    """Of all its threads, to the nanosecond where the kernel tells it so."""
    told = [Path(f"{thread}/schedstat").read_text().split() for thread in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int(fields[0]) for fields in told) / 1e9


def memory_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


def footage(folder: Path, *, width: int, height: int, rate: int = 25, mbps: float) -> Path:
    """Real footage in the size wanted, noisy as a sensor is, with a whole picture every two seconds."""
    path = folder / f"{width}.h264"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-i", str(VTEST), "-t", "12", "-vf",
         f"scale={width}:{height},noise=alls=6:allf=t,fps={rate}", "-c:v", "libx264", "-threads", "1", "-preset", "veryfast",
         "-profile:v", "high", "-bf", "0", "-refs", "1", "-g", str(rate * 2), "-b:v", f"{mbps}M", "-pix_fmt", "yuv420p",
         "-f", "h264", str(path)],
        check=True,
    )  # fmt: skip
    return path


def keyframes(film: Path) -> list[bytes]:
    return [
        b"".join(b"\0\0\0\1" + unit for unit in picture)
        for picture in pictures_of(units_of(film.read_bytes()))
        if any(unit[0] & 0x1F == KEY_SLICE for unit in picture)
    ]


def median_ms(work: Callable[[int], object], times: int) -> float:
    spent = []
    for number in range(times):
        began_s = time.process_time()
        work(number)
        spent.append((time.process_time() - began_s) * 1000)
    return sorted(spent)[len(spent) // 2]


def opencv_visit_ms(film: Path, times: int) -> float:
    """What opening a stream with cv2.VideoCapture costs, even from a file."""

    def visit(_: int) -> None:
        capture = cv2.VideoCapture(str(film), cv2.CAP_FFMPEG)
        capture.read()
        capture.release()

    return median_ms(visit, times)


def motion_loop_ms(film: Path) -> float:
    """CPU-ms a second of stream: every frame decoded, five a second looked at for motion, as recorders do."""
    average = np.zeros((100, 178), np.float32)
    began_s, frames = time.process_time(), 0
    with av.open(str(film)) as stream:
        stream.streams.video[0].thread_count = 1
        for number, frame in enumerate(stream.decode(video=0)):
            frames += 1
            if number % 5 == 0:
                grey = cv2.resize(frame.to_ndarray(format="gray"), (178, 100))
                blurred = cv2.GaussianBlur(grey, (3, 3), 0)
                delta = cv2.absdiff(blurred, cv2.convertScaleAbs(average))
                mask = cv2.dilate(cv2.threshold(delta, 30, 255, cv2.THRESH_BINARY)[1], None, iterations=2)
                cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
                cv2.accumulateWeighted(blurred, average, 0.2)
    return (time.process_time() - began_s) * 1000 / (frames / 25)


def recorder_loop_ms(film: Path) -> float:
    """The same as a recorder does it: ffmpeg decodes in a process of its own and hands five pictures a second through a pipe."""
    width, height = 640, 360
    average = np.zeros((100, 178), np.float32)
    began_s, children_s = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [
        "ffmpeg", "-v", "error", "-threads", "1", "-i", str(film), "-r", "5", "-vf", f"fps=5,scale={width}:{height}",
        "-threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-",
    ]  # fmt: skip
    size, frames = width * height * 3 // 2, 0
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while len(raw := process.stdout.read(size)) == size:
            frames += 1
            grey = cv2.resize(np.frombuffer(raw, np.uint8)[: width * height].reshape(height, width), (178, 100))
            low, high = np.percentile(grey, [4, 96])
            even = np.clip((grey.astype(np.float32) - low) * (255.0 / max(high - low, 1.0)), 0, 255).astype(np.uint8)
            blurred = cv2.GaussianBlur(even, (3, 3), 0)
            delta = cv2.absdiff(blurred, cv2.convertScaleAbs(average))
            mask = cv2.dilate(cv2.threshold(delta, 30, 255, cv2.THRESH_BINARY)[1], None, iterations=1)
            cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            cv2.accumulateWeighted(blurred, average, 0.01)
    after_s = resource.getrusage(resource.RUSAGE_CHILDREN)
    child_s = after_s.ru_utime + after_s.ru_stime - children_s.ru_utime - children_s.ru_stime
    return (time.process_time() - began_s + child_s) * 1000 / (frames / 5)


async def visits_ms(
    keys: list[bytes], times: int, *, model: Path | None, runtime: str = "onnxruntime"
) -> tuple[float, float, float]:
    """CPU-ms of a whole look in a worker, of both processes; of the service alone; and the worker's memory in MB."""
    eyes = Eyes(workers=1, model=model, runtime=runtime)
    try:
        usual = previous = b""
        spent, own, pid = [], [], 0
        for number in range(times):
            capture = Capture(kind="h264", content=keys[number % len(keys)])
            began, mine = (process_cpu_s(pid) if pid else 0.0), time.process_time()
            async with eyes.gaze() as gaze:
                against = Against(usual=usual, previous=previous, learned=max(number, 6))
                looked = await gaze.look(capture, against, hasty=True, tile_px=320)
                if model is not None:
                    await gaze.detect()
            process = eyes._workers[0]._process
            if pid and process is not None:
                spent.append(process_cpu_s(pid) - began)
                own.append(time.process_time() - mine)
            pid = process.pid if process is not None else 0
            usual, previous = looked.usual, looked.small
        memory = memory_mb(pid)
        usual_own = sorted(own)[len(own) // 2] * 1000
        return sorted(spent)[len(spent) // 2] * 1000 + usual_own, usual_own, memory
    finally:
        await eyes.close()


async def network_ms(film: Path, times: int) -> tuple[float, float]:
    """CPU-ms of fetching one keyframe over RTSP from a server of another process; and of one attempt at a dead camera."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.video", "--serve", str(film), str(port), stdin=asyncio.subprocess.PIPE
    )
    sources = AllowedSources(folder=None, hosts=["127.0.0.1"])
    try:
        source = await _located(sources, f"rtsp://127.0.0.1:{port}/cached")
        for _ in range(100):
            try:
                await rtsp.keyframe(source, verify=True, playing=asyncio.Event())
                break
            except VisitFailed:
                await asyncio.sleep(0.1)
        began_s = time.process_time()
        for _ in range(times):
            await rtsp.keyframe(source, verify=True, playing=asyncio.Event())
        alive = (time.process_time() - began_s) * 1000 / times
    finally:
        server.terminate()
        await server.wait()
    dead = await _located(sources, "rtsp://127.0.0.1:9/live")
    began_s = time.process_time()
    for _ in range(200):
        try:
            await rtsp.keyframe(dead, verify=True, playing=asyncio.Event())
        except VisitFailed:
            continue
    return alive, (time.process_time() - began_s) * 1000 / 200


async def _located(sources: AllowedSources, url: str) -> LiveSource:
    source = sources.check("CAM001", url)
    assert isinstance(source, LiveSource)
    return await sources.locate("CAM001", source)


class Living(RtspServer):
    """Cameras whose scene goes on: each visit gets another keyframe, so that none is frozen."""

    def _pictures(self, behaviour: str) -> Iterator[list[bytes]]:
        keys = [n for n, picture in enumerate(self.pictures) if any(unit[0] & 0x1F == KEY_SLICE for unit in picture)]
        return itertools.islice(itertools.cycle(self.pictures), random.choice(keys), None)


async def serve(film: bytes, port: int) -> None:
    server = Living(pictures_of(units_of(film)))
    server._server = await asyncio.start_server(server._welcome, "127.0.0.1", port)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def measure(visits: int, runtime: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        film = footage(Path(home), width=1920, height=1080, mbps=4.0)
        small = footage(Path(home), width=640, height=360, mbps=0.5)
        keys = keyframes(film)
        for key in keys:
            decoded("h264", key)
        decode = median_ms(lambda number: decoded("h264", keys[number % len(keys)]), visits)
        look, own, memory = await visits_ms(keys, visits, model=None)
        detect, _, memory_detect = await visits_ms(keys, visits, model=MODELS / "nanodet_g", runtime=runtime)
        network, dead = await network_ms(film, visits)
        motion = motion_loop_ms(small)
        recorder = recorder_loop_ms(small)
        opencv = opencv_visit_ms(film, max(3, visits // 10))
    visit, visit_detect = look + network, detect + network
    return {
        "runtime": runtime,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "keyframe_kb": round(sum(map(len, keys)) / len(keys) / 1024),
        "decode_ms": decode, "look_ms": look, "of_that_service_ms": own, "network_ms": network,
        "visit_ms": visit, "visit_with_detector_ms": visit_detect,
        "visit_against_decode": visit / decode, "with_detector_against_decode": visit_detect / decode,
        "cv2_videocapture_ms": opencv, "cv2_against_visit": opencv / visit,
        "motion_loop_ms_per_stream_s": motion, "recorder_loop_ms_per_stream_s": recorder,
        "cameras_per_core_60s": 60_000 / visit, "with_detector": 60_000 / visit_detect,
        "cameras_per_core_motion_loop": 1000 / motion,
        "advantage": 60 * motion / visit, "advantage_with_detector": 60 * motion / visit_detect,
        "advantage_over_recorder": 60 * recorder / visit, "with_detector_over_recorder": 60 * recorder / visit_detect,
        "cores_for_522_at_60s": FEEDS * visit / 60_000, "with_detector_cores": FEEDS * visit_detect / 60_000,
        "dead_attempt_ms": dead, "worker_mb": memory, "worker_with_detector_mb": memory_detect,
        "pictures_mb_per_100_cameras": 100 * 3 * 57_600 / 2**20,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=40)
    parser.add_argument("--serve", nargs=2, metavar=("FILM", "PORT"))
    parser.add_argument("--runtime", default="onnxruntime", choices=sorted(RUNTIMES))
    told = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    if told.serve:
        asyncio.run(serve(Path(told.serve[0]).read_bytes(), int(told.serve[1])))
        return
    found = asyncio.run(measure(told.visits, told.runtime))
    print(
        json.dumps(
            {name: round(value, 2) if isinstance(value, float) else value for name, value in found.items()}, indent=1
        )
    )


if __name__ == "__main__":
    main()
