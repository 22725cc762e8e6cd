"""Lets people see, flag and decide findings, and say how they are to be found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Scope
from services.platform.ids import uuid7
from services.platform.objects import ObjectStore
from services.platform.seal import Sealer
from services.video import events
from services.video.domain.cameras import Camera, Cases, Place, Snapshot
from services.video.domain.classes import class_of
from services.video.domain.errors import CameraUnknown, FindingUnknown, SnapshotUnknown, ZoneInvalid
from services.video.domain.evidence import Evidence, KeepClass, kept
from services.video.domain.findings import (
    Accuracy,
    Finding,
    State,
    Verdict,
    decided,
    same_event,
)
from services.video.domain.geometry import WHOLE, Box, GroundPoint, fitted, landed, spans_area
from services.video.domain.sightings import Watched, Zone
from services.video.patrol.visit import FULL_WIDTH_PX
from services.video.sight import Sight
from services.video.store import cameras as camera_store
from services.video.store import evidence as evidence_store
from services.video.store import filings, snapshots, watches
from services.video.store import findings as store

log = structlog.get_logger()

PAGE_SIZE: Final = 50
LOOKED_BACK: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """What a person sees."""

    camera_id: str
    snapshot_id: UUID | None
    class_code: str
    box: Box | None
    words: str
    task_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What can be done with findings."""

    database: Database
    clock: Clock
    sight: Sight
    objects: ObjectStore
    sealer: Sealer
    cases: Cases
    task_types: dict[str, str]

    async def list_findings(
        self,
        scope: Scope,
        *,
        states: Sequence[State],
        class_codes: Sequence[str],
        camera_id: str,
        area_code: str,
        before: UUID | None,
        size: int,
    ) -> tuple[list[Finding], UUID | None]:
        """One page, newest first, and where the next one begins."""
        size = size or PAGE_SIZE
        async with self.database.connection() as connection:
            found = await store.list_findings(
                connection,
                scope,
                states=states or [State.WAITING],
                class_codes=class_codes,
                camera_id=camera_id,
                area_code=area_code,
                before=before,
                size=size + 1,
            )
        return found[:size], found[size - 1].id if len(found) > size else None

    async def get_finding(
        self, finding_id: UUID, scope: Scope
    ) -> tuple[Finding, list[tuple[datetime, Box, float, UUID | None]]]:
        """One finding with its sightings. Fails with FINDING_UNKNOWN."""
        async with self.database.transaction() as transaction:
            finding = await store.find(transaction, finding_id, scope)
            if finding is None:
                raise FindingUnknown(finding=finding_id)
            return finding, await store.sightings(transaction, finding_id)

    async def decide(
        self, finding_id: UUID, verdict: Verdict, *, into_id: UUID | None, key: RequestKey, scope: Scope
    ) -> Finding:
        """Confirm, refuse, merge, or mark as fixture."""
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            finding = await store.find(transaction, finding_id, scope)
            if finding is None:
                raise FindingUnknown(finding=finding_id)
            if answer is not None:
                return finding
            into = await store.find(transaction, into_id, scope) if into_id else None
            after = decided(finding, verdict, into=into)
            if after.state == State.CONFIRMED and verdict.class_code:
                task_type = self.task_types.get(after.class_code, after.task_type)
                after = replace(after, task_type=task_type)
            await store.update(transaction, after)
            await self._follow_up(transaction, after, verdict)
            await events.publish_finding_changed(transaction, after, at=verdict.at)
            await keep_answer(transaction, key, b"decided")
        log.info("finding_decided", finding_id=str(finding_id), state=after.state.value)
        return after

    async def _follow_up(self, transaction: Transaction, finding: Finding, verdict: Verdict) -> None:
        """What a decision brings about."""
        if finding.state == State.CONFIRMED:
            await filings.add(transaction, id=uuid7(), kind=filings.FINDING, about=finding.id, due_at=verdict.at)
        elif finding.state == State.FIXTURE:
            key = (finding.camera_id, finding.preset)
            await watches.save_fixture(
                transaction, key, finding.box, finding_id=finding.id, by=verdict.by, at=verdict.at
            )
            await camera_store.raise_plan(transaction)
        elif finding.state == State.MERGED and finding.merged_into is not None:
            await store.renew(transaction, finding.merged_into, at=finding.last_seen_at, confidence=finding.confidence)
            await store.add_sighting(
                transaction,
                finding.merged_into,
                at=finding.last_seen_at,
                box=finding.box,
                confidence=finding.confidence,
                evidence_id=finding.evidence_id,
            )
            if finding.case_id:
                await filings.add(
                    transaction,
                    id=uuid7(),
                    kind=filings.MORE,
                    about=finding.merged_into,
                    due_at=verdict.at,
                    evidence=finding.evidence_id,
                )

    async def flag(self, flag: Flag, *, key: RequestKey, scope: Scope) -> tuple[Finding, bool]:
        """What a person sees becomes a finding and its case, in one call; joined to the event's case where there is one."""
        found_class = class_of(flag.class_code)
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            if answer is not None:
                known = await store.find(transaction, UUID(answer.decode()), scope)
                if known is not None:
                    return known, known.found_by != key.subject
            camera = await camera_store.find_camera(transaction, flag.camera_id, scope, self.sealer)
            if camera is None:
                raise CameraUnknown(camera=flag.camera_id)
            snapshot = await self._snapshot(transaction, flag, scope)
        clean, marked, content_at = await self._pictures(camera, flag, snapshot)
        now = self.clock.now()
        box = flag.box or WHOLE
        finding = Finding(
            id=uuid7(),
            class_code=flag.class_code,
            camera_id=camera.id,
            box=box,
            confidence=1.0,
            state=State.CONFIRMED,
            first_seen_at=content_at,
            last_seen_at=content_at,
            evidence_id=clean.id,
            marked_evidence_id=marked.id,
            place=await self._place(camera, box),
            found_by=key.subject,
            words=flag.words,
            task_type=flag.task_type or self.task_types.get(flag.class_code, found_class.task_type),
            decided_by=key.subject,
            decided_at=now,
            camera_name=camera.name,
            road_segment=camera.road_segment,
        )
        finding = replace(finding, of_object=finding.place != camera.place)
        return await self._keep_flag(finding, [clean, marked], key=key)

    async def _keep_flag(self, finding: Finding, pictures: list[Evidence], *, key: RequestKey) -> tuple[Finding, bool]:
        """The finding with its case: filed before it is written, under an id that files it once."""
        async with self.database.transaction() as transaction:
            earlier = await self._earlier(transaction, finding)
        if earlier is None:
            filed = await self.cases.file_flag(
                finding, pictures, request_id=str(uuid5(NAMESPACE_URL, f"gridward:flag:{key.subject}:{key.request_id}"))
            )
            finding = replace(finding, case_id=filed.case_id, case_number=filed.number)
        async with self.database.transaction() as transaction:
            if await answer_given(transaction, key) is None:
                for picture in pictures:
                    await evidence_store.save(transaction, picture)
                if earlier is None:
                    await store.insert(transaction, finding)
                    await store.update(transaction, finding)
                    await store.add_sighting(
                        transaction,
                        finding.id,
                        at=finding.last_seen_at,
                        box=finding.box,
                        confidence=1.0,
                        evidence_id=finding.evidence_id,
                    )
                    await filings.add(
                        transaction, id=uuid7(), kind=filings.CLIP, about=finding.id, due_at=self.clock.now()
                    )
                else:
                    await self._join(transaction, earlier, finding)
                kept_finding = earlier or finding
                await events.publish_finding_changed(transaction, kept_finding, at=finding.last_seen_at)
                await keep_answer(transaction, key, str(kept_finding.id).encode())
        log.info("finding_flagged", finding_id=str((earlier or finding).id), joined=earlier is not None)
        return earlier or finding, earlier is not None

    async def _earlier(self, transaction: Transaction, finding: Finding) -> Finding | None:
        """The finding of the same event whose case is open to it."""
        since = finding.last_seen_at - LOOKED_BACK
        for earlier in await store.recent(
            transaction, finding.camera_id, finding.preset, finding.class_code, since=since
        ):
            same = same_event(
                replace(earlier, zone_id=finding.zone_id),
                code=finding.class_code,
                zone_id=finding.zone_id,
                box=finding.box,
                at=finding.last_seen_at,
            )
            if same and earlier.state == State.CONFIRMED and earlier.case_id:
                return earlier
        return None

    async def _join(self, transaction: Transaction, earlier: Finding, finding: Finding) -> None:
        await store.renew(transaction, earlier.id, at=finding.last_seen_at, confidence=1.0)
        await store.add_sighting(
            transaction,
            earlier.id,
            at=finding.last_seen_at,
            box=finding.box,
            confidence=1.0,
            evidence_id=finding.marked_evidence_id,
        )
        await filings.add(
            transaction,
            id=uuid7(),
            kind=filings.MORE,
            about=earlier.id,
            due_at=finding.last_seen_at,
            evidence=finding.marked_evidence_id,
        )

    async def _snapshot(self, transaction: Transaction, flag: Flag, scope: Scope) -> Snapshot | None:
        if flag.snapshot_id is None:
            return None
        found = await snapshots.find_snapshot(transaction, flag.snapshot_id, scope)
        if found is None or found[0].camera_id != flag.camera_id:
            raise SnapshotUnknown(snapshot=flag.snapshot_id)
        return found[0]

    async def _pictures(
        self, camera: Camera, flag: Flag, snapshot: Snapshot | None
    ) -> tuple[Evidence, Evidence, datetime]:
        """The clean picture and the one with the box, both in the object store."""
        if snapshot is not None:
            content, _ = await self.objects.get(snapshot.object_key)
            at, size_px = snapshot.taken_at, (snapshot.width_px, snapshot.height_px)
        else:
            at = self.clock.now()
            frame = await self.sight.frame(camera, at=at, budget_s=10.0, width_max_px=FULL_WIDTH_PX)
            content, size_px = frame.content, (frame.width_px, frame.height_px)
        drawn = await self.sight.marked(content, [flag.box]) if flag.box else content
        made = []
        for picture in (content, drawn):
            evidence = kept(
                picture,
                id=uuid7(),
                camera_id=camera.id,
                taken_at=at,
                size_px=size_px,
                keep_class=KeepClass.CASE,
            )
            await self.objects.put(evidence.object_key, picture, evidence.content_type)
            made.append(evidence)
        return made[0], made[1], at

    async def _place(self, camera: Camera, box: Box) -> Place:
        async with self.database.connection() as connection:
            planes = await watches.planes_of(connection, [camera.id])
        plane = planes.get((camera.id, "")) if box != WHOLE else None
        return landed(plane, box.foot, camera=camera.place) or camera.place

    async def accuracy(self, scope: Scope, *, since: datetime | None, camera_id: str) -> list[Accuracy]:
        """How classes were decided, by camera."""
        async with self.database.connection() as connection:
            return await store.accuracy(connection, scope, since=since, camera_id=camera_id)

    async def trust(self, camera_id: str, class_code: str, *, trusted: bool, key: RequestKey, scope: Scope) -> None:
        """File a class of a camera without waiting, or no longer."""
        class_of(class_code)
        async with self.database.transaction() as transaction:
            await self._require_camera(transaction, camera_id, scope)
            await watches.trust(
                transaction, camera_id, class_code, trusted=trusted, by=key.subject, at=self.clock.now()
            )
            await camera_store.raise_plan(transaction)
        log.info("class_trusted", camera_id=camera_id, class_code=class_code, trusted=trusted)

    async def _require_camera(self, transaction: Transaction, camera_id: str, scope: Scope) -> Camera:
        camera = await camera_store.find_camera(transaction, camera_id, scope, self.sealer)
        if camera is None:
            raise CameraUnknown(camera=camera_id)
        return camera

    async def zones(self, camera_id: str, preset: str, scope: Scope) -> Watched:
        """Zones and fixtures of a preset. Fails with CAMERA_UNKNOWN."""
        async with self.database.transaction() as transaction:
            await self._require_camera(transaction, camera_id, scope)
            watched = await watches.watched_of(transaction, [camera_id])
        return watched.get((camera_id, preset), Watched())

    async def save_zones(
        self, camera_id: str, preset: str, zones: Sequence[Zone], points: Sequence[GroundPoint], scope: Scope
    ) -> None:
        """The zones of a preset from now on. Fails with CAMERA_UNKNOWN, ZONE_INVALID, GROUND_UNFIT."""
        seen: set[str] = set()
        for zone in zones:
            if zone.id in seen:
                raise ZoneInvalid(zone=zone.id, problem="it is named twice")
            if not spans_area(zone.corners):
                raise ZoneInvalid(zone=zone.name or zone.id, problem="its sides cross, or it has no inside")
            seen.add(zone.id)
        async with self.database.transaction() as transaction:
            camera = await self._require_camera(transaction, camera_id, scope)
            await watches.save_zones(transaction, (camera_id, preset), zones)
            if points:
                fitted(points, camera=camera.place)
                await watches.save_ground_points(transaction, (camera_id, preset), points)
            await camera_store.raise_plan(transaction)
        log.info("zones_saved", camera_id=camera_id, zones=len(zones))
