"""Takes snapshots for people, and files what they saw on them."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

import structlog

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Unavailable
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Caller, Scope
from services.platform.ids import uuid7
from services.platform.objects import ObjectStore
from services.platform.seal import Sealer
from services.video import events
from services.video.actions.privacy import Privacy
from services.video.actions.wall import sees_originals
from services.video.domain.cameras import (
    Camera,
    Cases,
    FiledCase,
    Sighting,
    Snapshot,
    derived_request_id,
    keep,
)
from services.video.domain.errors import CameraUnknown, CameraUnreachable, FrameUnreadable, SnapshotUnknown
from services.video.domain.evidence import blurred_key
from services.video.sight import Sight
from services.video.store import cameras, snapshots

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """What people do with single frames."""

    database: Database
    clock: Clock
    sight: Sight
    objects: ObjectStore
    sealer: Sealer
    cases: Cases
    privacy: Privacy

    async def shown(self, snapshot: Snapshot, caller: Caller) -> Snapshot:
        """As somebody may see it: the original, or the form of it in which nobody is recognised."""
        async with self.database.connection() as connection:
            camera = await cameras.find_camera(
                connection, snapshot.camera_id, caller.scope("video.snapshot"), self.sealer
            )
        if camera is not None and sees_originals(caller, camera):
            return snapshot
        content, _ = await self.objects.get(snapshot.object_key)
        made = await self.privacy.of_kept(snapshot.object_key, content, camera_id=snapshot.camera_id)
        return replace(
            snapshot,
            object_key=blurred_key(snapshot.object_key),
            sha256=sha256(made).hexdigest(),
            size_bytes=len(made),
        )

    async def take_snapshot(self, camera_id: str, *, key: RequestKey, scope: Scope, budget_s: float) -> Snapshot:
        """Take one frame now and keep it; no transaction is open while the camera is waited for."""
        async with self.database.transaction() as transaction:
            known = await self._snapshot_given(transaction, key, scope)
            camera = await cameras.find_camera(transaction, camera_id, scope, self.sealer)
        if known is not None:
            return known
        if camera is None:
            raise CameraUnknown(camera=camera_id)
        snapshot = await self._grab(camera, budget_s=budget_s)
        async with self.database.transaction() as transaction:
            known = await self._snapshot_given(transaction, key, scope)
            if known is not None:
                return known
            await snapshots.save_snapshot(transaction, snapshot, taken_by=key.subject)
            await cameras.mark_seen(transaction, camera.id, at=snapshot.taken_at)
            await events.publish_snapshot_taken(transaction, snapshot)
            await keep_answer(transaction, key, str(snapshot.id).encode())
        log.info("snapshot_taken", snapshot_id=str(snapshot.id), camera_id=camera.id)
        return snapshot

    async def _snapshot_given(self, transaction: Transaction, key: RequestKey, scope: Scope) -> Snapshot | None:
        answer = await answer_given(transaction, key)
        if answer is None:
            return None
        found = await snapshots.find_snapshot(transaction, UUID(answer.decode()), scope)
        return found[0] if found else None

    async def _grab(self, camera: Camera, *, budget_s: float) -> Snapshot:
        """A frame in the object store; what is wrong with the camera is remembered."""
        try:
            frame = await self.sight.frame(camera, at=self.clock.now(), budget_s=budget_s)
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
                await cameras.mark_fault(transaction, camera_id, fault)
        except Unavailable:
            log.warning("fault_not_remembered", camera_id=camera_id)

    async def report_snapshot(
        self, snapshot_id: UUID, *, task_type: str, description: str, key: RequestKey, scope: Scope
    ) -> FiledCase:
        """File what somebody saw on a snapshot; asked again, the same case is found, even after a crash in between."""
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            found = await snapshots.find_snapshot(transaction, snapshot_id, scope)
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
                await snapshots.save_report(
                    transaction, snapshot.id, case, reported_by=key.subject, at=self.clock.now()
                )
                given = json.dumps({"case_id": case.case_id, "number": case.number})
                await keep_answer(transaction, key, given.encode())
        log.info("snapshot_reported", snapshot_id=str(snapshot.id), case_id=case.case_id)
        return case
