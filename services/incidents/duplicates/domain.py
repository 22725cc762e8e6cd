"""Weighs how alike two cases are, and which places come back; pure rules, the city's measure is data."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from math import cos, floor, radians, sqrt
from statistics import fmean
from typing import Final

from services.incidents.domain.case import Point, Source, State
from services.incidents.domain.distance import distance_between_m
from services.incidents.domain.words import bigrams_of, similarity
from services.platform.errors import Conflict, Invalid

#: From this score on two cases of different reporters are linked without anybody asking.
SAME_SCORE: Final = 0.6
#: A case of another kind counts only when its words are this much alike.
OTHER_KIND_WORDS_MIN: Final = 0.25
CELLS_PER_DEGREE: Final = 1000
METRES_PER_DEGREE: Final = 111_000.0  # a little too few, so that no cell is left out
METRES_PER_DEGREE_MOST: Final = 111_400.0  # a little too many, so that no cell is too wide
#: A cell of a chain is a little more than two thirds of the distance wide.
_REACH: Final = (-2, -1, 0, 1, 2)

_KIND_WEIGHT: Final = 0.30
_DISTANCE_WEIGHT: Final = 0.30
_WORDS_WEIGHT: Final = 0.25
_AGE_WEIGHT: Final = 0.15
#: How much a case of another task type but of the same category counts.
_SAME_CATEGORY: Final = 0.7


class CaseEnded(Conflict):
    """Case {number} has ended ({state}); nothing can be joined to it."""

    reason = "CASE_ENDED"


class MergeWithItself(Invalid):
    """Case {number} cannot be merged with itself."""

    reason = "MERGE_WITH_ITSELF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What counts as near, as recent and as recurring."""

    distance_m: int = 50
    hours: int = 24
    recurrence_days: int = 30

    @property
    def age_max(self) -> timedelta:
        """How far apart two reports of one matter may be."""
        return timedelta(hours=self.hours)


#: For task types without a measure of their own.
USUAL: Final = Likeness()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is compared of a case, or of a report that is not one yet."""

    case_id: str = ""
    number: str = ""
    task_type: str
    category_code: str = ""
    point: Point
    description: str
    reported_at: datetime
    reporter: str = ""
    source: Source = Source.RESIDENT
    state: State = State.REPORTED
    closed_at: datetime | None = None
    place: str = ""
    grid_code: str = ""
    area_path: str = ""
    department_code: str = ""
    follower_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A case that is like another, from 0 to 1."""

    case: Compared
    score: float
    distance_m: float
    same_kind: bool


def matches(report: Compared, others: Iterable[Compared], likeness: Likeness) -> tuple[Match, ...]:
    """The cases within distance and age (limits included) that may be the same matter, likeliest first.

    Of the same kind words never rule a case out: two people describe one hole very differently. A case of another
    kind must say something similar, for a patrol and a resident may call one thing by two names.
    """
    words = _pairs(report.description)
    found: list[Match] = []
    for other in others:
        age = abs(report.reported_at - other.reported_at)
        distance_m = distance_between_m(report.point, other.point)
        if other.case_id == report.case_id or age > likeness.age_max or distance_m > likeness.distance_m:
            continue
        alike = similarity(words, _pairs(other.description))
        kind = _kind(report, other)
        if kind < 1 and alike < OTHER_KIND_WORDS_MIN:
            continue
        score = (
            _KIND_WEIGHT * kind
            + _DISTANCE_WEIGHT * (1 - distance_m / likeness.distance_m)
            + _WORDS_WEIGHT * alike
            + _AGE_WEIGHT * (1 - age / likeness.age_max)
        )
        found.append(Match(case=other, score=round(score, 4), distance_m=round(distance_m, 1), same_kind=kind == 1))
    return tuple(sorted(found, key=lambda match: (-match.score, match.distance_m, match.case.case_id)))


def recurrence(report: Compared, ended: Iterable[Compared], likeness: Likeness) -> Match | None:
    """The closed case of the same kind at the same place that ended last, if it did so within the days settled."""
    since = report.reported_at - timedelta(days=likeness.recurrence_days)
    found = [
        (case.closed_at, case.case_id, case, distance_m)
        for case in ended
        if case.state is State.CLOSED
        and case.closed_at is not None
        and since <= case.closed_at <= report.reported_at
        and case.task_type == report.task_type
        and (distance_m := distance_between_m(report.point, case.point)) <= likeness.distance_m
    ]
    if not found:
        return None
    _, _, case, distance_m = max(found, key=lambda entry: entry[:2])
    return Match(case=case, score=1.0, distance_m=round(distance_m, 1), same_kind=True)


@lru_cache(maxsize=4096)
def _pairs(description: str) -> Counter[str]:
    """A text is compared many times where much is reported at one place; nobody changes what this gives."""
    return bigrams_of(description)


def _kind(one: Compared, other: Compared) -> float:
    if one.task_type == other.task_type:
        return 1.0
    return _SAME_CATEGORY if one.category_code and one.category_code == other.category_code else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Between which meridians and parallels something lies, in degrees."""

    west: float
    south: float
    east: float
    north: float


def box_around(point: Point, distance_m: float) -> Box:
    """All of a circle around a point lies in it."""
    height = distance_m / METRES_PER_DEGREE
    width = height / max(cos(radians(point.latitude_deg)), 0.01)
    return Box(
        west=point.longitude_deg - width,
        south=point.latitude_deg - height,
        east=point.longitude_deg + width,
        north=point.latitude_deg + height,
    )


def cells_of(box: Box) -> tuple[tuple[int, int], ...]:
    """The cells (north, east) that a box touches."""
    columns = _cells(box.west, box.east)
    return tuple((row, column) for row in _cells(box.south, box.north) for column in columns)


def _cells(low_deg: float, high_deg: float) -> range:
    return range(floor(low_deg * CELLS_PER_DEGREE), floor(high_deg * CELLS_PER_DEGREE) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot:
    """A place where one kind of matter comes back; its cases newest first."""

    task_type: str
    point: Point
    radius_m: float
    cases: tuple[Compared, ...]
    open_count: int
    mean_days_between: float


def hotspots(
    cases: Iterable[Compared],
    *,
    case_count_min: int,
    likeness_of: Mapping[str, Likeness],
    usual: Likeness = USUAL,
) -> tuple[Hotspot, ...]:
    """Places with at least so many cases of one kind, most frequent first.

    Cases belong together when a chain of neighbours, each within the kind's distance, leads from one to the other.
    """
    by_kind: dict[str, list[Compared]] = defaultdict(list)
    for case in cases:
        by_kind[case.task_type].append(case)
    found = [
        _hotspot(task_type, group)
        for task_type, kind in by_kind.items()
        for group in _groups(kind, likeness_of.get(task_type, usual).distance_m)
        if len(group) >= case_count_min
    ]
    return tuple(sorted(found, key=lambda spot: (-len(spot.cases), spot.task_type, spot.cases[0].case_id)))


def _hotspot(task_type: str, group: Sequence[Compared]) -> Hotspot:
    newest_first = tuple(sorted(group, key=lambda case: (case.reported_at, case.case_id), reverse=True))
    middle = Point(
        longitude_deg=fmean(case.point.longitude_deg for case in group),
        latitude_deg=fmean(case.point.latitude_deg for case in group),
    )
    span = newest_first[0].reported_at - newest_first[-1].reported_at
    gaps = max(len(group) - 1, 1)
    return Hotspot(
        task_type=task_type,
        point=middle,
        radius_m=round(max(distance_between_m(middle, case.point) for case in group), 1),
        cases=newest_first,
        open_count=sum(case.closed_at is None for case in group),
        mean_days_between=round(span / timedelta(days=1) / gaps, 2),
    )


@dataclass(slots=True)
class _Forest:
    """Who belongs with whom: each points towards the first of its group."""

    parents: list[int] = field(default_factory=list)

    def root(self, place: int) -> int:
        while self.parents[place] != place:
            self.parents[place] = self.parents[self.parents[place]]
            place = self.parents[place]
        return place

    def join(self, one: int, other: int) -> None:
        self.parents[self.root(one)] = self.root(other)


def _groups(cases: Sequence[Compared], distance_m: float) -> list[list[Compared]]:
    """Chains of neighbours. Cells are so small that all within one belong together, so a crowded place costs little."""
    forest = _Forest(list(range(len(cases))))
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    height = distance_m / sqrt(2) / METRES_PER_DEGREE_MOST
    nearest_equator = min((abs(case.point.latitude_deg) for case in cases), default=0.0)
    width = height / max(cos(radians(nearest_equator)), 0.01)
    for place, case in enumerate(cases):
        row, column = floor(case.point.latitude_deg / height), floor(case.point.longitude_deg / width)
        for near in ((row + up, column + right) for up in _REACH for right in _REACH):
            others = cells.get(near)
            if others and forest.root(others[0]) != forest.root(place):
                within = (distance_between_m(case.point, cases[other].point) <= distance_m for other in others)
                if near == (row, column) or any(within):
                    forest.join(place, others[0])
        cells[row, column].append(place)
    groups: dict[int, list[Compared]] = defaultdict(list)
    for place, case in enumerate(cases):
        groups[forest.root(place)].append(case)
    return list(groups.values())
