"""The rules of assessment: who marks what, what a score is made of, who is named in a circular, what a year comes to.

What cannot be told is left out, and the rest counts for it: no mark is neither a good one nor a bad one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.incidents.domain.actors import Role
from services.incidents.domain.case import Source
from services.platform.errors import Conflict, Forbidden, Invalid, NotFound

HUNDREDTH: Final = Decimal("0.01")
NAMED_PLACES: Final = 3
BONUS_MAX: Final = Decimal(5)
QUARTERS: Final = 4
#: Within so many metres a case is about the same thing as a finding.
SAME_PLACE_M: Final = 50.0
DEFAULT_POINTS: Final = Decimal(1)


class MarkNotYours(Forbidden):
    """Marks of the kind {part} are given by {permitted}, each for their own area."""

    reason = "MARK_NOT_YOURS"


class MarkTaken(Conflict):
    """{staff_code} has a mark for {part} already; only whoever gave it may change it."""

    reason = "MARK_TAKEN"


class MarkTooHigh(Invalid):
    """A bonus is {most} at most."""

    reason = "MARK_TOO_HIGH"


class WorkerUnknown(NotFound):
    """Nobody called {staff_code} holds a post in a grid."""

    reason = "WORKER_UNKNOWN"


class FindingUnknown(NotFound):
    """There is no finding {finding_id}."""

    reason = "CITY_FINDING_UNKNOWN"


class EditionUnknown(NotFound):
    """There is no edition {edition} of {period}."""

    reason = "EDITION_UNKNOWN"


class NothingToPublish(Conflict):
    """Nobody has a score for {period} yet."""

    reason = "NOTHING_TO_PUBLISH"


class Kind(StrEnum):
    """Who is assessed."""

    GRID = "grid"
    DEPARTMENT = "department"
    WORKER = "worker"


class GridSource(StrEnum):
    """Where the mark of a grid comes from."""

    SELF = "self"
    OPEN_CHECK = "open_check"
    UNDERCOVER = "undercover"
    VIDEO = "video"


class WorkerPart(StrEnum):
    """A part of a worker's assessment."""

    ATTENDANCE = "attendance"
    DAILY = "daily"
    SPECIAL = "special"
    COMMUNITY = "community"
    BONUS = "bonus"


DEDUCTION: Final = "deduction"

GRID_WEIGHTS: Final[Mapping[str, int]] = MappingProxyType(
    {GridSource.SELF: 20, GridSource.OPEN_CHECK: 30, GridSource.UNDERCOVER: 30, GridSource.VIDEO: 20}
)
WORKER_WEIGHTS: Final[Mapping[str, int]] = MappingProxyType(
    {WorkerPart.ATTENDANCE: 15, WorkerPart.DAILY: 45, WorkerPart.SPECIAL: 30, WorkerPart.COMMUNITY: 10}
)

#: One rater for each part, by where the task comes from.
MARKERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        GridSource.SELF: frozenset({Role.SUBDISTRICT_ADMIN}),
        GridSource.OPEN_CHECK: frozenset({Role.ACCEPTOR, Role.DUTY_CHIEF}),
        GridSource.UNDERCOVER: frozenset({Role.DUTY_CHIEF}),
        GridSource.VIDEO: frozenset({"video_patroller"}),
        WorkerPart.ATTENDANCE: frozenset({Role.COMMUNITY_ADMIN}),
        WorkerPart.DAILY: frozenset({Role.ACCEPTOR, Role.DUTY_CHIEF}),
        WorkerPart.SPECIAL: frozenset({Role.DEPARTMENT_LEADER}),
        WorkerPart.COMMUNITY: frozenset({Role.COMMUNITY_ADMIN}),
        WorkerPart.BONUS: frozenset({Role.DUTY_CHIEF}),
    }
)
#: Posts whose holders are assessed as workers.
WORKER_ROLES: Final = frozenset({Role.GRID_WORKER, Role.GRID_LEADER})
#: A report from these came from the grid's own people.
OWN_SOURCES: Final = (Source.GRID_WORKER, Source.VIDEO, Source.VOLUNTEER)


class Mention(StrEnum):
    """Whether somebody is named in the circular."""

    NONE = ""
    COMMENDED = "commended"
    CRITICISED = "criticised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a score is made of; weight 0 is added or deducted as it is."""

    part: str
    score: Decimal
    weight: int = 0
    #: Counted from cases and ratings, because nobody gave a mark.
    computed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one stands."""

    code: str
    score: Decimal | None
    rank: int = 0
    mention: Mention = Mention.NONE
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a city inspector found."""

    id: str
    task_type: str
    grid_code: str
    area_path: str
    found_at: datetime
    found_by: str
    note: str
    points: Decimal
    case_id: str = ""
    case_number: str = ""
    forgiven_reason: str = ""
    forgiven_by: str = ""

    @property
    def deducted(self) -> Decimal:
        """Nothing for what had been reported before, and nothing for what was forgiven."""
        return Decimal(0) if self.case_id or self.forgiven_reason else self.points


def require_marker(part: str, roles: Iterable[str]) -> None:
    """Fails with MARK_NOT_YOURS unless one of the roles gives this kind of mark."""
    permitted = MARKERS[part]
    if not permitted.intersection(roles):
        raise MarkNotYours(part=part, permitted=", ".join(sorted(permitted)))


def weighted(marks: Mapping[str, Decimal], weights: Mapping[str, int]) -> tuple[Decimal | None, tuple[Part, ...]]:
    """The weighted mean of what there is; None of nothing."""
    parts = tuple(
        Part(part=name, score=marks[name], weight=weight) for name, weight in weights.items() if name in marks
    )
    whole = sum(part.weight for part in parts)
    if not whole:
        return None, parts
    return sum((part.score * part.weight for part in parts), Decimal(0)) / whole, parts


def grid_score(marks: Mapping[str, Decimal], deducted: Decimal) -> tuple[Decimal | None, tuple[Part, ...]]:
    """Marks of all sources, less what inspectors found first; never below zero."""
    score, parts = weighted(marks, GRID_WEIGHTS)
    if deducted:
        parts = (*parts, Part(part=DEDUCTION, score=-deducted))
    return (None if score is None else exact(max(score - deducted, Decimal(0)))), parts


def worker_score(
    marks: Mapping[str, Decimal], counted: Mapping[str, Decimal] = MappingProxyType({})
) -> tuple[Decimal | None, tuple[Part, ...]]:
    """15 attendance, 45 daily work, 30 special tasks, 10 community, and the bonus on top.

    What was counted stands in for a mark that nobody gave; a mark goes before it.
    """
    score, parts = weighted({**counted, **marks}, WORKER_WEIGHTS)
    parts = tuple(replace(part, computed=part.part not in marks) for part in parts)
    bonus = marks.get(WorkerPart.BONUS, Decimal(0))
    if bonus:
        parts = (*parts, Part(part=WorkerPart.BONUS, score=bonus))
    return (None if score is None else exact(score + bonus)), parts


def exact(score: Decimal) -> Decimal:
    """To the hundredth."""
    return score.quantize(HUNDREDTH, ROUND_HALF_EVEN)


def ranked(scores: Mapping[str, tuple[Decimal | None, tuple[Part, ...]]]) -> tuple[Standing, ...]:
    """Best first; equal scores share a place. The first and the last three places are named, all that share them.

    Whoever is commended is not criticised as well, however few there are.
    """
    told = sorted((score for score, _ in scores.values() if score is not None), reverse=True)
    standings = []
    for code, (score, parts) in scores.items():
        if score is None:
            standings.append(Standing(code=code, score=None, parts=parts))
            continue
        rank = told.index(score) + 1
        worse = sum(1 for other in told if other < score)
        mention = Mention.NONE
        if rank <= NAMED_PLACES:
            mention = Mention.COMMENDED
        elif worse < NAMED_PLACES:
            mention = Mention.CRITICISED
        standings.append(Standing(code=code, score=score, rank=rank, mention=mention, parts=parts))
    return tuple(sorted(standings, key=lambda one: (one.score is None, one.rank, one.code)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The four quarters of one, and what they come to."""

    code: str
    #: By quarter, from 1: the mean of its published months and how many there are.
    quarters: Mapping[int, tuple[Decimal, int]]

    @property
    def score(self) -> Decimal | None:
        """The mean of four quarters; None until there are four."""
        if len(self.quarters) < QUARTERS:
            return None
        return exact(mean([score for score, _ in self.quarters.values()]))


def year_of(code: str, months: Mapping[int, Decimal]) -> Year:
    """A year from its published months, 1 to 12."""
    quarters: dict[int, tuple[Decimal, int]] = {}
    for quarter in range(1, QUARTERS + 1):
        scores = [score for month, score in months.items() if (month + 2) // 3 == quarter]
        if scores:
            quarters[quarter] = (mean(scores), len(scores))
    return Year(code=code, quarters=quarters)


def mean(scores: Sequence[Decimal]) -> Decimal:
    """Of at least one."""
    return sum(scores, Decimal(0)) / len(scores)
