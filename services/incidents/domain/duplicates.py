"""Finds open cases that may be the same matter: of the same kind, near, not long ago, in like words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Final

from services.incidents.domain.case import Point
from services.incidents.domain.tasktypes import DUPLICATE_DISTANCE_M
from services.incidents.domain.words import bigrams_of, similarity

AGE_MAX: Final = timedelta(hours=24)
EARTH_RADIUS_M: Final = 6_371_008.8

_DISTANCE_WEIGHT: Final = 0.45
_WORDS_WEIGHT: Final = 0.35
_AGE_WEIGHT: Final = 0.20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is compared of a case or a report."""

    case_id: str = ""
    number: str = ""
    task_type: str
    point: Point
    description: str
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that may be the same matter; the score goes from 0 to 1."""

    case_id: str
    number: str
    score: float
    distance_m: float


def candidates(
    report: Known,
    cases: Iterable[Known],
    *,
    distance_max_m: float = DUPLICATE_DISTANCE_M,
    age_max: timedelta = AGE_MAX,
) -> tuple[Candidate, ...]:
    """The cases within kind, distance and age (limits included), likeliest first, ties by age and id.

    Words alone never rule a case out: two people describe one hole very differently.
    """
    words = bigrams_of(report.description)
    scored: list[tuple[float, timedelta, Candidate]] = []
    for case in cases:
        age = abs(report.reported_at - case.reported_at)
        if case.task_type != report.task_type or age > age_max:
            continue
        distance_m = distance_between_m(report.point, case.point)
        if distance_m > distance_max_m:
            continue
        score = (
            _DISTANCE_WEIGHT * (1 - distance_m / distance_max_m)
            + _WORDS_WEIGHT * similarity(words, bigrams_of(case.description))
            + _AGE_WEIGHT * (1 - age / age_max)
        )
        found = Candidate(
            case_id=case.case_id, number=case.number, score=round(score, 4), distance_m=round(distance_m, 1)
        )
        scored.append((score, age, found))
    scored.sort(key=lambda entry: (-entry[0], entry[1], entry[2].case_id))
    return tuple(found for _, _, found in scored)


def distance_between_m(one: Point, other: Point) -> float:
    """Metres between two points along the ground."""
    latitude, other_latitude = radians(one.latitude_deg), radians(other.latitude_deg)
    half_height = sin((other_latitude - latitude) / 2) ** 2
    half_width = sin(radians(other.longitude_deg - one.longitude_deg) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half_height + cos(latitude) * cos(other_latitude) * half_width))
