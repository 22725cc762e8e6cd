"""Shows tiles, live views and kept pictures, each to whom it may be shown."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from services.platform import audit
from services.platform.audit import Deed
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, Unavailable
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Caller, Scope
from services.platform.lifecycle import Drain
from services.platform.objects import ObjectStore
from services.platform.seal import Sealer
from services.video.actions.privacy import Privacy
from services.video.domain.cameras import Camera, within
from services.video.domain.errors import (
    CameraUnknown,
    EvidenceAltered,
    EvidenceUnknown,
    LiveViewMissing,
    VisitFailed,
)
from services.video.domain.evidence import LINK_LIFE, PICTURE, Evidence, is_whole
from services.video.patrol.tiles import WIDTH_PX, Tile, Tiles
from services.video.sight import Sight, key_of
from services.video.store import cameras as camera_store
from services.video.store import evidence as store

log = structlog.get_logger()

TILE_S: Final = 1.0
TILE_BUDGET_S: Final = 8.0
#: A camera that just failed is not asked again for every viewer's sake.
FAILED_S: Final = 10.0
#: Half as fine: a face as high as a tenth of the picture is nine pixels high in it.
DISCREET_WIDTH_PX: Final = 160
ORIGINAL: Final = "video.evidence.original"
HELD_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPage:
    """Some pictures that are held; `after` is where the next page begins, None after the last."""

    held: Sequence[store.Held]
    after: tuple[datetime | None, UUID] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A kept picture as somebody may see it."""

    evidence: Evidence
    content: bytes = field(repr=False)
    original: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """What can be looked at."""

    database: Database
    clock: Clock
    sight: Sight
    tiles: Tiles
    objects: ObjectStore
    sealer: Sealer
    drain: Drain
    privacy: Privacy
    fetching: dict[str, asyncio.Task[Tile]] = field(default_factory=dict)
    failed_s: dict[str, float] = field(default_factory=dict)
    discreet: dict[str, Tile] = field(default_factory=dict)

    async def tile(self, camera_id: str, caller: Caller) -> Tile:
        """A tile at most a second old, unless the camera gives none. Fails with CAMERA_UNKNOWN."""
        camera = await self._camera(camera_id, caller.scope("video.read"))
        return await self._shown(camera, await self._fresh(camera), caller)

    async def _shown(self, camera: Camera, tile: Tile, caller: Caller) -> Tile:
        """A tile as somebody may see it: without the right to originals half as fine, and without the persons in it."""
        if not tile.picture or sees_originals(caller, camera):
            return tile
        known = self.discreet.get(camera.id)
        if known is None or known.taken_at != tile.taken_at:
            try:
                picture = await self.sight.coarse(tile.picture, tile.persons, width_max_px=DISCREET_WIDTH_PX)
            except VisitFailed as failed:
                return replace(tile, picture=b"", problem=failed.problem)
            known = self.discreet[camera.id] = replace(tile, picture=picture)
        return replace(known, problem=tile.problem)

    async def _camera(self, camera_id: str, scope: Scope) -> Camera:
        async with self.database.connection() as connection:
            camera = await camera_store.find_camera(connection, camera_id, scope, self.sealer)
        if camera is None:
            raise CameraUnknown(camera=camera_id)
        return camera

    async def _fresh(self, camera: Camera) -> Tile:
        """All who ask at once wait for the same visit."""
        tile = self.tiles.find(camera.id)
        now = self.clock.now()
        if tile.taken_at is not None and not tile.problem and now - tile.taken_at < timedelta(seconds=TILE_S):
            return tile
        loop = asyncio.get_running_loop()
        if tile.problem and loop.time() - self.failed_s.get(camera.id, -FAILED_S) < FAILED_S:
            return tile
        fetch = self.fetching.get(camera.id)
        if fetch is None:
            fetch = self.fetching[camera.id] = asyncio.create_task(self._fetch(camera))
            fetch.add_done_callback(lambda _: self.fetching.pop(camera.id, None))
        return await asyncio.shield(fetch)

    async def _fetch(self, camera: Camera) -> Tile:
        at = self.clock.now()
        try:
            frame = await self.sight.frame(camera, at=at, budget_s=TILE_BUDGET_S, width_max_px=WIDTH_PX, watched=True)
        except Exhausted:
            return self.tiles.find(camera.id)
        except Unavailable as error:
            self.failed_s[camera.id] = asyncio.get_running_loop().time()
            return self.tiles.fail(camera.id, key_of(error))
        return self.tiles.put(camera.id, frame.content, at=at)

    async def watch(self, camera_ids: Sequence[str], caller: Caller) -> AsyncIterator[tuple[str, Tile]]:
        """Tiles as they come, each camera at most once a second; ends when the service does."""
        cameras = []
        for camera_id in dict.fromkeys(camera_ids):
            try:
                cameras.append(await self._camera(camera_id, caller.scope("video.read")))
            except CameraUnknown:
                continue
        sent: dict[str, Tile] = {}
        while cameras and not self.drain.begun:
            began_s = asyncio.get_running_loop().time()
            for fetch in asyncio.as_completed([self._named(camera, caller) for camera in cameras]):
                camera_id, tile = await fetch
                if sent.get(camera_id) != tile:
                    sent[camera_id] = tile
                    yield camera_id, tile
            pause_s = TILE_S - (asyncio.get_running_loop().time() - began_s)
            await asyncio.sleep(max(0.05, pause_s))

    async def _named(self, camera: Camera, caller: Caller) -> tuple[str, Tile]:
        return camera.id, await self._shown(camera, await self._fresh(camera), caller)

    async def live_view(self, camera_id: str, scope: Scope) -> str:
        """Where the media server shows a camera. Fails with CAMERA_UNKNOWN, LIVE_VIEW_MISSING."""
        camera = await self._camera(camera_id, scope)
        if not camera.live_url:
            raise LiveViewMissing(camera=camera_id)
        return camera.live_url

    async def _evidence(self, evidence_id: UUID, scope: Scope) -> Evidence:
        async with self.database.connection() as connection:
            evidence = await store.find(connection, evidence_id, scope)
        if evidence is None:
            raise EvidenceUnknown(evidence=evidence_id)
        return evidence

    async def is_within(self, evidence_id: UUID, scope: Scope) -> bool:
        """Whether a right holds where a picture's camera stands."""
        async with self.database.connection() as connection:
            return await store.find(connection, evidence_id, scope) is not None

    async def picture(self, evidence_id: UUID, *, scope: Scope, original: bool) -> Shown:
        """A kept picture, blurred without the right to originals. Fails with EVIDENCE_UNKNOWN, EVIDENCE_ALTERED."""
        evidence = await self._evidence(evidence_id, scope)
        if evidence.content_type != PICTURE:
            raise EvidenceUnknown(evidence=evidence_id)  # a clip is not blurred: it goes by link, to originals alone
        content = evidence.waiting or (await self.objects.get(evidence.object_key))[0]
        if not is_whole(evidence, content):
            log.error("evidence_altered", evidence_id=str(evidence_id))
            raise EvidenceAltered(evidence=evidence_id)
        if not original:
            content = await self.privacy.of_kept(
                evidence.object_key, content, camera_id=evidence.camera_id, hidden=evidence.hidden
            )
        return Shown(evidence=evidence, content=content, original=original)

    async def link(self, evidence_id: UUID, *, by: str, scope: Scope) -> tuple[str, datetime]:
        """A link to the original, and until when it works. Fails with EVIDENCE_UNKNOWN."""
        evidence = await self._evidence(evidence_id, scope)
        url = await self.objects.link(evidence.object_key, life=LINK_LIFE)
        log.info("evidence_linked", evidence_id=str(evidence_id), by=by)
        return url, self.clock.now() + LINK_LIFE

    async def list_held(self, scope: Scope, *, before: tuple[datetime | None, UUID] | None, size: int) -> HeldPage:
        """Pictures and clips that are held, newest hold first."""
        size = size or HELD_PAGE
        async with self.database.connection() as connection:
            found = await store.list_held(connection, scope, before=before, size=size + 1)
        last = found[size - 1] if len(found) > size else None
        return HeldPage(held=found[:size], after=(last.held_at, last.evidence_id) if last else None)

    async def hold(self, evidence_id: UUID, *, held: bool, reason: str, key: RequestKey, caller: Caller) -> None:
        """Keep a picture beyond its time, or no longer. Fails with EVIDENCE_UNKNOWN."""
        evidence = await self._evidence(evidence_id, caller.scope("video.evidence.hold"))
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            if await answer_given(transaction, key) is not None:
                return
            await store.hold(transaction, evidence_id, held=held, by=key.subject, reason=reason, at=now)
            await keep_answer(transaction, key, b"held")
            action = "evidence.hold" if held else "evidence.release"
            deed = Deed(action=action, target=f"evidence:{evidence_id}", purpose=reason)
            await audit.write(transaction, deed, caller=caller, at=now)
        log.info("evidence_held", evidence_id=str(evidence_id), held=held, camera_id=evidence.camera_id)


def sees_originals(caller: Caller, camera: Camera) -> bool:
    """Whether somebody may see this camera's pictures as they are."""
    scope = caller.scope(ORIGINAL)
    return within(camera, areas=scope.area_paths, departments=scope.departments)
