"""The rules of rating both ways: when, by whom, and how much of it others may see."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.incidents.domain.actors import Actor, Role
from services.incidents.domain.case import Case
from services.platform.errors import AlreadyExists, Conflict, Forbidden

#: A department sees what was said of it from so many ratings on; with fewer it could tell who spoke.
SPOKEN_MIN: Final = 3
MASKED: Final = "***"
_TELLING: Final = re.compile(r"\d{5,}|[\w.+-]+@[\w-]+\.[\w.]+")


class RatingTooEarly(Conflict):
    """Case {number} has not ended yet; it can be rated then."""

    reason = "RATING_TOO_EARLY"


class RatingNotYours(Forbidden):
    """Only the department that had case {number} and the grid worker who dealt with it rate each other."""

    reason = "RATING_NOT_YOURS"


class RatingGiven(AlreadyExists):
    """Your side has rated case {number} already."""

    reason = "RATING_GIVEN"


class Way(StrEnum):
    """Who rates whom."""

    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one side says of the other."""

    case_id: str
    way: Way
    rater: str
    worker: str
    department_code: str
    area_path: str
    score: int
    attitude: int
    efficiency: int
    quality: int
    comment: str
    rated_at: datetime


def worker_of(case: Case) -> str:
    """The grid worker on the other side: who checked it, else who reported it from the grid."""
    return case.checker or (case.reporter if case.source == "grid_worker" else "")


def way_of(case: Case, actor: Actor) -> Way:
    """Which side somebody is on; fails with RATING_TOO_EARLY, RATING_NOT_YOURS."""
    if not case.state.ended:
        raise RatingTooEarly(number=case.number)
    worker = worker_of(case)
    if worker and case.department_code:
        if actor.id == worker:
            return Way.UP
        sides = {Role.DEPARTMENT_SPECIALIST, Role.DEPARTMENT_LEADER}
        if any(grant.role in sides and grant.department_code == case.department_code for grant in actor.grants):
            return Way.DOWN
    raise RatingNotYours(number=case.number)


def without_traces(comment: str) -> str:
    """Words without numbers and addresses by which somebody could be found."""
    return _TELLING.sub(MASKED, comment)


def may_see(count: int, department_code: str, departments: tuple[str, ...]) -> bool:
    """Whether more than the count may be seen; whoever is of that department needs enough to have spoken."""
    return department_code not in departments or count >= SPOKEN_MIN
