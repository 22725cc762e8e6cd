"""Tells incidents what was found: one case for one event, more pictures of it, a ticket for a broken camera, a fresh look at a check.

What is to be told lies in rows and is tried until it is taken. Each is told under its own id, so that an answer that
got lost files nothing twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from prometheus_client import Counter

from services.platform.clock import Clock
from services.platform.consume import first_time
from services.platform.database import Database, Row, Transaction
from services.platform.errors import Exhausted, GridwardError, Stale, Unavailable
from services.platform.identity import Scope
from services.platform.ids import uuid7
from services.platform.objects import ObjectStore
from services.platform.seal import Sealer
from services.video import events
from services.video.domain.cameras import FiledCase, Place
from services.video.domain.evidence import CLIP, KEPT, Evidence, KeepClass, kept
from services.video.domain.findings import Finding
from services.video.sight import Sight
from services.video.store import cameras as camera_store
from services.video.store import evidence as evidence_store
from services.video.store import filings
from services.video.store import findings as finding_store

log = structlog.get_logger()

EVERY_S: Final = 1.0
AT_ONCE: Final = 10
RETRY_S_MAX: Final = 300.0
ANY: Final = Scope(area_paths=("",), departments=("",), own=True)
FRAME_S: Final = 10.0
#: A clip taken later than this after a person's flag may show something else.
CLIP_WITHIN: Final = timedelta(minutes=2)

FILINGS = Counter("video_filings_total", "What was told to incidents", ["kind", "outcome"])


class Waits(Exception):
    """It cannot be told yet."""


class OwnCases(Protocol):
    """Whoever takes in cases that video itself files."""

    async def file_finding(self, finding: Finding, evidence: list[Evidence], *, request_id: str) -> FiledCase:
        """File a confirmed finding."""
        ...

    async def file_ticket(self, fault: Row, evidence: list[Evidence], *, request_id: str) -> FiledCase:
        """File a broken camera."""
        ...

    async def add_picture(
        self, case_id: str, evidence: Evidence, place: Place, *, words: str, check: bool, request_id: str
    ) -> None:
        """Add a picture to a case that is open."""
        ...


class Filing:
    """Tells what is due."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        cases: OwnCases,
        sight: Sight,
        objects: ObjectStore,
        sealer: Sealer,
    ) -> None:
        self._database, self._clock, self._cases = database, clock, cases
        self._sight, self._objects, self._sealer = sight, objects, sealer
        self._kinds: Mapping[str, Callable[[Transaction, Row], Awaitable[str]]] = {
            filings.FINDING: self._finding,
            filings.FAULT: self._fault,
            filings.MORE: self._more,
            filings.AFTER: self._after,
            filings.CLIP: self._clip,
        }

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                told = await self.step()
            except (Unavailable, Exhausted):
                told = 0
                log.warning("filing_waits")
            if not told:
                await asyncio.sleep(EVERY_S)

    async def step(self) -> int:
        """Tell some of what is due; how many were looked at."""
        async with self._database.transaction() as transaction:
            rows = await filings.due(transaction, at=self._clock.now(), size=AT_ONCE)
            for row in rows:
                await self._tell(transaction, row)
        return len(rows)

    async def _tell(self, transaction: Transaction, row: Row) -> None:
        now = self._clock.now()
        try:
            async with transaction.transaction():
                outcome = await self._kinds[row["kind"]](transaction, row)
        except (Waits, Unavailable, Exhausted, Stale) as error:
            pause_s = min(RETRY_S_MAX, 2.0 * 2.0 ** min(row["attempts"], 10))
            await filings.postpone(
                transaction, row["id"], until=now + timedelta(seconds=pause_s), error=str(error)[:200]
            )
            FILINGS.labels(row["kind"], "later").inc()
        except GridwardError as error:
            # Incidents will not take it: the task type is not admitted, the case has ended, ...; said once, and shown.
            await filings.finish(transaction, row["id"], at=now, error=f"{error.reason}: {error.message}"[:500])
            log.warning("filing_refused", kind=row["kind"], about=str(row["about"]), reason=error.reason)
            FILINGS.labels(row["kind"], "refused").inc()
        else:
            await filings.finish(transaction, row["id"], at=now, error=outcome)
            FILINGS.labels(row["kind"], "told").inc()

    async def _finding(self, transaction: Transaction, row: Row) -> str:
        finding = await finding_store.find(transaction, row["about"], ANY)
        if finding is None or finding.case_id:
            return "no longer needed"
        known = (finding.marked_evidence_id, finding.evidence_id, finding.clip_evidence_id)
        ids = [found for found in known if found is not None]
        evidence = await self._stored(transaction, ids)
        filed = await self._cases.file_finding(finding, evidence, request_id=str(row["id"]))
        after = replace(finding, version=finding.version + 1, case_id=filed.case_id, case_number=filed.number)
        await finding_store.update(transaction, after)
        until = finding.last_seen_at + KEPT[KeepClass.CASE]
        await evidence_store.keep_longer(transaction, ids, until=until)
        await events.publish_finding_changed(transaction, after, at=self._clock.now())
        log.info("finding_filed", finding_id=str(finding.id), case_id=filed.case_id, number=filed.number)
        return ""

    async def _stored(self, transaction: Transaction, ids: list[UUID]) -> list[Evidence]:
        """Pictures that are in the object store. Fails with Waits while one is not."""
        found = await evidence_store.several(transaction, ids)
        if any(evidence.waiting is not None for evidence in found):
            raise Waits("the object store has not taken its picture")
        order = {evidence_id: n for n, evidence_id in enumerate(ids)}
        return sorted(found, key=lambda evidence: order[evidence.id])

    async def _fault(self, transaction: Transaction, row: Row) -> str:
        fault = await filings.fault(transaction, row["about"])
        if fault is None or fault["ended_at"] is not None:
            return "over before its time"
        standing = await filings.ticket(transaction, fault)
        if standing is not None:
            await filings.set_ticket(transaction, fault["id"], case_id=standing[0], number=standing[1])
            return "part of a ticket"
        evidence = await self._stored(transaction, [fault["evidence_id"]] if fault["evidence_id"] else [])
        filed = await self._cases.file_ticket(fault, evidence, request_id=str(row["id"]))
        await filings.set_ticket(transaction, fault["id"], case_id=filed.case_id, number=filed.number)
        log.info("ticket_filed", camera_id=fault["camera_id"], fault=fault["fault"], case_id=filed.case_id)
        return ""

    async def _more(self, transaction: Transaction, row: Row) -> str:
        finding = await finding_store.find(transaction, row["about"], ANY)
        if finding is None or not finding.case_id or row["evidence"] is None:
            return "no longer needed"
        evidence = await self._stored(transaction, [row["evidence"]])
        await self._cases.add_picture(
            finding.case_id,
            evidence[0],
            finding.place,
            words=f"视频巡查再次看到，共 {finding.sightings} 次。",
            check=False,
            request_id=str(row["id"]),
        )
        return ""

    async def _clip(self, transaction: Transaction, row: Row) -> str:
        """A few seconds of what a person flagged, as long as it is the same scene."""
        finding = await finding_store.find(transaction, row["about"], ANY)
        if finding is None or not finding.case_id or finding.clip_evidence_id is not None:
            return "no longer needed"
        now = self._clock.now()
        if now - finding.last_seen_at > CLIP_WITHIN:
            return "too late"
        camera = await camera_store.find_camera(transaction, finding.camera_id, ANY, self._sealer)
        content = await self._sight.clip(camera, at=now, preset=finding.preset) if camera else None
        if content is None:
            return "its source gives no clip"
        evidence = kept(
            content,
            id=row["id"],
            camera_id=finding.camera_id,
            taken_at=now,
            size_px=(0, 0),
            keep_class=KeepClass.CASE,
            content_type=CLIP,
        )
        await self._objects.put(evidence.object_key, content, evidence.content_type)
        await evidence_store.save(transaction, evidence)
        after = replace(finding, version=finding.version + 1, clip_evidence_id=evidence.id)
        await finding_store.update(transaction, after)
        await events.publish_finding_changed(transaction, after, at=now)
        await self._cases.add_picture(
            finding.case_id,
            evidence,
            finding.place,
            words="标记时的现场短片，由同一摄像头拍摄。",
            check=False,
            request_id=str(row["id"]),
        )
        return ""

    async def _after(self, transaction: Transaction, row: Row) -> str:
        """A fresh look for whoever checks."""
        finding = await finding_store.find(transaction, row["about"], ANY)
        if finding is None or not finding.case_id:
            return "no longer needed"
        camera = await camera_store.find_camera(transaction, finding.camera_id, ANY, self._sealer)
        if camera is None:
            return "the camera is gone"
        now = self._clock.now()
        frame = await self._sight.frame(camera, at=now, budget_s=FRAME_S, preset=finding.preset)
        evidence = kept(
            frame.content,
            id=row["id"],
            camera_id=camera.id,
            taken_at=now,
            size_px=(frame.width_px, frame.height_px),
            keep_class=KeepClass.CASE,
        )
        await self._objects.put(evidence.object_key, frame.content, evidence.content_type)
        await evidence_store.save(transaction, evidence)
        await finding_store.add_sighting(
            transaction, finding.id, at=now, box=finding.box, confidence=0.0, evidence_id=evidence.id
        )
        await filings.set_after(transaction, finding.case_id, evidence.id)
        await self._cases.add_picture(
            finding.case_id,
            evidence,
            finding.place,
            words="核查时的现场画面，由同一摄像头拍摄，供核查人对照。",
            check=True,
            request_id=str(row["id"]),
        )
        return ""


class Checks:
    """Hears of cases that are to be checked, and has a fresh look taken of those that came from video."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def handle(self, event: events_pb2.Event) -> None:
        """One event of incidents."""
        advanced = cases_pb2.CaseAdvanced()
        if not event.payload.Unpack(advanced) or advanced.entry.event != cases_pb2.CASE_EVENT_SEND_CHECK:
            return
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            if not await first_time(transaction, source="incidents", event_id=event.id):
                return
            found = await filings.camera_of_case(transaction, advanced.case.id)
            if found is None:
                return
            camera_id, _, finding_id = found
            if await filings.ask_after(transaction, advanced.case.id, advanced.entry.sequence, camera_id, at=now):
                await filings.add(transaction, id=uuid7(), kind=filings.AFTER, about=finding_id, due_at=now)
