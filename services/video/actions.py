"""Does what the video service is asked for; what is kept together is written together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Unavailable
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Scope
from services.platform.ids import uuid7
from services.platform.objects import ObjectStore
from services.video import events, store
from services.video.domain import (
    Camera,
    CameraForeign,
    CameraUnknown,
    CameraUnreachable,
    Cases,
    FiledCase,
    FrameUnreadable,
    Grids,
    Sighting,
    Snapshot,
    SnapshotUnknown,
    derived_request_id,
    keep,
    placed,
    within,
)
from services.video.grabber import FrameGrabber
from services.video.sources import AllowedSources

log = structlog.get_logger()

PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some cameras by id; `after` is where the next page begins, empty after the last."""

    cameras: list[Camera]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What can be done with cameras."""

    database: Database
    clock: Clock
    sources: AllowedSources
    grabber: FrameGrabber
    objects: ObjectStore
    grids: Grids
    cases: Cases

    async def import_cameras(self, cameras: Sequence[Camera], *, key: RequestKey, scope: Scope) -> int:
        """Create or change cameras, all or none; how many differ from before."""
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
        if answer is not None:
            return int(answer)
        standing = await self._standing(cameras, scope)
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            if answer is not None:
                return int(answer)
            for camera_id in await store.foreign_cameras(transaction, [camera.id for camera in standing], scope):
                raise CameraForeign(camera=camera_id)
            changed = await store.save_cameras(transaction, standing)
            await keep_answer(transaction, key, str(changed).encode())
        log.info("cameras_imported", given=len(cameras), changed=changed)
        return changed

    async def _standing(self, cameras: Sequence[Camera], scope: Scope) -> list[Camera]:
        """The cameras at their places, if their streams, their grids and the scope allow it."""
        for camera in cameras:
            if camera.stream_address:
                self.sources.check(camera.id, camera.stream_address)
        paths = await self.grids.paths_of([camera.grid_code for camera in cameras])
        standing = placed(cameras, paths)
        for camera in standing:
            if not within(camera, areas=scope.area_paths, departments=scope.departments):
                raise CameraForeign(camera=camera.id)
        return standing

    async def list_cameras(self, scope: Scope, *, area_code: str, after: str, size: int) -> Page:
        """One page of the cameras within the scope."""
        size = size or PAGE_SIZE
        async with self.database.connection() as connection:
            found = await store.list_cameras(connection, scope, area_code=area_code, after=after, size=size + 1)
        return Page(cameras=found[:size], after=found[size - 1].id if len(found) > size else "")

    async def take_snapshot(self, camera_id: str, *, key: RequestKey, scope: Scope, budget_s: float) -> Snapshot:
        """Take one frame now and keep it; no transaction is open while the camera is waited for."""
        async with self.database.transaction() as transaction:
            known = await self._snapshot_given(transaction, key, scope)
            camera = await store.find_camera(transaction, camera_id, scope)
        if known is not None:
            return known
        if camera is None:
            raise CameraUnknown(camera=camera_id)
        snapshot = await self._grab(camera, budget_s=budget_s)
        async with self.database.transaction() as transaction:
            known = await self._snapshot_given(transaction, key, scope)
            if known is not None:
                return known
            await store.save_snapshot(transaction, snapshot, taken_by=key.subject)
            await store.mark_seen(transaction, camera.id, at=snapshot.taken_at)
            await events.publish_snapshot_taken(transaction, snapshot)
            await keep_answer(transaction, key, str(snapshot.id).encode())
        log.info("snapshot_taken", snapshot_id=str(snapshot.id), camera_id=camera.id)
        return snapshot

    async def _snapshot_given(self, transaction: Transaction, key: RequestKey, scope: Scope) -> Snapshot | None:
        answer = await answer_given(transaction, key)
        if answer is None:
            return None
        found = await store.find_snapshot(transaction, UUID(answer.decode()), scope)
        return found[0] if found else None

    async def _grab(self, camera: Camera, *, budget_s: float) -> Snapshot:
        """A frame in the object store; what is wrong with the camera is remembered."""
        try:
            frame = await self.grabber.grab(camera, at=self.clock.now(), budget_s=budget_s)
        except (CameraUnreachable, FrameUnreadable) as error:
            log.warning("camera_faulty", camera_id=camera.id, reason=error.reason, problem=error.details["problem"])
            await self._remember_fault(camera.id, error.reason)
            raise
        snapshot = keep(frame, camera, id=uuid7(), at=self.clock.now())
        await self.objects.put(snapshot.object_key, frame.content, snapshot.content_type)
        return snapshot

    async def _remember_fault(self, camera_id: str, fault: str) -> None:
        """Losing this note is no reason to tell the caller anything else than what happened."""
        try:
            async with self.database.transaction() as transaction:
                await store.mark_fault(transaction, camera_id, fault)
        except Unavailable:
            log.warning("fault_not_remembered", camera_id=camera_id)

    async def report_snapshot(
        self, snapshot_id: UUID, *, task_type: str, description: str, key: RequestKey, scope: Scope
    ) -> FiledCase:
        """File what somebody saw on a snapshot; asked again, the same case is found, even after a crash in between."""
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            found = await store.find_snapshot(transaction, snapshot_id, scope)
        if answer is not None:
            return FiledCase(**json.loads(answer))
        if found is None:
            raise SnapshotUnknown(snapshot=snapshot_id)
        snapshot, camera_name = found
        case = await self.cases.file(
            Sighting(
                request_id=derived_request_id(snapshot.id, subject=key.subject, request_id=key.request_id),
                task_type=task_type,
                description=description,
                place_name=camera_name,
                snapshot=snapshot,
            )
        )
        async with self.database.transaction() as transaction:
            if await answer_given(transaction, key) is None:
                await store.save_report(transaction, snapshot.id, case, reported_by=key.subject, at=self.clock.now())
                given = json.dumps({"case_id": case.case_id, "number": case.number})
                await keep_answer(transaction, key, given.encode())
        log.info("snapshot_reported", snapshot_id=str(snapshot.id), case_id=case.case_id)
        return case
