"""Says what a year was worth, what a certificate shows, and what of a name the public sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hmac import new as hmac
from typing import Final

from services.points.domain.errors import ReviewNotYours
from services.points.domain.volunteers import masked

SELF: Final = "self"
COMMUNITY: Final = "community"
ORGANISATION: Final = "organisation"
REVIEWS: Final = (SELF, COMMUNITY, ORGANISATION)
#: Grades and the score each begins at.
GRADES: Final = (("A", 90), ("B", 75), ("C", 60), ("D", 40), ("E", 0))
HUNDRED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One of the three reviews of a year."""

    kind: str
    score: int
    comment: str
    reviewer: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """Somebody's year as the three reviews judge it; no grade as long as one is missing."""

    owner: str
    unit: str
    year: int
    reviews: tuple[Review, ...]
    percent: tuple[int, int, int]

    @property
    def missing(self) -> tuple[str, ...]:
        """Reviews that were not given."""
        given = {review.kind for review in self.reviews}
        return tuple(kind for kind in REVIEWS if kind not in given)

    @property
    def score(self) -> float | None:
        """The weighted score."""
        if self.missing:
            return None
        weights: Mapping[str, int] = dict(zip(REVIEWS, self.percent, strict=True))
        return sum(weights[review.kind] * review.score for review in self.reviews) / HUNDRED

    @property
    def grade(self) -> str:
        """A to E; empty as long as one is missing."""
        score = self.score
        return "" if score is None else next(grade for grade, begins in GRADES if score >= begins)


def check_reviewer(kind: str, *, owner: str, reviewer: str, is_community: bool, is_organisation: bool) -> None:
    """Fails with REVIEW_NOT_YOURS: each review comes from whom it belongs to, and only the first from oneself."""
    allowed = {
        SELF: reviewer == owner,
        COMMUNITY: is_community and reviewer != owner,
        ORGANISATION: is_organisation and reviewer != owner,
    }
    if not allowed[kind]:
        raise ReviewNotYours


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Hours given in a period, on paper."""

    number: str
    owner: str
    name: str
    minutes: int
    services: int
    from_day: date
    until_day: date
    star: int
    issued_at: datetime

    @property
    def masked_name(self) -> str:
        """The first character; what whoever checks a certificate needs to compare."""
        return masked(self.name)


def certificate_number(secret: bytes, *, owner: str, from_day: date, until_day: date, minutes: int) -> str:
    """A number nobody can guess, the same for the same facts."""
    facts = f"{owner}/{from_day}/{until_day}/{minutes}".encode()
    return f"GW{until_day:%Y}-{hmac(secret, facts, 'sha256').hexdigest()[:16].upper()}"


def hours_told(minutes: int) -> str:
    """Minutes as hours with one decimal, cut and not rounded up: nobody is certified what was not given."""
    return f"{minutes // 60}.{minutes % 60 * 10 // 60}"
