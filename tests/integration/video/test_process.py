"""The video service as it is started on a machine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.video.settings import VideoSettings

WAIT_S = 60.0


def environment(settings: VideoSettings) -> dict[str, str]:
    return {
        **os.environ,
        "GRIDWARD_TRUST_FILE": str(settings.trust_file),
        "GRIDWARD_SIGNING_KEY_FILE": str(settings.signing_key_file),
        "GRIDWARD_SEAL_FILE": str(settings.seal_file),
        "GRIDWARD_DATABASE_URL": settings.database_url.get_secret_value(),
        "GRIDWARD_S3_ENDPOINT": settings.s3_endpoint,
        "GRIDWARD_S3_ACCESS_KEY": settings.s3_access_key.get_secret_value(),
        "GRIDWARD_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
        "GRIDWARD_REGISTRY_ADDRESS": "127.0.0.1:9",
        "GRIDWARD_INCIDENTS_ADDRESS": "127.0.0.1:9",
        "GRIDWARD_VIDEO_FILES_DIR": str(settings.video_files_dir),
        "GRIDWARD_VIDEO_HOSTS": "10.0.0.0/8",
    }


async def test_it_serves_without_its_neighbours_and_ends_when_told(settings: VideoSettings) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.video", env=environment(settings), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = json.loads(await asyncio.wait_for(process.stdout.readline(), WAIT_S))
        assert line["event"] == "serving"
        async with grpc.aio.insecure_channel(f"127.0.0.1:{line['port']}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            async for answer in stub.Watch(health_pb2.HealthCheckRequest(), timeout=WAIT_S):
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    break
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), WAIT_S) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
