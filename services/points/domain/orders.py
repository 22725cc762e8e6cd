"""Decides who may do what with an order and when: from asking over claiming and serving to crediting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Final
from uuid import UUID

from services.points.domain.errors import (
    ClaimNotInState,
    NotAVolunteer,
    NotOfferedYet,
    OrderNotInState,
    OwnOrder,
    PairInvalid,
    SettlementIncomplete,
    TooEarly,
    TooFar,
    TooLate,
    VolunteerBarred,
)
from services.points.domain.ledger import MINT, TIME, Group, Leg, Sort, available, key_for, minutes
from services.points.domain.rules import Rules
from services.points.domain.validity import CITY_TIME, expires_after, today_in_city
from services.points.domain.volunteers import Volunteer

ORDER_SERVED: Final = "ORDER_SERVED"
SERVICE_TIME: Final = "SERVICE_TIME"
NO_SHOW: Final = "NO_SHOW"
RING_LAST: Final = 4
EARLY_MINUTES: Final = 60
LATE_MINUTES: Final = 30
FRIDAY: Final = 4
BATCH_HOUR: Final = 18
CONTACT_DAYS: Final = 7
PAIR_VOLUNTEERS_MAX: Final = 2
EARTH_RADIUS_M: Final = 6_371_000.0


class State(StrEnum):
    """Where an order stands."""

    OPENED = "opened"
    PUBLISHED = "published"
    SERVING = "serving"
    SETTLED = "settled"
    CREDITED = "credited"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"


class ClaimState(StrEnum):
    """Where a claim stands."""

    TAKEN = "taken"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    REQUESTED = "requested"
    SETTLED = "settled"
    CREDITED = "credited"
    RELEASED = "released"
    NO_SHOW = "no_show"


#: Claims that still have a part in the order.
LIVE: Final = frozenset(ClaimState) - {ClaimState.RELEASED, ClaimState.NO_SHOW}
DONE: Final = frozenset({ClaimState.SETTLED, ClaimState.CREDITED})


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the ground."""

    longitude_deg: float
    latitude_deg: float

    def distance_m(self, other: "Spot") -> float:
        """Metres as the crow flies."""
        latitude, other_latitude = radians(self.latitude_deg), radians(other.latitude_deg)
        half = sin((other_latitude - latitude) / 2) ** 2
        across = sin(radians(other.longitude_deg - self.longitude_deg) / 2) ** 2
        return 2 * EARTH_RADIUS_M * asin(sqrt(half + cos(latitude) * cos(other_latitude) * across))

    @property
    def roughly(self) -> "Spot":
        """To some hundred metres, for those who need not know the door."""
        return Spot(round(self.longitude_deg, 2), round(self.latitude_deg, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a resident asks for."""

    id: str
    number: str
    category: str
    description: str
    place: str
    spot: Spot
    area_path: str
    grid_code: str
    owner: str
    minutes: int
    people: int
    opened_at: datetime
    estate: str = ""
    wanted_at: datetime | None = None
    state: State = State.OPENED
    published_at: datetime | None = None
    settled_at: datetime | None = None
    rating: int = 0
    rated_by_default: bool = False
    generation: int = 0
    credited_at: datetime | None = None
    dispute_reason: str = ""
    case_state: str = ""
    left: int = 0

    @property
    def seats(self) -> str:
        """The unit in which its places are counted; also the owner of their accounts."""
        return f"seats:{self.id}"

    def require(self, *states: State) -> None:
        """Fails with ORDER_NOT_IN_STATE."""
        if self.state not in states:
            raise OrderNotInState(state=self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture of the service."""

    object_key: str
    sha256: str
    content_type: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A volunteer's part in an order."""

    id: UUID
    order_id: str
    volunteer: str
    claimed_at: datetime
    state: ClaimState = ClaimState.TAKEN
    nickname: str = ""
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    note: str = ""
    photos: tuple[Photo, ...] = ()
    decision: str = ""
    minutes_there: int = 0
    minutes: int = 0
    points: int = 0

    def require(self, *states: ClaimState) -> None:
        """Fails with CLAIM_NOT_IN_STATE."""
        if self.state not in states:
            raise ClaimNotInState(state=self.state)


def weekend_batch(now: datetime) -> datetime:
    """The next Friday at 18:00 in the city; the same evening while it is not yet six."""
    local = now.astimezone(CITY_TIME)
    friday = (local + timedelta(days=(FRIDAY - local.weekday()) % 7)).replace(
        hour=BATCH_HOUR, minute=0, second=0, microsecond=0
    )
    return (friday if friday >= local else friday + timedelta(days=7)).astimezone(now.tzinfo)


def ring_of(volunteer: Volunteer, order: Order) -> int:
    """How near a volunteer is: 1 the same grid, 2 the same estate, 3 the same community, 4 elsewhere."""
    if volunteer.grid_code and volunteer.grid_code == order.grid_code:
        return 1
    if not f"{order.area_path}.".startswith(f"{volunteer.area_path}."):
        return RING_LAST
    return 2 if volunteer.estate and volunteer.estate == order.estate else 3


def ring_open(order: Order, rules: Rules, now: datetime) -> int:
    """How far an order is offered by now; 0 when not at all."""
    if order.published_at is None or now < order.published_at or order.state not in {State.PUBLISHED, State.SERVING}:
        return 0
    if rules.ring_minutes == 0:
        return RING_LAST
    return min(RING_LAST, 1 + int((now - order.published_at) / timedelta(minutes=rules.ring_minutes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a volunteer stands with the rules."""

    no_shows_this_year: int
    owed: int


def check_claim(order: Order, volunteer: Volunteer | None, standing: Standing, rules: Rules, *, now: datetime) -> None:
    """Fails with the reason why this volunteer may not take a place now."""
    order.require(State.PUBLISHED, State.SERVING)
    if volunteer is None:
        raise NotAVolunteer
    if volunteer.subject == order.owner:
        raise OwnOrder
    if standing.no_shows_this_year >= rules.no_shows_max:
        raise VolunteerBarred(why=f"{standing.no_shows_this_year} × {NO_SHOW}")
    if standing.owed >= rules.debt_max:
        raise VolunteerBarred(why=f"-{standing.owed}")
    ring = ring_of(volunteer, order)
    if ring > ring_open(order, rules, now):
        published = order.published_at or now
        raise NotOfferedYet(at=_told(published + timedelta(minutes=rules.ring_minutes * (ring - 1))))


def period_of(order: Order, *, now: datetime) -> tuple[datetime, datetime]:
    """When a volunteer is with an order."""
    begin = order.wanted_at or now
    return begin, begin + timedelta(minutes=order.minutes)


def check_presence(order: Order, spot: Spot, rules: Rules, *, now: datetime) -> None:
    """Fails with TOO_FAR, TOO_EARLY."""
    distance_m = order.spot.distance_m(spot)
    if distance_m > rules.radius_m:
        raise TooFar(distance_m=round(distance_m), radius_m=rules.radius_m)
    if order.wanted_at is not None and now < order.wanted_at - timedelta(minutes=EARLY_MINUTES):
        raise TooEarly(at=_told(order.wanted_at - timedelta(minutes=EARLY_MINUTES)))


def check_settlement(claim: Claim, *, note: str, photos: Sequence[Photo]) -> None:
    """Fails with SETTLEMENT_INCOMPLETE, naming all that is missing."""
    claim.require(ClaimState.TAKEN, ClaimState.CHECKED_IN, ClaimState.CHECKED_OUT)
    missing = [
        name
        for name, there in (
            ("check_in", claim.checked_in_at),
            ("check_out", claim.checked_out_at),
            ("photo", photos),
            ("note", note.strip()),
        )
        if not there
    ]
    if missing:
        raise SettlementIncomplete(missing=", ".join(missing))


def minutes_between(claim: Claim) -> int:
    """Whole minutes between check-in and check-out."""
    if claim.checked_in_at is None or claim.checked_out_at is None:
        return 0
    return int((claim.checked_out_at - claim.checked_in_at).total_seconds() // 60)


def check_no_show(order: Order, claim: Claim, *, now: datetime) -> None:
    """Fails with CLAIM_NOT_IN_STATE, TOO_EARLY."""
    claim.require(ClaimState.TAKEN)
    due = (order.wanted_at or claim.claimed_at) + timedelta(minutes=LATE_MINUTES)
    if now < due:
        raise TooEarly(at=_told(due))


def check_dispute(order: Order, rules: Rules, *, now: datetime) -> None:
    """Fails with ORDER_NOT_IN_STATE, TOO_LATE."""
    order.require(State.SETTLED, State.CREDITED)
    since = order.credited_at or order.settled_at or now
    until = since + timedelta(days=rules.dispute_days)
    if now > until:
        raise TooLate(at=_told(until))


def crediting(
    order: Order, claim: Claim, rules: Rules, *, rating: int, given_that_day: int, generation: int, now: datetime
) -> tuple[Group, int, int]:
    """What a served claim earns: points and time in one group, once for the claim; with both amounts."""
    counted = rules.countable(claim.minutes_there, given_that_day=given_that_day)
    points = rules.worth(minutes=counted, category=order.category, rating=rating) if rating else 0
    given = counted if rating else 0
    legs: list[Leg] = []
    if points:
        legs.append(
            Leg(
                key=credit_key(order, claim, ORDER_SERVED, generation),
                debit=MINT,
                credit=available(claim.volunteer),
                amount=points,
                reason=ORDER_SERVED,
                cause=order.id,
                expires_on=expires_after(today_in_city(now), rules.validity_months),
            )
        )
    if given:
        legs.append(
            Leg(
                key=credit_key(order, claim, SERVICE_TIME, generation),
                debit=TIME,
                credit=minutes(claim.volunteer),
                amount=given,
                reason=SERVICE_TIME,
                cause=order.id,
            )
        )
    return tuple(legs), given, points


def credit_key(order: Order, claim: Claim, what: str, generation: int) -> UUID:
    """The key under which a claim's credit happens once."""
    return key_for(order.opened_at, what, str(claim.id), str(generation))


def time_taken_back(order: Order, claim: Claim, *, generation: int) -> Leg:
    """Time that was credited wrongly goes back where it came from."""
    original = credit_key(order, claim, SERVICE_TIME, generation)
    return Leg(
        key=key_for(order.opened_at, "reverse", str(original)),
        debit=minutes(claim.volunteer),
        credit=TIME,
        amount=claim.minutes,
        reason="REVERSED",
        cause=order.id,
        sort=Sort.REVERSE,
        ref=original,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Somebody in need and who looks after them."""

    id: UUID
    beneficiary: str
    need: str
    area_path: str
    volunteers: tuple[str, ...]
    contact_at: datetime
    contact_note: str = ""

    def overdue(self, now: datetime) -> bool:
        """No contact for more than seven days."""
        return now - self.contact_at > timedelta(days=CONTACT_DAYS)


def check_pair(pair: Pair) -> Pair:
    """Fails with PAIR_INVALID: one or two different volunteers, and nobody looks after themselves."""
    count = len(pair.volunteers)
    if not 1 <= count <= PAIR_VOLUNTEERS_MAX:
        raise PairInvalid(problem=f"{count}")
    if len(set(pair.volunteers)) < count:
        raise PairInvalid(problem=pair.volunteers[0])
    if pair.beneficiary in pair.volunteers:
        raise PairInvalid(problem=pair.beneficiary)
    return pair


def _told(at: datetime) -> str:
    return f"{at.astimezone(CITY_TIME):%Y-%m-%d %H:%M}"
