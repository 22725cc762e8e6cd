"""A finding and what people may do with it; how often a class was right."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.video.domain.cameras import Place
from services.video.domain.classes import CLASSES, class_of
from services.video.domain.errors import FindingDecided, FindingStale, MergeImpossible, RefusalUnexplained
from services.video.domain.geometry import Box
from services.video.domain.sightings import SAME_SPOT, near


class State(StrEnum):
    """Where a finding stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    MERGED = "merged"
    FIXTURE = "fixture"
    GONE = "gone"


class Decision(StrEnum):
    """What a person says of it."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    MERGE = "merge"
    FIXTURE = "fixture"


#: A finding that is gone may still be decided: the picture proves it.
OPEN: Final = frozenset({State.WAITING, State.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something seen on a camera that may be a matter for the city."""

    id: UUID
    version: int = 1
    class_code: str
    camera_id: str
    preset: str = ""
    zone_id: str = ""
    box: Box
    confidence: float
    state: State = State.WAITING
    first_seen_at: datetime
    last_seen_at: datetime
    sightings: int = 1
    evidence_id: UUID | None = None
    marked_evidence_id: UUID | None = None
    before_evidence_id: UUID | None = None
    clip_evidence_id: UUID | None = None
    place: Place
    of_object: bool = False
    found_by: str
    words: str = ""
    task_type: str
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    merged_into: UUID | None = None
    gone_at: datetime | None = None
    case_id: str = ""
    case_number: str = ""
    camera_name: str = ""
    road_segment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A decision with all that goes with it."""

    decision: Decision
    version: int
    by: str
    at: datetime
    reason: str = ""
    class_code: str = ""
    words: str = ""


def decided(finding: Finding, verdict: Verdict, *, into: Finding | None = None) -> Finding:
    """After a decision. Fails with FINDING_STALE, FINDING_DECIDED, REFUSAL_UNEXPLAINED, MERGE_IMPOSSIBLE, FINDING_CLASS_UNKNOWN."""
    if finding.state not in OPEN:
        raise FindingDecided(finding=finding.id)
    if finding.version != verdict.version:
        raise FindingStale(finding=finding.id)
    known = replace(
        finding,
        version=finding.version + 1,
        decided_by=verdict.by,
        decided_at=verdict.at,
        reason=verdict.reason,
    )
    if verdict.decision == Decision.REFUSE:
        if not verdict.reason.strip():
            raise RefusalUnexplained(finding=finding.id)
        return replace(known, state=State.REFUSED)
    if verdict.decision == Decision.FIXTURE:
        return replace(known, state=State.FIXTURE)
    if verdict.decision == Decision.MERGE:
        if into is None or into.id == finding.id or into.state not in {State.WAITING, State.CONFIRMED, State.GONE}:
            raise MergeImpossible(finding=finding.id, into=into.id if into else "")
        return replace(
            known, state=State.MERGED, merged_into=into.id, case_id=into.case_id, case_number=into.case_number
        )
    code = verdict.class_code or finding.class_code
    found = class_of(code)
    task_type = found.task_type if code != finding.class_code else finding.task_type
    return replace(
        known, state=State.CONFIRMED, class_code=code, task_type=task_type, words=verdict.words or finding.words
    )


def same_event(finding: Finding, *, code: str, zone_id: str, box: Box, at: datetime) -> bool:
    """Whether something seen is the event of an earlier finding: same class and spot, within the class's window."""
    if finding.class_code != code or finding.zone_id != zone_id or finding.state in {State.FIXTURE, State.MERGED}:
        return False
    if at - finding.last_seen_at > CLASSES[code].window:
        return False
    if not CLASSES[code].needs_detector and near(finding.box, box):
        return True  # of one pile now this part stands out and now that; vehicles side by side are several
    return finding.box.overlap(box) >= SAME_SPOT or finding.box.inside(box) >= 0.7 or box.inside(finding.box) >= 0.7


def words_of(code: str, *, camera_name: str, sightings: int) -> str:
    """What a case says when nobody wrote words of their own."""
    found = CLASSES[code]
    times = f"，连续 {sightings} 次巡查可见" if sightings > 1 else ""
    return f"视频巡查发现：{found.name}（{found.name_en}）。{camera_name}{times}。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How a class did at a camera, or at all of them when that is empty."""

    class_code: str
    camera_id: str
    confirmed: int
    refused: int
    fixtures: int
    trusted: bool = False

    @property
    def false_alarm_rate(self) -> float | None:
        """Of those decided, the share that was none; None while nothing is decided."""
        decided_count = self.confirmed + self.refused + self.fixtures
        return (self.refused + self.fixtures) / decided_count if decided_count else None


def summed(rows: Iterable[Accuracy]) -> list[Accuracy]:
    """By class over all cameras."""
    totals: dict[str, Accuracy] = {}
    for row in rows:
        before = totals.get(row.class_code) or Accuracy(
            class_code=row.class_code, camera_id="", confirmed=0, refused=0, fixtures=0
        )
        totals[row.class_code] = replace(
            before,
            confirmed=before.confirmed + row.confirmed,
            refused=before.refused + row.refused,
            fixtures=before.fixtures + row.fixtures,
        )
    return [totals[code] for code in sorted(totals)]
