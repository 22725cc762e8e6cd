"""Says what a movement is: from which account to which, how much, why, and under which key it happens once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from services.points.domain.errors import (
    AccountUnknown,
    AmountInvalid,
    BalanceInsufficient,
    HoldResolved,
    TransferKeyReused,
)

POINTS: Final = "points"
MINUTES: Final = "minutes"
RESERVED_PREFIX: Final = "system:"
AMOUNT_MAX: Final = 1_000_000
LEGS_MAX: Final = 500
#: Sources may go as far below zero as anybody will ever need; a debt is bounded.
SOURCE_FLOOR: Final = -(1 << 62)
DEBT_FLOOR: Final = -AMOUNT_MAX

_VERSION_8: Final = 0x8 << 76
_VARIANT: Final = 0x2 << 62
_HASH_HIGH: Final = (1 << 12) - 1
_HASH_LOW: Final = (1 << 62) - 1


class Account(NamedTuple):
    """The name of an account: who, what, and in which pocket. A tuple, as it is looked up for every leg."""

    owner: str
    unit: str
    kind: str

    @property
    def floor(self) -> int:
        """How low its balance may go."""
        return {"source": SOURCE_FLOOR, "debt": DEBT_FLOOR}.get(self.kind, 0)


MINT: Final = Account("system:mint", POINTS, "source")
ADJUSTMENT: Final = Account("system:adjustment", POINTS, "source")
SPENT: Final = Account("system:redeemed", POINTS, "spent")
EXPIRED: Final = Account("system:expired", POINTS, "expired")
PENALTY: Final = Account("system:penalty", POINTS, "penalty")
TIME: Final = Account("system:time", MINUTES, "source")

#: Pockets whose owner is told of what comes in.
MYSELF_UNITS: Final = frozenset({(POINTS, "available")})


def available(owner: str) -> Account:
    """Points somebody may spend."""
    return Account(owner, POINTS, "available")


def held(owner: str) -> Account:
    """Points set aside for something that is not fetched yet."""
    return Account(owner, POINTS, "held")


def debt(owner: str) -> Account:
    """What somebody owes, below zero; later earnings pay it first."""
    return Account(owner, POINTS, "debt")


def minutes(owner: str) -> Account:
    """Time given; never spent, never expired."""
    return Account(owner, MINUTES, "done")


class Sort(IntEnum):
    """What a leg does besides moving; the numbers of the posting function."""

    PLAIN = 0
    HOLD = 1
    RESOLVE = 2
    REVERSE = 3


class Outcome(IntEnum):
    """What became of a leg; the numbers of the posting function."""

    POSTED = 0
    EXISTS = 1
    DIFFERS = 2
    INSUFFICIENT = 3
    UNKNOWN = 4
    LINKED_FAILED = 5
    RESOLVED = 6
    INVALID = 7

    @property
    def done(self) -> bool:
        """It is in the books, now or since before."""
        return self in {Outcome.POSTED, Outcome.EXISTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One movement that is to happen, once for its key."""

    key: UUID
    debit: Account
    credit: Account
    amount: int
    reason: str
    cause: str
    expires_on: date | None = None
    sort: Sort = Sort.PLAIN
    ref: UUID | None = None
    hold_until: datetime | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= AMOUNT_MAX:
            raise AmountInvalid(amount=self.amount)


#: Legs that happen all or none.
Group = tuple[Leg, ...]


class Receipt(NamedTuple):
    """What became of a leg, and both balances after it when it is in the books. A tuple, as there are very many."""

    leg: Leg
    outcome: Outcome
    debit_after: int = 0
    credit_after: int = 0


def key_for(at: datetime, *parts: str) -> UUID:
    """A key that follows from what happened and sorts by when: 48 bits of milliseconds, 74 bits of digest.

    The moment must belong to what happened and stay the same each time it is told.
    """
    digest = int.from_bytes(sha256("\x1f".join(parts).encode()).digest()[:10])
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    high = (digest >> 62) & _HASH_HIGH
    return UUID(int=milliseconds << 80 | _VERSION_8 | high << 64 | _VARIANT | digest & _HASH_LOW)


#: For callers who name a key in words and no moment: all of them lie together at the beginning of time.
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def group_outcome(receipts: Sequence[Receipt]) -> Receipt:
    """The receipt that speaks for its group: the one at fault where one is, else the first."""
    for receipt in receipts:
        if not receipt.outcome.done and receipt.outcome is not Outcome.LINKED_FAILED:
            return receipt
    return receipts[0]


def require_done(receipts: Sequence[Receipt]) -> Receipt:
    """The first receipt; fails with the error of the leg at fault."""
    told = group_outcome(receipts)
    leg = told.leg
    match told.outcome:
        case Outcome.POSTED | Outcome.EXISTS:
            return told
        case Outcome.DIFFERS:
            raise TransferKeyReused(key=leg.cause)
        case Outcome.INSUFFICIENT:
            raise BalanceInsufficient(owner=leg.debit.owner, amount=leg.amount, unit=leg.debit.unit)
        case Outcome.RESOLVED:
            raise HoldResolved(cause=leg.cause)
        case Outcome.UNKNOWN:
            raise AccountUnknown(owner=leg.debit.owner)
        case _:
            raise AmountInvalid(amount=leg.amount)


def repeated_keys(groups: Iterable[Group]) -> set[UUID]:
    """Keys that stand more than once."""
    seen: set[UUID] = set()
    twice: set[UUID] = set()
    for group in groups:
        for leg in group:
            (twice if leg.key in seen else seen).add(leg.key)
    return twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transfer as the book of one account shows it: with the balance of that account after it."""

    sequence: int
    key: UUID
    change: int
    after: int
    other: str
    reason: str
    cause: str
    at: datetime
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing in the books that is not as it must be."""

    kind: str
    subject: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was looked at, and what was wrong."""

    accounts: int
    transfers: int
    faults: tuple[Fault, ...]
    upto: int = 0
