"""Puts the parts of video together, for the process and for tests alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import grpc
from gridward.video.v1 import (
    books_pb2,
    books_pb2_grpc,
    findings_pb2,
    findings_pb2_grpc,
    ground_pb2,
    ground_pb2_grpc,
    health_pb2,
    health_pb2_grpc,
    privacy_pb2,
    privacy_pb2_grpc,
    rescue_pb2,
    rescue_pb2_grpc,
    tours_pb2,
    tours_pb2_grpc,
    video_pb2,
    video_pb2_grpc,
    wall_pb2,
    wall_pb2_grpc,
)

from services.platform import consume
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Background, Offer, Process
from services.platform.lifecycle import Drain
from services.platform.objects import ObjectStore
from services.platform.reseal import Resealing
from services.platform.seal import Sealer
from services.video.actions.books import Books
from services.video.actions.cameras import Cameras
from services.video.actions.findings import Findings
from services.video.actions.ground import Ground
from services.video.actions.health import CameraHealth
from services.video.actions.privacy import Privacy
from services.video.actions.rescue import Rescue
from services.video.actions.snapshots import Snapshots
from services.video.actions.tours import Tours
from services.video.actions.wall import Wall
from services.video.eyes.pool import Eyes
from services.video.neighbours import Incidents, OwnIncidents, Registry
from services.video.patrol.filing import Checks, Filing
from services.video.patrol.keeper import Keeper
from services.video.patrol.leases import Leases
from services.video.patrol.tiles import Tiles
from services.video.patrol.touring import Touring
from services.video.patrol.upkeep import Upkeep
from services.video.patrol.visit import Visits
from services.video.sealed import SHELVES
from services.video.servicer.books import CameraBooksServicer
from services.video.servicer.cameras import VideoServicer
from services.video.servicer.findings import FindingsServicer
from services.video.servicer.ground import GroundServicer
from services.video.servicer.health import CameraHealthServicer
from services.video.servicer.privacy import PrivacyServicer
from services.video.servicer.rescue import RescueServicer
from services.video.servicer.tours import ToursServicer
from services.video.servicer.wall import WallServicer
from services.video.settings import MODELS, VideoSettings
from services.video.sight import Sight
from services.video.sources.allowed import AllowedSources
from services.video.sources.capture import Captures
from services.video.store import cameras as camera_store

NAME: Final = "video"

Servicer = TypeVar("Servicer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What actions and background tasks stand on."""

    settings: VideoSettings
    database: Database
    clock: Clock
    zone: ZoneInfo
    sealer: Sealer
    sources: AllowedSources
    captures: Captures
    eyes: Eyes
    sight: Sight
    discreet: Eyes | None
    privacy: Privacy
    objects: ObjectStore
    tiles: Tiles
    drain: Drain


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """The process, and parts of it that tests look at."""

    process: Process
    eyes: Eyes
    discreet: Eyes | None
    captures: Captures
    touring: Touring
    filing: Filing
    upkeep: Upkeep
    checks: Checks

    async def close(self) -> None:
        """End the workers, and leave the cameras."""
        await self.captures.close()
        await self.eyes.close()
        if self.discreet is not None:
            await self.discreet.close()


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
    parts = await _parts(settings, database, clock)
    touring = await _touring(parts)
    own_cases = OwnIncidents(own_incidents, ticket_task_type=settings.video_ticket_task_type)
    filing = Filing(
        database=database,
        clock=clock,
        cases=own_cases,
        sight=parts.sight,
        objects=parts.objects,
        sealer=parts.sealer,
    )
    upkeep, checks = Upkeep(database, clock, parts.objects), Checks(database, clock)

    async def follow_cases() -> None:
        await consume.follow(own_incidents, group=NAME, types=["case_advanced"], handle=checks.handle)

    resealing = Resealing(database, parts.sealer, SHELVES)
    patrol: list[Background] = [touring.run, filing.run, upkeep.run, follow_cases] if settings.video_patrol else []
    process = Process(
        name=NAME,
        settings=settings,
        offers=_offers(parts, touring, registry, Incidents(incidents), own_cases),
        database=database,
        background=[*patrol, resealing.run],
        drain=parts.drain,
    )
    return Video(
        process=process,
        eyes=parts.eyes,
        discreet=parts.discreet,
        captures=parts.captures,
        touring=touring,
        filing=filing,
        upkeep=upkeep,
        checks=checks,
    )


async def _parts(settings: VideoSettings, database: Database, clock: Clock) -> Parts:
    sealer = Sealer.from_file(settings.seal_file)
    async with database.transaction() as transaction:
        await camera_store.seal_plain_addresses(transaction, sealer)
    sources = AllowedSources(folder=settings.video_files_dir, hosts=settings.video_hosts)
    captures = Captures(sources, verify=settings.video_tls_verify)
    eyes = Eyes(workers=settings.video_workers, model=settings.video_model_dir, runtime=settings.video_runtime)
    # It starts with the first picture that asks for it, and then keeps its models in memory.
    discreet = Eyes(workers=1, model=MODELS / "nanodet_g", blurring=MODELS) if settings.video_blur else None
    objects = ObjectStore.open(settings)
    sight = Sight(captures, eyes, at_once=settings.video_at_once, frame_s=settings.video_frame_s)
    return Parts(
        settings=settings,
        database=database,
        clock=clock,
        zone=ZoneInfo(settings.timezone),
        sealer=sealer,
        sources=sources,
        captures=captures,
        eyes=eyes,
        sight=sight,
        discreet=discreet,
        privacy=Privacy(discreet, objects, sight),
        objects=objects,
        tiles=Tiles(),
        drain=Drain(),
    )


async def _touring(parts: Parts) -> Touring:
    settings = parts.settings
    if settings.video_model_dir is not None:
        await parts.eyes.start()
    leases = Leases(parts.database, uuid4().hex, life_s=settings.video_lease_s)
    keeper = Keeper(
        parts.database,
        leases,
        ticket_after_s=settings.video_ticket_after_s,
        task_types=settings.video_task_types,
        found_by=parts.eyes.detector or "change",
    )
    visits = Visits(
        captures=parts.captures,
        eyes=parts.eyes,
        objects=parts.objects,
        tiles=parts.tiles,
        visit_s=settings.video_visit_s,
    )
    return Touring(
        database=parts.database,
        clock=parts.clock,
        sealer=parts.sealer,
        captures=parts.captures,
        leases=leases,
        keeper=keeper,
        visits=visits,
        zone=parts.zone,
        at_once=settings.video_visits_at_once,
        host_at_once=settings.video_host_at_once,
    )


def _offers(
    parts: Parts, touring: Touring, registry: grpc.aio.Channel, cases: Incidents, own_cases: OwnIncidents
) -> Sequence[Offer]:
    database, clock, sealer, sight, objects = parts.database, parts.clock, parts.sealer, parts.sight, parts.objects
    cameras = Cameras(database=database, sources=parts.sources, sealer=sealer, grids=Registry(registry))
    video = VideoServicer(
        cameras,
        Snapshots(
            database=database,
            clock=clock,
            sight=sight,
            objects=objects,
            sealer=sealer,
            cases=cases,
            privacy=parts.privacy,
        ),
    )
    books = CameraBooksServicer(Books(cameras=cameras, sight=sight, privacy=parts.privacy, clock=clock))
    ground = GroundServicer(Ground(database=database, clock=clock, sealer=sealer))
    tours = ToursServicer(
        Tours(
            database=database,
            clock=clock,
            zone=parts.zone,
            sealer=sealer,
            sight=sight,
            tiles=parts.tiles,
            touring=touring,
            privacy=parts.privacy,
        )
    )
    health = CameraHealthServicer(CameraHealth(database=database, sealer=sealer, touring=touring))
    findings = FindingsServicer(
        Findings(
            database=database,
            clock=clock,
            sight=sight,
            objects=objects,
            sealer=sealer,
            cases=own_cases,
            task_types=parts.settings.video_task_types,
        ),
        parts.eyes,
        clock,
    )
    wall = WallServicer(
        Wall(
            database=database,
            clock=clock,
            sight=sight,
            tiles=parts.tiles,
            objects=objects,
            sealer=sealer,
            drain=parts.drain,
            privacy=parts.privacy,
        )
    )
    privacy = PrivacyServicer(parts.privacy)
    rescue = RescueServicer(Rescue(database=database, clock=clock, touring=touring), clock)
    return [
        _offer(rescue_pb2, "RescueService", rescue_pb2_grpc.add_RescueServiceServicer_to_server, rescue),
        _offer(video_pb2, "VideoService", video_pb2_grpc.add_VideoServiceServicer_to_server, video),
        _offer(tours_pb2, "ToursService", tours_pb2_grpc.add_ToursServiceServicer_to_server, tours),
        _offer(health_pb2, "CameraHealthService", health_pb2_grpc.add_CameraHealthServiceServicer_to_server, health),
        _offer(findings_pb2, "FindingsService", findings_pb2_grpc.add_FindingsServiceServicer_to_server, findings),
        _offer(wall_pb2, "WallService", wall_pb2_grpc.add_WallServiceServicer_to_server, wall),
        _offer(books_pb2, "CameraBooksService", books_pb2_grpc.add_CameraBooksServiceServicer_to_server, books),
        _offer(ground_pb2, "GroundService", ground_pb2_grpc.add_GroundServiceServicer_to_server, ground),
        _offer(privacy_pb2, "PrivacyService", privacy_pb2_grpc.add_PrivacyServiceServicer_to_server, privacy),
    ]


def _offer(
    contract: ModuleType, name: str, add: Callable[[Servicer, grpc.aio.Server], None], servicer: Servicer
) -> Offer:
    return Offer(
        descriptor=contract.DESCRIPTOR.services_by_name[name],
        add=lambda server: add(servicer, server),
    )
