"""Says how many stars a building has earned, what a letter says, and what the people of a building are due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import new as hmac
from typing import Final

from services.points.domain.errors import LetterNotForOneself, NoEmployer, NoHours, NotAppointed
from services.points.domain.rules import HUNDRED, Rules
from services.points.domain.statements import hours_told
from services.points.domain.volunteers import Post, Team, masked

APPOINTMENT: Final = "appointment"
PRAISE: Final = "praise"
UNANSWERED_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingVisits:
    """How many households of a building were visited in a month."""

    building_id: str
    name: str
    grid_code: str
    households: int
    visited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Wishes of a grid in a month: all, and those that nobody took up in time."""

    wishes: int = 0
    unanswered: tuple[str, ...] = ()

    @property
    def answered(self) -> int:
        """Taken up in time."""
        return self.wishes - len(self.unanswered)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedBuilding:
    """A building, and from what its stars come."""

    visits: BuildingVisits
    answers: Answers
    score: float
    stars: int


def rate_buildings(
    rules: Rules, visits: Sequence[BuildingVisits], answers: Mapping[str, Answers]
) -> list[RatedBuilding]:
    """Best first; where nobody wished for anything, visits alone count. Households in no building are no building."""
    rated = [
        _rated(rules, building, answers.get(building.grid_code, Answers()))
        for building in visits
        if building.building_id and building.households
    ]
    return sorted(rated, key=lambda one: (-one.score, one.visits.grid_code, one.visits.name, one.visits.building_id))


def _rated(rules: Rules, building: BuildingVisits, answers: Answers) -> RatedBuilding:
    """In whole numbers to the end, so that a threshold is reached or not."""
    visits_weight, answers_weight = rules.building_percent
    if answers.wishes:
        above = (
            visits_weight * building.visited * answers.wishes + answers_weight * answers.answered * building.households
        )
        below = building.households * answers.wishes
    else:
        above, below = HUNDRED * building.visited, building.households
    return RatedBuilding(
        visits=building,
        answers=answers,
        score=above * 10 // below / 10,
        stars=sum(1 for needed in rules.building_stars if above >= needed * below),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as it is kept: without the whole name."""

    number: str
    kind: str
    owner: str
    masked_name: str
    unit: str
    words: str
    minutes: int
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Merits:
    """What there is to write about."""

    unit: str
    teams: Sequence[Team]
    posts: Sequence[Post]
    minutes: int
    services: int


def words_of(kind: str, merits: Merits, *, year: int) -> str:
    """What a letter says. Fails with NOT_APPOINTED, NO_EMPLOYER, NO_HOURS."""
    if kind == APPOINTMENT:
        places = [team.name for team in merits.teams] + [post.title for post in merits.posts]
        if not places:
            raise NotAppointed
        return "、".join(places)
    if not merits.unit:
        raise NoEmployer
    if not merits.minutes:
        raise NoHours
    return f"{year}: {merits.services} × · {hours_told(merits.minutes)} h"


def write_letter(
    secret: bytes, *, kind: str, owner: str, name: str, merits: Merits, year: int, issuer: str, at: datetime
) -> Letter:
    """A letter; the same facts make the same number. Fails with LETTER_NOT_FOR_ONESELF and as `words_of`."""
    if issuer == owner:
        raise LetterNotForOneself
    words = words_of(kind, merits, year=year)
    minutes = merits.minutes if kind == PRAISE else 0
    facts = f"letter/{kind}/{owner}/{merits.unit if kind == PRAISE else ''}/{words}/{minutes}".encode()
    return Letter(
        number=f"GL{year}-{hmac(secret, facts, 'sha256').hexdigest()[:16].upper()}",
        kind=kind,
        owner=owner,
        masked_name=masked(name),
        unit=merits.unit if kind == PRAISE else "",
        words=words,
        minutes=minutes,
        issued_at=at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What somebody of a building team is due for a month, and the services it comes from."""

    subject: str
    teams: tuple[str, ...]
    orders: tuple[str, ...]
    phone_fen: int
    meal_fen: int


def allowance(rules: Rules, *, subject: str, teams: Sequence[str], orders: Sequence[str]) -> Allowance:
    """The telephone for a month with any service, a meal for each."""
    return Allowance(
        subject=subject,
        teams=tuple(teams),
        orders=tuple(orders),
        phone_fen=rules.phone_fen if orders else 0,
        meal_fen=rules.meal_fen * len(orders),
    )
