"""Says how points come, go, and are taken back: which legs each of these is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.points.domain.errors import AccountHidden, AccountReserved
from services.points.domain.ledger import (
    EPOCH,
    EXPIRED,
    MINT,
    PENALTY,
    RESERVED_PREFIX,
    Account,
    Group,
    Leg,
    Sort,
    available,
    debt,
    key_for,
)

MYSELF: Final = "me"
CASE_RATED: Final = "CASE_RATED"
DEBT_PAID: Final = "DEBT_PAID"
EXPIRY: Final = "EXPIRED"
REVERSED: Final = "REVERSED"


def require_person(owner: str) -> str:
    """Somebody who can earn; fails with ACCOUNT_RESERVED for accounts of the ledger itself."""
    if owner.startswith(RESERVED_PREFIX) or not owner:
        raise AccountReserved(owner=owner or "-")
    return owner


def credit(
    *, key: str, owner: str, amount: int, reason: str, cause: str, expires_on: date | None = None, at: datetime = EPOCH
) -> Leg:
    """Points from the mint for somebody, once for a key in words."""
    return Leg(
        key=key_for(at, "credit", key),
        debit=MINT,
        credit=available(require_person(owner)),
        amount=amount,
        reason=reason,
        cause=cause,
        expires_on=expires_on,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedCase:
    """A rating as it is told by incidents."""

    case_id: str
    beneficiary: str
    points: int
    rating: int = 0

    @property
    def earns(self) -> bool:
        """Whether anybody earns anything."""
        return bool(self.beneficiary) and self.points > 0


def reward(rated: RatedCase, *, expires_on: date | None) -> Leg:
    """What a rated case earns; the case makes the key, so that no event, however often told, earns twice."""
    return credit(
        key=f"case-rated:{rated.case_id}",
        owner=rated.beneficiary,
        amount=rated.points,
        reason=CASE_RATED,
        cause=rated.case_id,
        expires_on=expires_on,
    )


def taking(
    *,
    owner: str,
    amount: int,
    has: int,
    sink: Account,
    reason: str,
    cause: str,
    key: UUID,
    reverses: UUID | None = None,
) -> Group:
    """Take points from somebody who may have spent them: what is there at once, the rest as a debt paid by earnings."""
    at_once = min(amount, max(has, 0))
    sort = Sort.PLAIN if reverses is None else Sort.REVERSE
    legs: list[Leg] = []
    if at_once:
        legs.append(
            Leg(
                key=key, debit=available(owner), credit=sink, amount=at_once, reason=reason, cause=cause, sort=sort,
                ref=reverses,
            )
        )  # fmt: skip
    if amount > at_once:
        legs.append(
            Leg(
                key=key if not legs else key_for(EPOCH, "debt", str(key)),
                debit=debt(owner),
                credit=sink,
                amount=amount - at_once,
                reason=reason,
                cause=cause,
                sort=sort if not legs else Sort.PLAIN,
                ref=reverses if not legs else None,
            )
        )
    return tuple(legs)


def penalty(*, owner: str, amount: int, has: int, reason: str, cause: str, key: UUID) -> Group:
    """Points lost for a reason."""
    return taking(owner=owner, amount=amount, has=has, sink=PENALTY, reason=reason, cause=cause, key=key)


def debt_payment(*, owner: str, owed: int, has: int, debt_seq: int) -> Leg | None:
    """What somebody's earnings pay of a debt; one payment for each state of the debt, so that none is made twice."""
    amount = min(owed, has)
    if amount <= 0:
        return None
    return Leg(
        key=key_for(EPOCH, "debt-paid", owner, str(debt_seq)),
        debit=available(owner),
        credit=debt(owner),
        amount=amount,
        reason=DEBT_PAID,
        cause=f"debt:{debt_seq}",
    )


def due_for_expiry(*, grants: Sequence[tuple[date, int]], used: int, expired: int, today: date) -> int:
    """How many points expire now, the oldest being used first: what was given until today, less what was used of it."""
    given = sum(amount for day, amount in grants if day <= today)
    return max(0, given - used - expired)


def expiring_by(
    *, grants: Sequence[tuple[date, int]], used: int, expired: int, until: date
) -> tuple[tuple[date, int], ...]:
    """What expires on which day up to a day, if nothing more is used."""
    gone = used + expired
    told: list[tuple[date, int]] = []
    for day, amount in sorted(grants):
        left = max(0, amount - gone)
        gone = max(0, gone - amount)
        if left and day <= until:
            told.append((day, left))
    return tuple(told)


def expiry(*, owner: str, amount: int, today: date, line: int) -> Leg:
    """Points that expire; the place in the owner's book makes the key, so that one look expires them once."""
    return Leg(
        key=key_for(EPOCH, "expiry", owner, today.isoformat(), str(line)),
        debit=available(owner),
        credit=EXPIRED,
        amount=amount,
        reason=EXPIRY,
        cause=today.isoformat(),
    )


def book_of(owner: str, *, subject: str, reads_all: bool) -> str:
    """Whose book is meant, if it may be looked at: one's own always, anybody's only by who may read all."""
    meant = subject if owner == MYSELF else owner
    if meant != subject and not reads_all:
        raise AccountHidden
    return meant
