"""Says what a movement of points is and who may look into whose book."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.platform.errors import AlreadyExists, Conflict, Forbidden, Invalid

UNIT: Final = "points"
MINT: Final = "system:mint"
RESERVED_PREFIX: Final = "system:"
MYSELF: Final = "me"
CASE_RATED: Final = "CASE_RATED"
AMOUNT_MAX: Final = 1_000_000


class AmountInvalid(Invalid):
    """Points are moved in whole numbers from 1 to 1000000, not {amount}."""

    reason = "AMOUNT_INVALID"


class AccountReserved(Invalid):
    """{owner} is an account of the ledger itself; nobody earns on it."""

    reason = "ACCOUNT_RESERVED"


class TransferKeyReused(AlreadyExists):
    """Key {key} was used before for a different transfer."""

    reason = "TRANSFER_KEY_REUSED"


class BalanceInsufficient(Conflict):
    """The account of {owner} holds less than {amount} points."""

    reason = "BALANCE_INSUFFICIENT"


class AccountHidden(Forbidden):
    """You may look at your own points only."""

    reason = "ACCOUNT_HIDDEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Points that are to move, and why; the key makes sure they do so once."""

    key: str
    debit_owner: str
    credit_owner: str
    amount: int
    reason: str
    cause: str

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= AMOUNT_MAX:
            raise AmountInvalid(amount=self.amount)
        if self.debit_owner == self.credit_owner:
            raise AccountReserved(owner=self.credit_owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Points that have moved."""

    id: UUID
    debit_owner: str
    credit_owner: str
    amount: int
    reason: str
    cause: str
    balance_after: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A transfer, and whether it came about just now."""

    transfer: Transfer
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transfer as the book of one account shows it: with the balance of that account after it."""

    sequence: int
    transfer: Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedCase:
    """A rating as it is told by incidents."""

    case_id: str
    beneficiary: str
    points: int

    @property
    def earns(self) -> bool:
        """Whether anybody earns anything."""
        return bool(self.beneficiary) and self.points > 0


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


def credit(*, key: str, owner: str, amount: int, reason: str, cause: str) -> Posting:
    """Points from the mint for somebody."""
    if owner.startswith(RESERVED_PREFIX):
        raise AccountReserved(owner=owner)
    return Posting(key=key, debit_owner=MINT, credit_owner=owner, amount=amount, reason=reason, cause=cause)


def reward(rated: RatedCase) -> Posting:
    """What a rated case earns; the case makes the key, so that no event, however often told, earns twice."""
    return credit(
        key=f"case-rated:{rated.case_id}",
        owner=rated.beneficiary,
        amount=rated.points,
        reason=CASE_RATED,
        cause=rated.case_id,
    )


def book_of(owner: str, *, subject: str, reads_all: bool) -> str:
    """Whose book is meant, if it may be looked at: one's own always, anybody's only by who may read all."""
    meant = subject if owner == MYSELF else owner
    if meant != subject and not reads_all:
        raise AccountHidden
    return meant
