"""Follows what stands in a camera's view from visit to visit, and says when it has stood there long enough to matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.video.domain.classes import CLASSES, FindingClass
from services.video.domain.geometry import WHOLE, Box, Corner, holds

VEHICLES: Final = frozenset({"car", "truck", "bus", "motorcycle"})
PERSON: Final = "person"
#: Labels of a detector that are findings by themselves wherever they are.
ALARMS: Final = frozenset({"fire", "smoke"})
REMOVED: Final = "object_removed"
SAME_VEHICLE: Final = 0.6
SAME_SPOT: Final = 0.3
#: Spots nearer to one another than this part of the smaller one are one.
NEAR: Final = 0.6
#: A box this far inside a vehicle's or person's is part of it.
PART: Final = 0.5
MISSES_MAX: Final = 2
CANDIDATES_MAX: Final = 40
CROWD_MIN: Final = 15
LEFT_EDGES, REMOVED_EDGES = 0.52, 0.46
#: When this many vehicles of a zone, and this share of them, stand still at once, it is a jam.
JAM_MIN, JAM_SHARE = 6, 0.6


class ZoneKind(StrEnum):
    """What a zone is for."""

    CARRIAGEWAY = "carriageway"
    NO_STOPPING = "no_stopping"
    FIRE_LANE = "fire_lane"
    PAVEMENT = "pavement"
    SQUARE = "square"
    IGNORED = "ignored"


#: Where zones lie on one another, the first of these decides.
_STRICTNESS: Final = (
    ZoneKind.FIRE_LANE,
    ZoneKind.NO_STOPPING,
    ZoneKind.CARRIAGEWAY,
    ZoneKind.PAVEMENT,
    ZoneKind.SQUARE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A polygon of a camera's preset."""

    id: str
    name: str = ""
    kind: ZoneKind
    corners: tuple[Corner, ...]
    crowd_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place that differs from the usual view and stays as it is; `edges_new` tells left (1) from removed (0)."""

    box: Box
    share: float
    contrast: float
    edges_new: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An object that a detector saw."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something followed from visit to visit; with a finding once it mattered."""

    code: str
    zone_id: str
    box: Box
    confidence: float
    first_at: datetime
    last_at: datetime
    visits: int = 1
    misses: int = 0
    finding_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a camera's preset is looked at with."""

    zones: Sequence[Zone] = ()
    fixtures: Sequence[Box] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After a visit: what is followed, what matters now for the first time, what was seen again, what is gone."""

    candidates: Sequence[Candidate] = ()
    fired: Sequence[int] = field(default=())
    renewed: Sequence[int] = field(default=())
    gone: Sequence[Candidate] = ()


def held(candidates: Sequence[Candidate]) -> list[Box]:
    """Spots that the usual view must not learn while they are followed; a removal only once it matters."""
    return [candidate.box for candidate in candidates if candidate.code != REMOVED or candidate.finding_id is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    code: str
    zone_id: str
    box: Box
    confidence: float
    same: float


def follow(
    before: Sequence[Candidate],
    *,
    spots: Sequence[Spot] | None,
    things: Sequence[Thing] | None,
    watched: Watched,
    at: datetime,
    settled: bool = True,
) -> Progress:
    """One visit on.

    None for `things` means that no detector looked this time, None for `spots` that there was no picture before to
    compare with: what only they see is then neither seen nor missed.

    Until the usual view has settled, whatever stood there while it was learned and then left looks like something
    removed; so nothing is said of removals before.
    """
    sights = [*_of_spots(spots or (), things or (), watched), *_of_things(things or (), watched)]
    sights = [
        sight for sight in sights if not _is_fixture(sight.box, watched.fixtures) and (settled or sight.code != REMOVED)
    ]
    after: list[Candidate] = []
    gone: list[Candidate] = []
    left = list(sights)
    for candidate in before:
        sight = _match(candidate, left)
        if sight is not None:
            left.remove(sight)
            after.append(_seen_again(candidate, sight, at))
        elif (things is None) if CLASSES[candidate.code].needs_detector else (spots is None):
            after.append(candidate)
        elif candidate.misses + 1 >= MISSES_MAX or _is_fixture(candidate.box, watched.fixtures):
            gone.append(candidate)
        else:
            after.append(replace(candidate, misses=candidate.misses + 1))
    after += [
        Candidate(
            code=sight.code, zone_id=sight.zone_id, box=sight.box, confidence=sight.confidence, first_at=at, last_at=at
        )
        for sight in left
    ]
    after = after[:CANDIDATES_MAX]
    jammed = _jammed(after, things or (), watched.zones)
    seen = [n for n, candidate in enumerate(after) if candidate.last_at == at]
    fired = [n for n in seen if after[n].finding_id is None and _matters(after[n]) and after[n].zone_id not in jammed]
    renewed = [n for n in seen if after[n].finding_id is not None]
    return Progress(candidates=after, fired=fired, renewed=renewed, gone=gone)


def _seen_again(candidate: Candidate, sight: _Sight, at: datetime) -> Candidate:
    return replace(
        candidate,
        box=sight.box,
        confidence=max(candidate.confidence, sight.confidence),
        last_at=at,
        visits=candidate.visits + 1,
        misses=0,
    )


def _matters(candidate: Candidate) -> bool:
    rule: FindingClass = CLASSES[candidate.code]
    return candidate.visits >= rule.visits_min and candidate.last_at - candidate.first_at >= rule.lasts


def _match(candidate: Candidate, sights: Sequence[_Sight]) -> _Sight | None:
    def likeness(sight: _Sight) -> float:
        if sight.code != candidate.code or sight.zone_id != candidate.zone_id:
            return 0.0
        overlap = max(candidate.box.overlap(sight.box), 1e-9 if sight.same == 0.0 else 0.0)
        return overlap if overlap >= sight.same else 0.0

    best = max(sights, key=likeness, default=None)
    return best if best is not None and likeness(best) > 0 else None


def zone_at(point: Corner, zones: Sequence[Zone]) -> Zone | None:
    """The strictest zone that holds a point."""
    holding = [zone for zone in zones if zone.kind in _STRICTNESS and holds(zone.corners, point)]
    return min(holding, key=lambda zone: _STRICTNESS.index(zone.kind), default=None)


def _is_fixture(box: Box, fixtures: Sequence[Box]) -> bool:
    return any(box.overlap(fixture) >= SAME_SPOT or box.inside(fixture) >= PART for fixture in fixtures)


def _of_spots(spots: Sequence[Spot], things: Sequence[Thing], watched: Watched) -> list[_Sight]:
    sights = []
    known = [thing for thing in things if thing.label in VEHICLES or thing.label == PERSON]
    for spot in _joined(spots):
        if any(spot.box.inside(thing.box) >= PART for thing in known):
            continue  # a vehicle or person is followed as such
        zone = zone_at(spot.box.foot, watched.zones)
        code = _code_of_spot(spot, zone, zoned=bool(watched.zones))
        if code:
            sights.append(
                _Sight(
                    code=code, zone_id=zone.id if zone else "", box=spot.box, confidence=_surety(spot), same=SAME_SPOT
                )
            )
    return sights


def _joined(spots: Sequence[Spot]) -> list[Spot]:
    """Spots that all but touch are one thing: a pile of crates, a car whose windows are as grey as the road."""
    left, joined = list(spots), []
    while left:
        one = left.pop(0)
        while (other := next((spot for spot in left if near(one.box, spot.box)), None)) is not None:
            left.remove(other)
            one = _union(one, other)
        joined.append(one)
    return joined


def near(one: Box, other: Box) -> bool:
    """Whether two spots all but touch."""
    width = min(one.right - one.left, other.right - other.left) * NEAR
    height = min(one.bottom - one.top, other.bottom - other.top) * NEAR
    return Box(one.left - width, one.top - height, one.right + width, one.bottom + height).common(other) > 0


def _union(one: Spot, other: Spot) -> Spot:
    share = one.share + other.share
    return Spot(
        box=_around([one.box, other.box]),
        share=share,
        contrast=(one.contrast * one.share + other.contrast * other.share) / share,
        edges_new=(one.edges_new * one.share + other.edges_new * other.share) / share,
    )


def _code_of_spot(spot: Spot, zone: Zone | None, *, zoned: bool) -> str:
    added, removed = spot.edges_new >= LEFT_EDGES, spot.edges_new <= REMOVED_EDGES
    if zone is None:
        # Where people drew zones, the rest of the picture is houses, trees and sky.
        return "" if zoned else "object_left" if added else REMOVED if removed else ""
    if removed:
        return REMOVED
    if zone.kind == ZoneKind.FIRE_LANE:
        return "fire_lane_blocked"
    if zone.kind in {ZoneKind.CARRIAGEWAY, ZoneKind.NO_STOPPING}:
        return "road_obstruction"  # on a road whatever is there and was not is in the way
    return "object_left" if added else ""


def _surety(spot: Spot) -> float:
    """From how much it stands out; a change alone is never certain."""
    return round(min(0.9, 0.35 + spot.contrast / 200 + min(spot.share, 0.05) * 4), 2)


_VEHICLE_CODES: Final[Mapping[ZoneKind, str]] = {
    ZoneKind.FIRE_LANE: "fire_lane_blocked",
    ZoneKind.NO_STOPPING: "stopped_vehicle",
    ZoneKind.CARRIAGEWAY: "stalled_vehicle",
}


def _of_things(things: Sequence[Thing], watched: Watched) -> list[_Sight]:
    sights = []
    for thing in things:
        zone = zone_at(thing.box.foot, watched.zones)
        if thing.label in ALARMS:
            sights.append(
                _Sight(
                    code=thing.label, zone_id=zone.id if zone else "", box=thing.box, confidence=thing.score, same=0.1
                )
            )
        elif thing.label in VEHICLES and zone is not None and zone.kind in _VEHICLE_CODES:
            code = _VEHICLE_CODES[zone.kind]
            sights.append(_Sight(code=code, zone_id=zone.id, box=thing.box, confidence=thing.score, same=SAME_VEHICLE))
    for zone in watched.zones:
        people = [thing for thing in things if thing.label == PERSON and holds(zone.corners, thing.box.foot)]
        if (zone.kind == ZoneKind.SQUARE or zone.crowd_min) and len(people) >= (zone.crowd_min or CROWD_MIN):
            sights.append(
                _Sight(
                    code="crowd",
                    zone_id=zone.id,
                    box=_around([person.box for person in people]),
                    confidence=round(sum(person.score for person in people) / len(people), 2),
                    same=0.0,
                )
            )
    return sights


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min((box.left for box in boxes), default=WHOLE.left),
        min((box.top for box in boxes), default=WHOLE.top),
        max((box.right for box in boxes), default=WHOLE.right),
        max((box.bottom for box in boxes), default=WHOLE.bottom),
    )


def _jammed(candidates: Sequence[Candidate], things: Sequence[Thing], zones: Sequence[Zone]) -> set[str]:
    """Zones in which most vehicles stand still at once."""
    jammed = set()
    for zone in zones:
        count = sum(1 for thing in things if thing.label in VEHICLES and holds(zone.corners, thing.box.foot))
        still = sum(
            1
            for candidate in candidates
            if candidate.zone_id == zone.id and candidate.code in _VEHICLE_CODES.values() and candidate.visits > 1
        )
        if count >= JAM_MIN and still > JAM_SHARE * count:
            jammed.add(zone.id)
    return jammed
