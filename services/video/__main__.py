"""Starts the video service."""

import asyncio

from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform import log as logs
from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import TokenSigner, service_caller
from services.platform.migrate import migrate
from services.platform.objects import ObjectStore
from services.video.actions import Actions
from services.video.grabber import FrameGrabber
from services.video.neighbours import Incidents, Registry
from services.video.servicer import VideoServicer
from services.video.settings import VideoSettings
from services.video.sources import AllowedSources

NAME = "video"


async def serve(settings: VideoSettings) -> None:
    """Serve until told to stop."""
    dsn = settings.database_url.get_secret_value()
    migrate(dsn, "services.platform", "services.video")
    database = await open_database(dsn, service=NAME, connections_max=settings.database_connections_max)
    signer = TokenSigner.from_file(settings.signing_key_file)
    registry = connect(settings.registry_address, signer=signer, caller=service_caller(NAME))
    incidents = connect(settings.incidents_address, signer=signer)
    sources = AllowedSources(folder=settings.video_files_dir, hosts=settings.video_hosts)
    actions = Actions(
        database=database,
        clock=SystemClock(),
        sources=sources,
        grabber=FrameGrabber(sources, at_once=settings.video_at_once, frame_s=settings.video_frame_s),
        objects=ObjectStore.open(settings),
        grids=Registry(registry),
        cases=Incidents(incidents),
    )
    servicer = VideoServicer(actions)
    process = Process(
        name=NAME,
        settings=settings,
        offers=[
            Offer(
                descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
                add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(servicer, server),
            )
        ],
        database=database,
    )
    await process.run()
    await registry.close()
    await incidents.close()


def main() -> None:
    """The process."""
    settings = VideoSettings()
    logs.configure(NAME, settings.log_level)
    # asyncio's own loop: uvloop cannot start programs where its own standard input is closed, as supervisors leave it.
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
