"""Puts the parts of video together, for the process and for tests alike."""

from dataclasses import dataclass
from typing import Final

import grpc
from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Offer, Process
from services.platform.objects import ObjectStore
from services.platform.seal import Sealer
from services.video.actions.cameras import Cameras
from services.video.actions.snapshots import Snapshots
from services.video.eyes.pool import Eyes
from services.video.neighbours import Incidents, Registry
from services.video.servicer.cameras import VideoServicer
from services.video.settings import VideoSettings
from services.video.sight import Sight
from services.video.sources.allowed import AllowedSources
from services.video.sources.capture import Captures
from services.video.store import cameras as camera_store

NAME: Final = "video"


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """The process and what must be closed after it."""

    process: Process
    eyes: Eyes

    async def close(self) -> None:
        """End the workers."""
        await self.eyes.close()


async def assemble(
    settings: VideoSettings,
    database: Database,
    *,
    registry: grpc.aio.Channel,
    incidents: grpc.aio.Channel,
    own_incidents: grpc.aio.Channel,
    clock: Clock,
) -> Video:
    """All parts, not yet started. `incidents` speaks for whoever is served, `own_incidents` for video itself."""
    sealer = Sealer.from_file(settings.seal_file)
    async with database.transaction() as transaction:
        await camera_store.seal_plain_addresses(transaction, sealer)
    sources = AllowedSources(folder=settings.video_files_dir, hosts=settings.video_hosts)
    captures = Captures(sources, verify=settings.video_tls_verify)
    eyes = Eyes(workers=settings.video_workers, model=settings.video_model_dir)
    sight = Sight(captures, eyes, at_once=settings.video_at_once, frame_s=settings.video_frame_s)
    objects = ObjectStore.open(settings)
    cameras = Cameras(database=database, sources=sources, sealer=sealer, grids=Registry(registry))
    snapshots = Snapshots(
        database=database, clock=clock, sight=sight, objects=objects, sealer=sealer, cases=Incidents(incidents)
    )
    video = VideoServicer(cameras, snapshots)
    offers = [
        Offer(
            descriptor=video_pb2.DESCRIPTOR.services_by_name["VideoService"],
            add=lambda server: video_pb2_grpc.add_VideoServiceServicer_to_server(video, server),
        )
    ]
    return Video(process=Process(name=NAME, settings=settings, offers=offers, database=database), eyes=eyes)
