"""Measures a patrol as it runs: how late the visits of 522 cameras are, what they cost, and what each camera takes of memory.

`python -m tests.bench.video_patrol [--minutes 3] [--dead 0.0] [--detector]`: the whole service with its database, in real
time, on one pinned core; cameras are RTSP servers in a process of their own with 1080p keyframes, each visited once a
minute. What is counted begins when every camera was seen twice; run it on a quiet machine, or lateness is the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import grpc
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc
from gridward.video.v1 import tours_pb2, tours_pb2_grpc, video_pb2, video_pb2_grpc
from pydantic import SecretStr

from services.platform import log as logs
from services.platform.clock import SystemClock
from services.platform.database import Database, open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import service_caller
from services.platform.migrate import migrate
from services.platform.settings import ServiceSettings
from services.video.settings import MODELS, VideoSettings
from services.video.wiring import Video, assemble
from tests.bench.video import FEEDS, footage, memory_mb, process_cpu_s
from tests.integration.video.conftest import CITY, Areas
from tests.support.servers import start_object_store, start_postgres
from tests.support.tokens import TestTokens

SEGMENTS = 36
#: Cameras that hang on one recorder.
ON_RECORDER = 15
A_DAY = 1440
WARM_ROUNDS = 2


async def registry_at(tokens: TestTokens) -> tuple[Any, str]:
    """Somebody who knows the grid, and where they answer."""
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("registry"), drain_s=0.1)
    offer = Offer(
        descriptor=areas_pb2.DESCRIPTOR.services_by_name["AreasService"],
        add=lambda server: areas_pb2_grpc.add_AreasServiceServicer_to_server(Areas(), server),
    )
    process = Process(name="registry", settings=settings, offers=[offer])
    return process, f"127.0.0.1:{await process.start()}"


def cameras(port: int, dead_share: float) -> list[video_pb2.Camera]:
    """All cameras; each so many-th is at a port where nobody answers."""
    every = round(1 / dead_share) if dead_share else 0
    return [
        video_pb2.Camera(
            id=f"F{number:03d}",
            name=f"枪机{number:03d}",
            grid_code="999102001",
            owner_department="D09",
            road_segment=f"R{number % SEGMENTS:02d}",
            stream_url=f"rtsp://127.0.0.1:{9 if every and number % every == 0 else port}/cached",
            recorder=f"nvr-{number // ON_RECORDER}",
            point=place_pb2.Point(longitude_deg=119.8, latitude_deg=38.6),
        )
        for number in range(FEEDS)
    ]


async def plan(admin: grpc.aio.Channel, own: grpc.aio.Channel, known: list[video_pb2.Camera]) -> None:
    """The cameras, and a tour of each segment once a minute, all day."""
    await video_pb2_grpc.VideoServiceStub(admin).ImportCameras(
        video_pb2.ImportCamerasRequest(request_id="bench-import", cameras=known), timeout=60
    )
    tours = tours_pb2_grpc.ToursServiceStub(own)
    for segment in range(SEGMENTS):
        stops = [tours_pb2.Stop(camera_id=camera.id) for camera in known[segment::SEGMENTS]]
        route = tours_pb2.Route(id=f"S{segment:02d}", name=f"路段{segment}", stops=stops, rounds_per_day=A_DAY)
        await tours.SaveRoute(tours_pb2.SaveRouteRequest(request_id=f"bench-{segment:04d}", route=route), timeout=60)


async def counted(database: Database, since_s: float) -> dict[str, Any]:
    """What the rows of visits say from a moment on."""
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(*) AS visits, count(*) FILTER (WHERE problem <> '') AS failed,"
            " count(DISTINCT camera_id) FILTER (WHERE problem = '') AS seen,"
            " percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY late_s) AS late, max(late_s) AS latest,"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY took_s) AS took"
            " FROM visit WHERE at >= to_timestamp(%s)",
            (since_s,),
        )
        row = await cursor.fetchone()
    assert row is not None
    return dict(row)


async def measure(minutes: float, dead_share: float, *, detector: bool, runtime: str) -> dict[str, Any]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        postgres, store = start_postgres(home / "pg"), start_object_store(home / "s3")
        tokens = TestTokens(home)
        film = footage(home, width=1920, height=1080, mbps=4.0)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.video", "--serve", str(film), str(port), stdin=asyncio.subprocess.PIPE
        )
        os.sched_setaffinity(server.pid, os.sched_getaffinity(0))
        postgres.create_database("video")
        postgres.create_schemas("video", ["video"])
        settings = VideoSettings(
            trust_file=tokens.trust_file,
            signing_key_file=tokens.key_file("video"),
            seal_file=tokens.seal_file("video"),
            database_url=SecretStr(postgres.dsn("video", "video")),
            s3_endpoint=store.endpoint,
            s3_access_key=SecretStr(store.access_key),
            s3_secret_key=SecretStr(store.secret_key),
            video_hosts=("127.0.0.1",),
            video_model_dir=MODELS / "nanodet_g" if detector else None,
            video_runtime="openvino" if runtime == "openvino" else "onnxruntime",
            drain_s=0.1,
        )
        dsn = settings.database_url.get_secret_value()
        await asyncio.to_thread(migrate, dsn, "services.platform", "services.video")
        registry, address = await registry_at(tokens)
        database = await open_database(dsn, service="video")
        channels = [connect(address, signer=tokens.signer("video"), caller=service_caller("video")) for _ in range(3)]
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        video = await assemble(
            settings,
            database,
            registry=channels[0],
            incidents=channels[1],
            own_incidents=channels[2],
            clock=SystemClock(),
        )
        try:
            await video.process.start()
            own = connect(
                f"127.0.0.1:{video.process.port}",
                signer=tokens.signer("gateway"),
                caller=tokens.caller("video_patroller", CITY),
            )
            admin = connect(
                f"127.0.0.1:{video.process.port}", signer=tokens.signer("registry"), caller=service_caller("registry")
            )
            before_mb = memory_mb(os.getpid())
            await plan(admin, own, cameras(port, dead_share))
            return await _watched(video, database, minutes, before_mb)
        finally:
            await video.process.stop()
            await video.close()
            await registry.stop()
            server.terminate()
            await server.wait()
            postgres.stop()
            store.stop()


async def _watched(video: Video, database: Database, minutes: float, before_mb: float) -> dict[str, Any]:
    await asyncio.sleep(60 * WARM_ROUNDS)
    looking = video.eyes._workers[0]._process
    assert looking is not None
    began_s, wall_s = time.time(), time.monotonic()
    service, worker = process_cpu_s(os.getpid()), process_cpu_s(looking.pid)
    await asyncio.sleep(60 * minutes)
    passed_s = time.monotonic() - wall_s
    service, worker = process_cpu_s(os.getpid()) - service, process_cpu_s(looking.pid) - worker
    found = await counted(database, began_s)
    late = found["late"]
    visits = max(1, found["visits"])
    return {
        "cameras": FEEDS, "minutes": round(passed_s / 60, 2), "load": round(os.getloadavg()[0], 1),
        "visits": found["visits"], "failed": found["failed"], "cameras_seen": found["seen"],
        "late_p50_s": late[0], "late_p90_s": late[1], "late_p99_s": late[2], "late_max_s": found["latest"],
        "visit_took_p50_s": found["took"],
        "cores": (service + worker) / passed_s, "service_cores": service / passed_s, "worker_cores": worker / passed_s,
        "cpu_ms_a_visit": (service + worker) * 1000 / visits,
        "service_mb": memory_mb(os.getpid()), "service_mb_per_100_cameras": (memory_mb(os.getpid()) - before_mb) / FEEDS * 100,
        "worker_mb": memory_mb(looking.pid),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--dead", type=float, default=0.0, help="share of cameras where nobody answers")
    parser.add_argument("--detector", action="store_true")
    parser.add_argument("--runtime", default="onnxruntime", choices=["onnxruntime", "openvino"])
    told = parser.parse_args()
    cv2.setNumThreads(1)
    logs.configure("bench", "ERROR")
    found = asyncio.run(measure(told.minutes, told.dead, detector=told.detector, runtime=told.runtime))
    print(
        json.dumps(
            {name: round(value, 3) if isinstance(value, float) else value for name, value in found.items()}, indent=1
        )
    )


if __name__ == "__main__":
    main()
