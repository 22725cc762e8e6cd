"""The rules of settling times: what may be settled, what an area comes to, and what other times would have done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from services.incidents.domain.arealimits import AreaLimits
from services.incidents.domain.countdown import Countdown, recount
from services.incidents.domain.dealings import Priority
from services.incidents.domain.limits import Limit
from services.incidents.domain.rulebook import HELD_STAGES, Rulebook, Stage
from services.incidents.domain.table import TABLE
from services.platform.errors import Invalid, Stale

#: Other times are tried on so many of the newest cases of the area.
TRIED_CASES: Final = 2_000
#: Settling it here would mean nothing: the time of disposal is the case's own.
NOT_SETTLED_HERE: Final = frozenset({Stage.DISPOSAL})
WHOLE: Final = Decimal(1)


class LimitsInvalid(Invalid):
    """The times cannot be settled so: {problem}."""

    reason = "LIMITS_INVALID"


class LimitsStale(Stale):
    """Somebody else settled the times of {area_code} meanwhile; it is version {version} now."""

    reason = "LIMITS_STALE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A case was in a stage or a loop from one moment to another; `end` None while it still is."""

    stage: Stage | None = None
    loop_level: int = 0
    area_path: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """The disposal time that a case of a priority had; it is late by its own countdown or not."""

    priority: Priority
    area_path: str
    countdown: Countdown


@dataclass(slots=True, kw_only=True)
class Effect:
    """What another time would do, or another share for a priority."""

    stage: Stage | None = None
    loop_level: int = 0
    before: Limit | None = None
    after: Limit | None = None
    priority: Priority | None = None
    share_before: Decimal = WHOLE
    share_after: Decimal = WHOLE
    open_count: int = 0
    tried_count: int = 0
    late_before: int = 0
    late_after: int = 0


def checked(limits: AreaLimits) -> AreaLimits:
    """The same; fails with LIMITS_INVALID when it names something that has no such time."""
    known = {stage.value for stage in Stage} - {stage.value for stage in NOT_SETTLED_HERE}
    for stage in limits.stages:
        if stage not in known:
            raise LimitsInvalid(problem=f"{stage} is no stage with a time of its own")
    if any(not 0 < share <= 1 for share in limits.shares.values()):
        raise LimitsInvalid(problem="a share is more than 0 and 1 at most")
    return limits


def stages_of_events() -> Mapping[tuple[str, str], Stage]:
    """The stage that ends when a case leaves a state by an event, from the table of steps."""
    found = {}
    for row in TABLE:
        for source in row.sources:
            stage = HELD_STAGES.get(source)
            if stage is not None and row.stage is stage and row.target not in (None, source):
                found[source.value, row.event.value] = stage
            elif row.stage is Stage.DEPARTMENT_SIGN:
                found[source.value, row.event.value] = row.stage
    return found


def effects_of(
    before: Rulebook, after: Mapping[str, AreaLimits], place: str, passages: Iterable[Passage]
) -> list[Effect]:
    """What other times of areas would do at a place and below it, told of each stage and loop that changes there."""
    changed = replace(before, area_limits=after)
    here, there = before.at_place(place), changed.at_place(place)
    effects: dict[tuple[Stage | None, int], Effect] = {}
    for stage, limit in there.stage_limits.items():
        if here.stage_limits.get(stage) != limit:
            effects[stage, 0] = Effect(stage=stage, before=here.stage_limits[stage], after=limit)
    for level, limit in there.loop_limits.items():
        if here.loop_limits[level] != limit:
            effects[None, level] = Effect(loop_level=level, before=here.loop_limits[level], after=limit)
    books: dict[str, tuple[Rulebook, Rulebook]] = {}
    for passage in passages:
        effect = effects.get((passage.stage, passage.loop_level))
        if effect is None:
            continue
        books.setdefault(passage.area_path, (before.at_place(passage.area_path), changed.at_place(passage.area_path)))
        _count(effect, passage, books[passage.area_path])
    return list(effects.values())


def effects_of_shares(
    before: Rulebook, after: Mapping[str, AreaLimits], place: str, disposals: Iterable[Disposal]
) -> list[Effect]:
    """What other shares would do at a place and below it: the same stretches counted by each share."""
    changed = replace(before, area_limits=after)
    here, there = before.at_place(place), changed.at_place(place)
    effects = {
        priority: Effect(priority=priority, share_before=_share(here, priority), share_after=_share(there, priority))
        for priority in Priority
        if _share(here, priority) != _share(there, priority)
    }
    books: dict[str, tuple[Rulebook, Rulebook]] = {}
    for disposal in disposals:
        effect = effects.get(disposal.priority)
        if effect is None:
            continue
        if disposal.countdown.stopped_at is None:
            effect.open_count += 1
            continue
        path = disposal.area_path
        books.setdefault(path, (before.at_place(path), changed.at_place(path)))
        effect.tried_count += 1
        effect.late_before += _late(disposal, books[path][0], books[path][0])
        effect.late_after += _late(disposal, *books[path])
    return list(effects.values())


def _share(book: Rulebook, priority: Priority) -> Decimal:
    return book.priority_shares.get(priority, WHOLE)


def _late(disposal: Disposal, held: Rulebook, wanted: Rulebook) -> bool:
    """Whether a case that is done would have been late had its area given the wanted share instead of the one it has."""
    limit = disposal.countdown.limit
    fair = Limit(limit.value * _share(wanted, disposal.priority) / _share(held, disposal.priority), limit.unit)
    counted = recount(disposal.countdown, fair, wanted.calendar, wanted.signal_rules)
    return counted.late(counted.started_at)


def _count(effect: Effect, passage: Passage, books: tuple[Rulebook, Rulebook]) -> None:
    if passage.end is None:
        effect.open_count += 1
        return
    effect.tried_count += 1
    late = [passage.end > book.calendar.deadline(passage.start, _limit(book, passage)) for book in books]
    effect.late_before += late[0]
    effect.late_after += late[1]


def _limit(book: Rulebook, passage: Passage) -> Limit:
    return book.stage_limits[passage.stage] if passage.stage else book.loop_limits[passage.loop_level]
