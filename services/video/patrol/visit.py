"""One visit to one camera: take a picture, look at it, judge the camera's health, follow what stands in its view."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Counter, Histogram

from services.platform.errors import Unavailable
from services.platform.ids import uuid7
from services.platform.objects import ObjectStore
from services.video.domain.daylight import is_night
from services.video.domain.errors import VisitFailed
from services.video.domain.evidence import CLIP, PICTURE, Evidence, KeepClass, kept
from services.video.domain.geometry import Box
from services.video.domain.health import LEARNED, Judged, blinded, connection_fault, judge, suspected
from services.video.domain.sightings import PERSON, VEHICLES, Progress, Thing, ZoneKind, follow, held
from services.video.domain.view import View
from services.video.eyes.pool import Against, Eyes, Gaze, Looked
from services.video.patrol.outcome import Fired, Outcome, Pictures
from services.video.patrol.plan import Assignment
from services.video.patrol.tiles import WIDTH_PX, Tiles
from services.video.sources.capture import Captures

FULL_WIDTH_PX: Final = 4096
#: Where less than this of the picture changed and nothing is followed, the detector need not look ...
CHANGED_MIN: Final = 0.002
#: ... except at every fifth visit, so that what comes slowly is found too.
DETECT_EVERY: Final = 5
EVIDENCE_EVERY: Final = timedelta(minutes=10)
#: The usual look is written down when it is learned, and then every so many visits.
USUAL_KEPT_EVERY: Final = 50

VISITS = Counter("video_visits_total", "Visits", ["outcome"])
CLIPS = Counter("video_clips_total", "Clips of what was found", ["outcome"])
STAGE_SECONDS = Histogram(
    "video_visit_seconds", "Time of a visit by stage", ["stage"], buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a visit knows so far."""

    assignment: Assignment
    at: datetime
    looked: Looked
    night: bool
    blind: bool
    judged: Judged
    progress: Progress
    things: Sequence[Thing] | None


class Visits:
    """Makes visits; holds nothing of any camera itself."""

    def __init__(self, *, captures: Captures, eyes: Eyes, objects: ObjectStore, tiles: Tiles, visit_s: float) -> None:
        self._captures = captures
        self._eyes = eyes
        self._objects = objects
        self._tiles = tiles
        self._visit_s = visit_s
        self._shown: dict[UUID, datetime] = {}

    async def make(
        self, assignment: Assignment, view: View, pictures: Pictures, *, at: datetime, budget_s: float
    ) -> tuple[Outcome, Pictures]:
        """One visit, whatever comes of it."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            capture = await self._captures.take(
                assignment.camera, at=at, budget_s=min(budget_s, self._visit_s), preset=assignment.preset
            )
            STAGE_SECONDS.labels("capture").observe(loop.time() - began_s)
            async with self._eyes.gaze() as gaze:
                looked_s = loop.time()
                against = _against(assignment, view, pictures, night=is_night(assignment.camera.place, at))
                looked = await gaze.look(capture, against, hasty=True, tile_px=WIDTH_PX)
                seen = await self._seen(gaze, assignment, view, looked, at=at, compared=bool(pictures.previous))
                persons = [thing.box for thing in seen.things or () if thing.label == PERSON]
                self._tiles.put(assignment.camera.id, looked.tile, at=at, persons=persons)
                evidence, outcome = await self._proof(gaze, seen, pictures)
                STAGE_SECONDS.labels("look").observe(loop.time() - looked_s)
        except VisitFailed as failed:
            VISITS.labels(failed.problem).inc()
            self._tiles.fail(assignment.camera.id, failed.problem)
            return self._failed(assignment, view, failed.problem, at), replace(pictures, previous=b"")
        VISITS.labels("seen").inc()
        outcome = await self._with_clip(outcome, seen, evidence)
        stored = [await self._store(found) for found in evidence]
        outcome = replace(outcome, view=_after(view, seen), evidence=stored, took_s=loop.time() - began_s)
        return _with_usual(outcome, seen), _pictures_after(pictures, seen)

    async def _seen(
        self, gaze: Gaze, assignment: Assignment, view: View, looked: Looked, *, at: datetime, compared: bool
    ) -> Seen:
        night = is_night(assignment.camera.place, at)
        usual = view.usual(night=night)
        suspects = suspected(looked.measures, usual, night=night)
        blind = blinded(suspects)
        things = None
        if self._eyes.has_detector and not blind and _worth_detecting(assignment, view, looked):
            things = await gaze.detect()
        progress = Progress(candidates=view.candidates)
        if not blind and usual.known:
            progress = follow(
                view.candidates,
                spots=looked.spots if compared else None,
                things=things,
                watched=assignment.watched,
                at=at,
                settled=usual.settled,
            )
        return Seen(
            assignment=assignment,
            at=at,
            looked=looked,
            night=night,
            blind=blind,
            judged=judge(view.health, suspects, at=at, seen=True),
            progress=progress,
            things=things,
        )

    async def _proof(self, gaze: Gaze, seen: Seen, pictures: Pictures) -> tuple[list[Evidence], Outcome]:
        """Pictures kept of what is flagged now; none where nothing is."""
        outcome = Outcome(
            assignment=seen.assignment,
            at=seen.at,
            view=View(),
            begun=seen.judged.begun,
            ended=seen.judged.ended,
            gone=seen.progress.gone,
            renewed=dict.fromkeys(seen.progress.renewed),
            measures=asdict(seen.looked.measures),
        )
        due = [n for n in seen.progress.renewed if self._due(seen, n)]
        if not (seen.progress.fired or due or seen.judged.begun):
            return [], outcome
        hidden = [thing.box for thing in seen.things or () if thing.label == PERSON or thing.label in VEHICLES]
        made: list[Evidence] = []
        clean = self._kept(seen, await gaze.draw(width_max_px=FULL_WIDTH_PX), hidden, made)
        fired: list[Fired] = []
        for index in seen.progress.fired:
            box = _grown(seen.progress.candidates[index].box)
            marked = self._kept(seen, await gaze.draw(width_max_px=FULL_WIDTH_PX, marked=[box]), hidden, made)
            usual = pictures.usual_night if seen.night else pictures.usual_day
            before = (
                self._kept(seen, await gaze.draw(width_max_px=WIDTH_PX, of=usual, kind="view"), (), made)
                if usual
                else None
            )
            fired.append(Fired(index=index, clean=clean, marked=marked, before=before))
        renewed: Mapping[int, UUID | None] = {n: clean if n in due else None for n in seen.progress.renewed}
        return made, replace(outcome, fired=fired, renewed=renewed, fault_evidence=clean if seen.judged.begun else None)

    async def _with_clip(self, outcome: Outcome, seen: Seen, made: list[Evidence]) -> Outcome:
        """With a few seconds of what was found now, where the camera gives them; without them it is found all the same."""
        if not outcome.fired:
            return outcome
        assignment = seen.assignment
        try:
            capture = await self._captures.clip(assignment.camera, at=seen.at, preset=assignment.preset)
            if capture is None:
                return outcome
            async with self._eyes.gaze() as gaze:
                content = await gaze.clip(capture)
        except VisitFailed as failed:
            CLIPS.labels(failed.problem).inc()
            return outcome
        CLIPS.labels("kept").inc()
        clip = self._kept(seen, content, (), made, content_type=CLIP)
        return replace(outcome, fired=[replace(fired, clip=clip) for fired in outcome.fired])

    def _due(self, seen: Seen, index: int) -> bool:
        """Whether a picture of a finding that is still there is to be kept again."""
        finding_id = seen.progress.candidates[index].finding_id
        if finding_id is None:
            return False
        last = self._shown.setdefault(finding_id, seen.at)
        if seen.at - last < EVIDENCE_EVERY:
            return False
        self._shown[finding_id] = seen.at
        return True

    def _kept(
        self,
        seen: Seen,
        content: bytes,
        hidden: Sequence[Box],
        made: list[Evidence],
        *,
        content_type: str = PICTURE,
    ) -> UUID:
        evidence = kept(
            content,
            id=uuid7(),
            camera_id=seen.assignment.camera.id,
            taken_at=seen.at,
            size_px=(seen.looked.width_px, seen.looked.height_px),
            keep_class=KeepClass.EQUIPMENT if seen.judged.begun else KeepClass.SUSPICION,
            hidden=hidden,
            content_type=content_type,
        )
        made.append(replace(evidence, waiting=content))
        return evidence.id

    async def _store(self, evidence: Evidence) -> Evidence:
        """Into the object store; while that is away the picture waits with its row."""
        try:
            await self._objects.put(evidence.object_key, evidence.waiting or b"", evidence.content_type)
        except Unavailable:
            return evidence
        return replace(evidence, waiting=None)

    def _failed(self, assignment: Assignment, view: View, problem: str, at: datetime) -> Outcome:
        fault = connection_fault(problem)
        judged = judge(view.health, {fault: problem} if fault else {}, at=at, seen=False)
        after = replace(view, health=judged.health, failures=view.failures + 1, problem=problem, tried_at=at)
        return Outcome(
            assignment=assignment, at=at, problem=problem, view=after, begun=judged.begun, ended=judged.ended
        )

    def forget(self, before: datetime) -> None:
        """Findings not seen for long."""
        self._shown = {found: at for found, at in self._shown.items() if at >= before}


def _against(assignment: Assignment, view: View, pictures: Pictures, *, night: bool) -> Against:
    return Against(
        usual=pictures.usual_night if night else pictures.usual_day,
        previous=pictures.previous,
        learned=view.usual(night=night).learned,
        ignored=[zone.corners for zone in assignment.watched.zones if zone.kind == ZoneKind.IGNORED],
        held=held(view.candidates),
        absorbed=assignment.watched.fixtures,
    )


def _worth_detecting(assignment: Assignment, view: View, looked: Looked) -> bool:
    return (
        assignment.detect_always
        or bool(view.candidates)
        or looked.measures.changed > CHANGED_MIN
        or view.visits % DETECT_EVERY == 0
    )


def _grown(box: Box) -> Box:
    """A little larger, so that what is marked can be seen."""
    return Box(
        max(0.0, box.left - 0.01), max(0.0, box.top - 0.01), min(1.0, box.right + 0.01), min(1.0, box.bottom + 0.01)
    )


def _after(view: View, seen: Seen) -> View:
    measures = seen.looked.measures
    learned = view if seen.blind else _learned(view, seen)
    return replace(
        learned,
        health=seen.judged.health,
        candidates=seen.progress.candidates,
        measures=measures,
        failures=0,
        problem="",
        tried_at=seen.at,
        seen_at=seen.at,
        resting_until=None,
        visits=view.visits + 1,
    )


def _learned(view: View, seen: Seen) -> View:
    usual = view.usual(night=seen.night).with_picture(seen.looked.measures)
    return replace(view, night=usual) if seen.night else replace(view, day=usual)


def _pictures_after(pictures: Pictures, seen: Seen) -> Pictures:
    """A picture that shows nothing teaches nothing, but the next one is still compared with it for being frozen."""
    after = replace(pictures, previous=seen.looked.small)
    if seen.blind:
        return after
    if seen.night:
        return replace(after, usual_night=seen.looked.usual)
    return replace(after, usual_day=seen.looked.usual)


def _with_usual(outcome: Outcome, seen: Seen) -> Outcome:
    learned = outcome.view.usual(night=seen.night).learned
    if seen.blind or not (learned == LEARNED or learned % USUAL_KEPT_EVERY == 0):
        return outcome
    if seen.night:
        return replace(outcome, usual_night=seen.looked.usual)
    return replace(outcome, usual_day=seen.looked.usual)
