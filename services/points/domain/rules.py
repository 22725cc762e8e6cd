"""Says what service is worth, as data: points for time, by kind and rating; caps, penalties, stars and terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from services.points.domain.errors import PointRulesInvalid
from services.points.domain.volunteers import CATEGORIES

HUNDRED: Final = 100
MINUTES_PER_HOUR: Final = 60
RATING_BEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One set of rules, with the values a city begins with."""

    points_per_hour: int = 10
    step_minutes: int = 30
    order_minutes_max: int = 480
    day_minutes_max: int = 480
    category_percent: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType(
            dict(zip(CATEGORIES, (100, 120, 130, 100, 120, 100, 150), strict=True))
        )
    )
    rating_percent: Mapping[int, int] = field(
        default_factory=lambda: MappingProxyType({5: 110, 4: 100, 3: 80, 2: 50, 1: 0})
    )
    best_rating_bonus: int = 0
    no_show_penalty: int = 10
    no_shows_max: int = 5
    debt_max: int = 300
    validity_months: int = 24
    star_minutes: tuple[int, ...] = (6_000, 18_000, 36_000, 60_000, 90_000)
    default_rating_days: int = 7
    default_rating: int = 4
    radius_m: int = 500
    ring_minutes: int = 30
    dispute_days: int = 7
    pickup_days: int = 7
    review_percent: tuple[int, int, int] = (20, 40, 40)
    #: Weights of a building's stars: households visited, wishes answered.
    building_percent: tuple[int, int] = (60, 40)
    building_stars: tuple[int, ...] = (60, 70, 80, 90, 95)
    response_hours: int = 24
    phone_fen: int = 0
    meal_fen: int = 0

    def __post_init__(self) -> None:
        """Fails with POINT_RULES_INVALID."""
        if sum(self.review_percent) != HUNDRED or min(self.review_percent) < 0:
            raise PointRulesInvalid(problem="review_percent must add up to 100")
        if list(self.star_minutes) != sorted(set(self.star_minutes)) or self.star_minutes[0] <= 0:
            raise PointRulesInvalid(problem="star_minutes must rise")
        if sum(self.building_percent) != HUNDRED or min(self.building_percent) < 0:
            raise PointRulesInvalid(problem="building_percent must add up to 100")
        if list(self.building_stars) != sorted(set(self.building_stars)) or not 0 < self.building_stars[0] <= HUNDRED:
            raise PointRulesInvalid(problem="building_stars must rise")
        if set(self.rating_percent) != set(range(1, RATING_BEST + 1)):
            raise PointRulesInvalid(problem="rating_percent needs a value for each rating from 1 to 5")
        if set(self.category_percent) != set(CATEGORIES):
            raise PointRulesInvalid(problem="category_percent needs a value for each of the seven kinds")
        if any(
            not 0 <= percent <= 1000 for percent in (*self.rating_percent.values(), *self.category_percent.values())
        ):
            raise PointRulesInvalid(problem="per cents lie between 0 and 1000")
        if any(self.rating_percent[n] > self.rating_percent[n + 1] for n in range(1, RATING_BEST)):
            raise PointRulesInvalid(problem="a better rating must not earn less")

    @property
    def star_count(self) -> int:
        """How many stars there are."""
        return len(self.star_minutes)

    def star_of(self, minutes: int) -> int:
        """The stars that time given earns."""
        return sum(1 for needed in self.star_minutes if minutes >= needed)

    def to_next_star(self, minutes: int) -> int:
        """Minutes still needed for the next star; 0 at the top."""
        star = self.star_of(minutes)
        return 0 if star == self.star_count else self.star_minutes[star] - minutes

    def countable(self, minutes: int, *, given_that_day: int = 0) -> int:
        """Minutes that count: in whole steps, within the caps of the order and of the day."""
        capped = min(minutes, self.order_minutes_max, max(0, self.day_minutes_max - given_that_day))
        return capped - capped % self.step_minutes

    def worth(self, *, minutes: int, category: str, rating: int) -> int:
        """Points for a service; what is less than a point is dropped."""
        percent = self.category_percent[category] * self.rating_percent[rating]
        points = minutes * self.points_per_hour * percent // (MINUTES_PER_HOUR * HUNDRED * HUNDRED)
        return points + (self.best_rating_bonus if rating == RATING_BEST and points else 0)


def rules_from(told: Mapping[str, Any]) -> Rules:
    """Rules as they are kept in JSON: keys of mappings are words there."""
    known = {name.name for name in fields(Rules)}
    values = {name: value for name, value in told.items() if name in known}
    for name in ("building_percent", "building_stars", "response_hours"):
        if not values.get(name):
            values.pop(name, None)
    if "rating_percent" in values:
        values["rating_percent"] = {int(rating): percent for rating, percent in values["rating_percent"].items()}
    for name in ("star_minutes", "review_percent", "building_percent", "building_stars"):
        if name in values:
            values[name] = tuple(values[name])
    return Rules(**values)


def rules_told(rules: Rules) -> dict[str, Any]:
    """Rules as they are kept in JSON."""
    told: dict[str, Any] = {}
    for known in fields(Rules):
        value = getattr(rules, known.name)
        if isinstance(value, Mapping):
            value = {str(key): part for key, part in value.items()}
        told[known.name] = list(value) if isinstance(value, tuple) else value
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the rules and how far it has come."""

    number: int
    rules: Rules
    reason: str
    author: str
    written_at: datetime
    tried: bool = False
    effective_at: datetime | None = None


def in_force(versions: Sequence[Version], at: datetime) -> Version | None:
    """The version that holds at a moment: the last that became effective; the newer where two did at once."""
    held = [version for version in versions if version.effective_at is not None and version.effective_at <= at]
    return max(held, key=lambda version: (version.effective_at, version.number), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedBefore:
    """A service that was credited, as it is needed to try other rules on it."""

    volunteer: str
    category: str
    minutes_there: int
    given_that_day: int
    rating: int
    points: int


def try_out(rules: Rules, services: Sequence[ServedBefore]) -> dict[str, tuple[int, int]]:
    """By volunteer, what was credited and what would have been."""
    told: dict[str, tuple[int, int]] = {}
    for service in services:
        counted = rules.countable(service.minutes_there, given_that_day=service.given_that_day)
        would = rules.worth(minutes=counted, category=service.category, rating=service.rating)
        before, after = told.get(service.volunteer, (0, 0))
        told[service.volunteer] = (before + service.points, after + would)
    return told
