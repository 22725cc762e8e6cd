"""Writes what visits brought: all that came within half a second in one transaction, and only while the cameras are ours."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, Unavailable
from services.platform.ids import uuid7
from services.video import events
from services.video.domain.classes import CLASSES
from services.video.domain.errors import ANSWERED
from services.video.domain.findings import Finding, State, same_event, words_of
from services.video.domain.geometry import landed
from services.video.domain.health import Fault
from services.video.domain.sightings import Candidate
from services.video.domain.view import View
from services.video.patrol.leases import Leases
from services.video.patrol.outcome import Fired, Outcome
from services.video.patrol.plan import shard_of
from services.video.store import evidence as evidence_store
from services.video.store import filings, routes, watches
from services.video.store import findings as finding_store

log = structlog.get_logger()

GATHER_S: Final = 0.25
BATCH_MAX: Final = 200
RETRY_S: Final = 1.0
FINDINGS_LOOKED_BACK: Final = timedelta(hours=24)
#: Faults that their owner has to mend; the others are our own settings, or the weather.
TICKETED: Final = frozenset(
    {Fault.OFFLINE, Fault.UNREADABLE, Fault.BLACK, Fault.FROZEN, Fault.BLURRED, Fault.OCCLUDED, Fault.MOVED, Fault.SNOW}
)


@dataclass(slots=True)
class _Waiting:
    outcome: Outcome
    answer: "asyncio.Future[View | None]"


class Keeper:
    """Takes outcomes in and says what is known of the view afterwards; None when the camera is not ours any more."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        *,
        ticket_after_s: float,
        task_types: Mapping[str, str],
        found_by: str,
    ) -> None:
        self._database = database
        self._leases = leases
        self._ticket_after = timedelta(seconds=ticket_after_s)
        self._task_types = task_types
        self._found_by = found_by
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(maxsize=BATCH_MAX * 4)

    async def keep(self, outcome: Outcome) -> View | None:
        """Keep one outcome."""
        waiting = _Waiting(outcome, asyncio.get_running_loop().create_future())
        await self._queue.put(waiting)
        return await waiting.answer

    async def run(self) -> None:
        """Until cancelled; a database that is away is waited for."""
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(GATHER_S)
            while len(batch) < BATCH_MAX and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            while True:
                try:
                    views = await self._write([waiting.outcome for waiting in batch])
                    break
                except (Unavailable, Exhausted):
                    log.warning("keeper_waits", outcomes=len(batch))
                    await asyncio.sleep(RETRY_S)
            for waiting, view in zip(batch, views, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(view)

    async def _write(self, outcomes: Sequence[Outcome]) -> list[View | None]:
        fences = dict(self._leases.fences)
        async with self._database.transaction() as transaction:
            ours = await watches.lock_shards(transaction, self._leases.member, fences)
            mine = [shard_of(outcome.assignment.camera.id) in ours for outcome in outcomes]
            own = [outcome for outcome, holds in zip(outcomes, mine, strict=True) if holds]
            await self._write_rows(transaction, own)
            views: list[View | None] = []
            for outcome, holds in zip(outcomes, mine, strict=True):
                views.append(await self._write_one(transaction, outcome) if holds else None)
            kept = [(outcome, view) for outcome, view in zip(outcomes, views, strict=True) if view is not None]
            await watches.save_views(
                transaction,
                [
                    watches.view_values(
                        outcome.assignment.key, view, usual_day=outcome.usual_day, usual_night=outcome.usual_night
                    )
                    for outcome, view in kept
                ],
            )
        return views

    async def _write_rows(self, transaction: Transaction, outcomes: Sequence[Outcome]) -> None:
        """What is only counted."""
        if not outcomes:
            return
        await watches.save_visits(transaction, [_visit_values(outcome) for outcome in outcomes])
        seen = [row for outcome in outcomes if not outcome.problem for row in _seen_values(outcome)]
        if seen:
            await routes.count_seen(transaction, seen)
        missed = [row for outcome in outcomes for row in _missed_values(outcome)]
        if missed:
            await routes.count_missed(transaction, missed)
        await watches.mark_cameras(
            transaction,
            {outcome.assignment.camera.id: (outcome.view.seen_at, _told_fault(outcome)) for outcome in outcomes},
        )

    async def _write_one(self, transaction: Transaction, outcome: Outcome) -> View:
        for evidence in outcome.evidence:
            await evidence_store.save(transaction, evidence)
        await self._write_faults(transaction, outcome)
        candidates = list(outcome.view.candidates)
        for fired in outcome.fired:
            candidates[fired.index] = await self._fire(transaction, outcome, fired)
        for index, evidence_id in outcome.renewed.items():
            candidates[index] = await self._renew(transaction, candidates[index], outcome.at, evidence_id)
        for candidate in outcome.gone:
            if candidate.finding_id is not None and await finding_store.mark_gone(
                transaction, candidate.finding_id, at=outcome.at
            ):
                log.info("finding_gone", finding_id=str(candidate.finding_id))
        return replace(outcome.view, candidates=candidates)

    async def _write_faults(self, transaction: Transaction, outcome: Outcome) -> None:
        camera_id = outcome.assignment.camera.id
        standing = outcome.view.health.standing
        for fault in outcome.begun:
            found = standing[fault]
            values: dict[str, Any] = {
                "id": uuid7(),
                "camera_id": camera_id,
                "fault": fault.value,
                "host": outcome.assignment.host,
                "measured": found.measured,
                "begun_at": found.since or outcome.at,
                "evidence_id": outcome.fault_evidence,
            }
            if not await watches.begin_fault(transaction, values):
                continue
            if fault in TICKETED:
                due_at = values["begun_at"] + self._ticket_after
                await filings.add(transaction, id=uuid7(), kind=filings.FAULT, about=values["id"], due_at=due_at)
            await events.publish_fault_begun(transaction, camera_id, fault, since=values["begun_at"], at=outcome.at)
            log.info("camera_fault_begun", camera_id=camera_id, fault=fault.value, measured=found.measured)
        for fault in outcome.ended:
            since = await watches.end_fault(transaction, camera_id, fault, at=outcome.at)
            if since is not None:
                await events.publish_fault_ended(transaction, camera_id, fault, since=since, at=outcome.at)
                log.info("camera_fault_ended", camera_id=camera_id, fault=fault.value)

    async def _fire(self, transaction: Transaction, outcome: Outcome, fired: Fired) -> Candidate:
        """A new finding, or the one there is of the same event."""
        candidate = outcome.view.candidates[fired.index]
        camera, preset = outcome.assignment.camera, outcome.assignment.preset
        since = outcome.at - FINDINGS_LOOKED_BACK
        for earlier in await finding_store.recent(transaction, camera.id, preset, candidate.code, since=since):
            if same_event(earlier, code=candidate.code, zone_id=candidate.zone_id, box=candidate.box, at=outcome.at):
                return await self._renew(
                    transaction, replace(candidate, finding_id=earlier.id), outcome.at, fired.clean
                )
        finding = self._finding(outcome, candidate, fired)
        await finding_store.insert(transaction, finding)
        await finding_store.add_sighting(
            transaction,
            finding.id,
            at=outcome.at,
            box=candidate.box,
            confidence=candidate.confidence,
            evidence_id=fired.clean,
        )
        if finding.state == State.CONFIRMED:
            await filings.add(transaction, id=uuid7(), kind=filings.FINDING, about=finding.id, due_at=outcome.at)
        await events.publish_finding_changed(transaction, finding, at=outcome.at)
        log.info("finding_made", finding_id=str(finding.id), camera_id=camera.id, class_code=candidate.code)
        return replace(candidate, finding_id=finding.id)

    def _finding(self, outcome: Outcome, candidate: Candidate, fired: Fired) -> Finding:
        assignment = outcome.assignment
        place = landed(assignment.plane, candidate.box.foot, camera=assignment.camera.place)
        trusted = candidate.code in assignment.trusted
        found = CLASSES[candidate.code]
        return Finding(
            id=uuid7(),
            class_code=candidate.code,
            camera_id=assignment.camera.id,
            preset=assignment.preset,
            zone_id=candidate.zone_id,
            box=candidate.box,
            confidence=candidate.confidence,
            state=State.CONFIRMED if trusted else State.WAITING,
            first_seen_at=candidate.first_at,
            last_seen_at=outcome.at,
            sightings=candidate.visits,
            evidence_id=fired.clean,
            marked_evidence_id=fired.marked,
            before_evidence_id=fired.before,
            clip_evidence_id=fired.clip,
            place=place or assignment.camera.place,
            of_object=place is not None,
            found_by=self._found_by if found.needs_detector else "change",
            words=words_of(candidate.code, camera_name=assignment.camera.name, sightings=candidate.visits),
            task_type=self._task_types.get(candidate.code, found.task_type),
            decided_by="",
            decided_at=outcome.at if trusted else None,
            camera_name=assignment.camera.name,
            road_segment=assignment.camera.road_segment,
        )

    async def _renew(self, transaction: Transaction, candidate: Candidate, at: datetime, evidence_id: Any) -> Candidate:
        if candidate.finding_id is None:
            return candidate
        found = await finding_store.renew(transaction, candidate.finding_id, at=at, confidence=candidate.confidence)
        if found is None:
            return replace(candidate, finding_id=None)
        if evidence_id is not None:
            await finding_store.add_sighting(
                transaction,
                candidate.finding_id,
                at=at,
                box=candidate.box,
                confidence=candidate.confidence,
                evidence_id=evidence_id,
            )
            if found[1]:
                await filings.add(
                    transaction,
                    id=uuid7(),
                    kind=filings.MORE,
                    about=candidate.finding_id,
                    due_at=at,
                    evidence=evidence_id,
                )
        return candidate


def _visit_values(outcome: Outcome) -> dict[str, Any]:
    return {
        "camera_id": outcome.assignment.camera.id,
        "preset": outcome.assignment.preset,
        "at": outcome.at,
        "route_id": outcome.rounds[0][0] if outcome.rounds else "",
        "problem": outcome.problem,
        "late_s": outcome.late_s,
        "took_s": outcome.took_s,
        "measures": json.dumps(outcome.measures) if outcome.measures else None,
    }


def _seen_values(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {
            "day": found.day,
            "route_id": route_id,
            "camera_id": outcome.assignment.camera.id,
            "preset": outcome.assignment.preset,
            "round": found.number,
            "at": outcome.at,
        }
        for route_id, found in outcome.rounds
    ]


def _missed_values(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {
            "day": missed.round.day,
            "route_id": missed.route_id,
            "camera_id": outcome.assignment.camera.id,
            "preset": outcome.assignment.preset,
            "reason": missed.reason,
            "count": missed.count,
        }
        for missed in outcome.missed
    ]


def _told_fault(outcome: Outcome) -> str:
    """What the list of cameras says of its connection."""
    if not outcome.problem:
        return ""
    return "FRAME_UNREADABLE" if outcome.problem in ANSWERED else "CAMERA_UNREACHABLE"
