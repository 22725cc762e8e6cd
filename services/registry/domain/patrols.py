"""Tells from a track how long somebody walked inside a grid, and whether a day's duty was met."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import cos, hypot, radians
from typing import Final
from zoneinfo import ZoneInfo

#: A phone that was silent for longer proves nothing about the time between.
SILENCE_MAX: Final = timedelta(minutes=5)
#: Points are kept when they are so far or so long apart; a straight minute needs no more.
KEPT_METRES: Final = 15.0
KEPT_SECONDS_MIN: Final = 10.0
KEPT_SECONDS_MAX: Final = 60.0
#: Nobody walks for longer without a break; whoever forgot to end a patrol ended it where the track does.
PATROL_MAX: Final = timedelta(hours=12)
CITY_ZONE: Final = ZoneInfo("Asia/Shanghai")
METRES_PER_DEGREE: Final = 111_320.0
#: Faster than this is not walking, not even on a bicycle.
METRES_PER_SECOND_MAX: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPoint:
    """A place passed, and whether it lies inside the grid."""

    at: datetime
    longitude_deg: float
    latitude_deg: float
    inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What a track proves."""

    seconds: int
    distance_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRules:
    """What the city asks of a grid each day."""

    minutes_min: int = 120
    #: Times of the day in which somebody must have walked; each is a round.
    windows: tuple[tuple[time, time], ...] = ((time(8), time(12)), (time(14), time(18)))
    rounds_min: int = 2
    #: Day of the joint patrol, Monday being 1.
    joint_weekday: int = 5
    joint_parties_min: int = 3
    zone: ZoneInfo = CITY_ZONE

    def day_of(self, moment: datetime) -> date:
        """The day in the city."""
        return moment.astimezone(self.zone).date()

    def span_of(self, day: date) -> tuple[datetime, datetime]:
        """From when to when a day goes in the city."""
        begin = datetime.combine(day, time(), tzinfo=self.zone)
        return begin, datetime.combine(day + timedelta(days=1), time(), tzinfo=self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolDone:
    """A patrol as far as duty is concerned."""

    began_at: datetime
    seconds: int
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """How a grid met its duty on a day."""

    grid_code: str
    minutes: int
    minutes_wanted: int
    rounds: int
    rounds_wanted: int
    joint_parties: int
    joint_parties_wanted: int

    @property
    def met(self) -> bool:
        """All that was asked."""
        return (
            self.minutes >= self.minutes_wanted
            and self.rounds >= self.rounds_wanted
            and self.joint_parties >= self.joint_parties_wanted
        )


def thinned(points: Iterable[TrackPoint]) -> list[TrackPoint]:
    """The points worth keeping, by time: the first, the last, and between them what tells something new."""
    ordered = sorted({point.at: point for point in points}.values(), key=lambda point: point.at)
    kept: list[TrackPoint] = []
    for number, point in enumerate(ordered):
        following = ordered[number + 1] if number + 1 < len(ordered) else None
        if not kept or following is None or _tells_something(kept[-1], point) or _ends_something(point, following):
            kept.append(point)
    return kept


def walked(points: Sequence[TrackPoint]) -> Walked:
    """Time and way inside the grid: between points that follow each other closely, both inside, at walking speed."""
    seconds = distance_m = 0.0
    for before, after in pairwise(points):
        span = after.at - before.at
        metres = _metres(before, after)
        if (
            before.inside
            and after.inside
            and span <= SILENCE_MAX
            and metres <= span.total_seconds() * METRES_PER_SECOND_MAX
        ):
            seconds += span.total_seconds()
            distance_m += metres
    return Walked(seconds=int(seconds), distance_m=int(distance_m))


def duty_of(grid_code: str, day: date, patrols: Sequence[PatrolDone], rules: DutyRules) -> Duty:
    """How a grid met its duty on a day, from the patrols that began on it. Whole minutes count: 119:59 is 119."""
    joint = day.isoweekday() == rules.joint_weekday
    return Duty(
        grid_code=grid_code,
        minutes=sum(patrol.seconds for patrol in patrols) // 60,
        minutes_wanted=rules.minutes_min,
        rounds=sum(any(_in(patrol, window, rules) for patrol in patrols) for window in rules.windows),
        rounds_wanted=min(rules.rounds_min, len(rules.windows)),
        joint_parties=max((len(set(patrol.parties)) for patrol in patrols), default=0),
        joint_parties_wanted=rules.joint_parties_min if joint else 0,
    )


def _in(patrol: PatrolDone, window: tuple[time, time], rules: DutyRules) -> bool:
    began = patrol.began_at.astimezone(rules.zone).time()
    return patrol.seconds > 0 and window[0] <= began < window[1]


def _tells_something(before: TrackPoint, after: TrackPoint) -> bool:
    seconds = (after.at - before.at).total_seconds()
    if before.inside is not after.inside or seconds >= KEPT_SECONDS_MAX:
        return True
    return seconds >= KEPT_SECONDS_MIN and _metres(before, after) >= KEPT_METRES


def _ends_something(point: TrackPoint, following: TrackPoint) -> bool:
    """The last point before a border or a silence proves the time up to there."""
    silence = SILENCE_MAX.total_seconds() - KEPT_SECONDS_MAX
    return point.inside is not following.inside or (following.at - point.at).total_seconds() > silence


def _metres(before: TrackPoint, after: TrackPoint) -> float:
    """Between points close to each other, on a plane."""
    east = (after.longitude_deg - before.longitude_deg) * cos(radians(before.latitude_deg))
    return hypot(east, after.latitude_deg - before.latitude_deg) * METRES_PER_DEGREE
