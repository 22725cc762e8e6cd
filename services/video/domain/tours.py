"""When a route's rounds are, when each of its stops is due, and how much of a day was covered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from hashlib import blake2b
from typing import Final

from services.video.domain.errors import RouteInvalid

DAY_MINUTES: Final = 24 * 60
ROUNDS_REQUIRED: Final = 2
#: The last stop of a round is due before its end, so that there is time to come back to those that failed.
SPREAD: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A camera on a route, at one of its presets."""

    camera_id: str
    preset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of one day."""

    day: date
    number: int
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route; windows are minutes of the city's day."""

    id: str
    name: str
    stops: tuple[Stop, ...]
    windows: tuple[tuple[int, int], ...] = ()
    rounds_per_day: int
    rounds_required: int = ROUNDS_REQUIRED
    dwell_s: int = 0
    detect_always: bool = False
    version: int = 0

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Windows in order; all day where none is given."""
        return tuple(sorted(self.windows)) or ((0, DAY_MINUTES),)

    @cached_property
    def minutes(self) -> int:
        """Minutes of a day in which it is toured."""
        return sum(ends - begins for begins, ends in self.spans)

    @cached_property
    def round_length(self) -> timedelta:
        """What each round has."""
        return timedelta(minutes=self.minutes) / self.rounds_per_day


def checked(route: Route) -> Route:
    """A route that can be toured. Fails with ROUTE_INVALID."""
    problem = ""
    if any(begins >= ends for begins, ends in route.spans):
        problem = "a window ends before it begins"
    elif any(route.spans[n][1] > route.spans[n + 1][0] for n in range(len(route.spans) - 1)):
        problem = "windows lie on one another"
    elif len(set(route.stops)) < len(route.stops):
        problem = "a stop is named twice"
    elif route.rounds_required > route.rounds_per_day:
        problem = "more rounds are required than planned"
    elif route.round_length < timedelta(seconds=1):
        problem = "a round would be shorter than a second"
    if problem:
        raise RouteInvalid(route=route.id, problem=problem)
    return route


def _moment(day: date, zone: tzinfo, minutes: float) -> datetime:
    """A minute of the city's day, even where the clock is put forward or back that day."""
    midnight = datetime.combine(day, time(), tzinfo=zone)
    return (midnight.replace(tzinfo=None) + timedelta(minutes=minutes)).replace(tzinfo=zone)


def _at_offset(route: Route, offset_minutes: float, *, end: bool) -> float:
    """The minute of the day at which so many minutes of windows are over."""
    left = offset_minutes
    for begins, ends in route.spans:
        length = ends - begins
        if left < length or (end and left <= length):
            return begins + left
        left -= length
    return route.spans[-1][1]


def round_of(route: Route, day: date, number: int, zone: tzinfo) -> Round:
    """One round, from 1."""
    length = route.minutes / route.rounds_per_day
    begins, ends = (number - 1) * length, number * length
    return Round(
        day=day,
        number=number,
        begins_at=_moment(day, zone, _at_offset(route, begins, end=False)),
        ends_at=_moment(day, zone, _at_offset(route, ends, end=True)),
    )


def round_at(route: Route, at: datetime, zone: tzinfo) -> Round | None:
    """The round under way; None outside the windows."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 6e7
    passed = 0.0
    for begins, ends in route.spans:
        if begins <= minute < ends:
            number = int((passed + minute - begins) * route.rounds_per_day / route.minutes) + 1
            return round_of(route, local.date(), min(number, route.rounds_per_day), zone)
        passed += ends - begins
    return None


def next_round(route: Route, at: datetime, zone: tzinfo) -> Round:
    """The first round that begins after a moment."""
    day = at.astimezone(zone).date()
    length = route.minutes / route.rounds_per_day
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 6e7
    passed = sum(min(max(minute - begins, 0), ends - begins) for begins, ends in route.spans)
    number = int(passed / length) + 1
    for _ in range(3):
        if number > route.rounds_per_day:
            return round_of(route, day + timedelta(days=1), 1, zone)
        found = round_of(route, day, number, zone)
        if found.begins_at > at:
            return found
        number += 1
    return round_of(route, day + timedelta(days=1), 1, zone)


def due_at(route: Route, position: int, found: Round) -> datetime:
    """When a stop is due in a round: in the order of the route, with a jitter of its own that is the same every time."""
    share = (position + jitter(route.id, route.stops[position])) / len(route.stops)
    return found.begins_at + (found.ends_at - found.begins_at) * (share * SPREAD)


def jitter(route_id: str, stop: Stop) -> float:
    """0 to 1, by chance but always the same."""
    told = f"{route_id}\0{stop.camera_id}\0{stop.preset}".encode()
    return int.from_bytes(blake2b(told, digest_size=4).digest(), "big") / 2**32


def rounds_over(route: Route, day: date, at: datetime, zone: tzinfo) -> int:
    """Rounds of a day that are over at a moment."""
    today = at.astimezone(zone).date()
    if day != today:
        return route.rounds_per_day if day < today else 0
    now = round_at(route, at, zone)
    if now is not None:
        return now.number - 1
    coming = next_round(route, at, zone)
    return coming.number - 1 if coming.day == day else route.rounds_per_day


@dataclass(frozen=True, slots=True, kw_only=True)
class StopDay:
    """What one day's rows say of a stop."""

    rounds_met: int = 0
    visits: int = 0
    last_seen_at: datetime | None = None
    missed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The account of one stop for one day."""

    route_id: str
    stop: Stop
    camera_name: str
    road_segment: str
    rounds_due: int
    rounds_required: int
    of_day: StopDay

    @property
    def covered(self) -> bool:
        """Seen as often as could be demanded by now: of the rounds required, the part whose time is over."""
        return self.of_day.rounds_met >= self.demanded

    @property
    def demanded(self) -> int:
        """Rounds that should be met by now."""
        return min(self.rounds_required, self.rounds_due)


def by_segment(stops: Sequence[Coverage]) -> list[tuple[str, int, int]]:
    """Road segments with their stops and how many are covered."""
    counts: dict[str, list[int]] = {}
    for stop in stops:
        counted = counts.setdefault(stop.road_segment, [0, 0])
        counted[0] += 1
        counted[1] += stop.covered
    return [(segment, count, covered) for segment, (count, covered) in sorted(counts.items())]
