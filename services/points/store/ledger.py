"""Posts into the ledger and reads from it; the only place that knows account ids."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import errors as pg

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.errors import BooksClosed
from services.points.domain.ledger import (
    Account,
    Entry,
    Group,
    Leg,
    Outcome,
    Receipt,
    Sort,
    repeated_keys,
)
from services.points.store import packing

queries = sql.load(__package__, "ledger.sql")

ACCOUNTS_REMEMBERED_MAX: Final = 200_000
#: By the numbers of the posting function.
OUTCOMES: Final = tuple(Outcome)


@dataclass(slots=True)
class Ledger:
    """Posts groups of legs; remembers the ids of accounts, which never change."""

    _ids: OrderedDict[Account, int] = field(default_factory=OrderedDict)

    async def post(self, transaction: Transaction, groups: Sequence[Group], *, at: datetime) -> list[list[Receipt]]:
        """Post in order; each group all or none, none harmed by another. Fails with BOOKS_CLOSED.

        Takes the lock of the books until the end of the transaction, so let it be among the last things done there.
        """
        again = repeated_keys(groups)
        if again:
            return await self._post_in_turn(transaction, groups, again, at=at)
        legs = [leg for group in groups for leg in group]
        givers, takers = await self._ids_of(transaction, legs)
        try:
            row = await (
                await transaction.execute(
                    queries.post, _columns(groups, legs, givers, takers, at=at), prepare=True, binary=True
                )
            ).fetchone()
        except pg.ObjectNotInPrerequisiteState as error:
            raise BooksClosed(part="points") from error
        assert row is not None
        return _receipts(groups, row)

    async def _post_in_turn(
        self, transaction: Transaction, groups: Sequence[Group], again: set[UUID], *, at: datetime
    ) -> list[list[Receipt]]:
        """Keys that stand twice: each group with such a key is posted by itself, so that the second finds the first."""
        receipts: list[list[Receipt]] = []
        run: list[Group] = []
        for group in groups:
            if again.isdisjoint(leg.key for leg in group):
                run.append(group)
                continue
            for part in (run, [group]):
                if part:
                    receipts += await self._post_once(transaction, part, at=at)
            run = []
        return receipts + (await self.post(transaction, run, at=at) if run else [])

    async def _post_once(self, transaction: Transaction, part: list[Group], *, at: datetime) -> list[list[Receipt]]:
        if len(part) == 1 and len({leg.key for leg in part[0]}) < len(part[0]):
            return [[Receipt(leg=leg, outcome=Outcome.INVALID) for leg in part[0]]]
        return await self.post(transaction, part, at=at)

    async def _ids_of(self, transaction: Transaction, legs: Sequence[Leg]) -> tuple[list[int], list[int]]:
        """The ids of the accounts debited and credited; an id is remembered once it is sure to last."""
        known: Mapping[Account, int] = self._ids
        try:
            return [known[leg.debit] for leg in legs], [known[leg.credit] for leg in legs]
        except KeyError:
            names = dict.fromkeys(account for leg in legs for account in (leg.debit, leg.credit))
            known = {account: number for account in names if (number := self._ids.get(account)) is not None}
            known |= await self._open(transaction, [account for account in names if account not in known])
        return [known[leg.debit] for leg in legs], [known[leg.credit] for leg in legs]

    async def _open(self, transaction: Transaction, accounts: Sequence[Account]) -> dict[Account, int]:
        values = {
            "owners": [account.owner for account in accounts],
            "units": [account.unit for account in accounts],
            "kinds": [account.kind for account in accounts],
            "floors": [account.floor for account in accounts],
        }
        row = await (await transaction.execute(queries.open_accounts, values)).fetchone()
        assert row is not None
        for account, number, fresh in zip(accounts, row["ids"], row["fresh"], strict=True):
            if not fresh:
                self._remember(account, number)
        return dict(zip(accounts, row["ids"], strict=True))

    def _remember(self, account: Account, number: int) -> None:
        self._ids[account] = number
        if len(self._ids) > ACCOUNTS_REMEMBERED_MAX:
            self._ids.popitem(last=False)


def _columns(
    groups: Sequence[Group], legs: Sequence[Leg], givers: Sequence[int], takers: Sequence[int], *, at: datetime
) -> dict[str, Any]:
    """What the posting function is told; what is the same for every leg is left out."""
    ids = sorted({*givers, *takers})
    places = {number: place for place, number in enumerate(ids, 1)}
    linked = any(len(group) > 1 for group in groups)
    special = any(leg.sort is not Sort.PLAIN for leg in legs)
    dated = any(leg.expires_on is not None for leg in legs)
    links = [number if len(group) > 1 else 0 for number, group in enumerate(groups, 1) for _ in group] if linked else []
    return {
        "keys": packing.uuids([leg.key for leg in legs]),
        "links": packing.ints(links) if linked else None,
        "accounts": packing.bigints(ids),
        "debits": packing.ints([places[number] for number in givers]),
        "credits": packing.ints([places[number] for number in takers]),
        "amounts": packing.bigints([leg.amount for leg in legs]),
        "reasons": packing.texts([leg.reason for leg in legs]),
        "causes": packing.texts([leg.cause for leg in legs]),
        "expiries": packing.dates([leg.expires_on for leg in legs]) if dated else None,
        "sorts": packing.ints([leg.sort for leg in legs]) if special else None,
        "refs": [leg.ref for leg in legs] if special else None,
        "until": [leg.hold_until for leg in legs] if special else None,
        "at": at,
    }


def _receipts(groups: Sequence[Group], row: Row) -> list[list[Receipt]]:
    legs = (leg for group in groups for leg in group)
    codes = (OUTCOMES[code] for code in row["outcomes"])
    receipts = map(Receipt, legs, codes, row["debit_afters"], row["credit_afters"])
    return [[next(receipts) for _ in group] for group in groups]


async def balances_of(transaction: Transaction, owner: str, unit: str) -> dict[str, int]:
    """What is in each pocket; empty for somebody who never had anything."""
    rows = await (await transaction.execute(queries.read_balances, {"owner": owner, "unit": unit})).fetchall()
    return {row["kind"]: row["balance"] for row in rows}


async def balances_of_many(transaction: Transaction, owners: Iterable[str], *, unit: str, kind: str) -> dict[str, int]:
    """One pocket of many; whoever never had anything is left out."""
    values = {"owners": list(owners), "unit": unit, "kind": kind}
    rows = await (await transaction.execute(queries.read_many_balances, values)).fetchall()
    return {row["owner"]: row["balance"] for row in rows}


async def list_entries(transaction: Transaction, account: Account, *, before: int | None, size: int) -> list[Entry]:
    """Newest first, at most `size`, only those before a place in the account's numbering."""
    values = {"owner": account.owner, "unit": account.unit, "kind": account.kind, "before": before, "size": size}
    rows = await (await transaction.execute(queries.list_entries, values)).fetchall()
    return [
        Entry(
            sequence=row["seq"],
            key=row["key"],
            change=row["change"],
            after=row["after"],
            other=row["other_owner"],
            reason=row["reason"],
            cause=row["cause"],
            at=row["at"],
            expires_on=row["expires_on"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A transfer as it stands in the books, with the names of its accounts."""

    key: UUID
    debit: Account
    credit: Account
    amount: int
    reason: str
    cause: str
    at: datetime
    credit_after: int
    reversed_by: UUID | None


async def find_transfer(transaction: Transaction, key: UUID) -> Posted | None:
    """A transfer by its key."""
    row = await (await transaction.execute(queries.read_transfer, {"key": key})).fetchone()
    if row is None:
        return None
    return Posted(
        key=row["key"],
        debit=Account(row["debit_owner"], row["unit"], row["debit_kind"]),
        credit=Account(row["credit_owner"], row["unit"], row["credit_kind"]),
        amount=row["amount"],
        reason=row["reason"],
        cause=row["cause"],
        at=row["at"],
        credit_after=row["credit_after"],
        reversed_by=row["reversed_by"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """What of somebody's points expires when: grants by day, what was used, what has expired before."""

    grants: tuple[tuple[date, int], ...]
    used: int
    expired: int


async def validity_of(transaction: Transaction, owner: str) -> Validity:
    """What is needed to say which points expire."""
    grants = await (await transaction.execute(queries.list_grants, {"owner": owner})).fetchall()
    use = await (await transaction.execute(queries.read_use, {"owner": owner})).fetchone()
    return Validity(
        grants=tuple((row["expires_on"], row["amount"]) for row in grants),
        used=use["used"] if use else 0,
        expired=use["expired"] if use else 0,
    )


async def owners_of(transaction: Transaction, *, unit: str, kind: str, after: int, size: int) -> list[Row]:
    """Owners of a pocket that is not empty: id, owner, balance, seq."""
    values = {"unit": unit, "kind": kind, "after": after, "size": size}
    return await (await transaction.execute(queries.list_owners, values)).fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredHold:
    """Something set aside that nobody fetched in time."""

    key: UUID
    account: Account
    origin: Account
    amount: int
    cause: str
    expires_at: datetime


async def expired_holds(transaction: Transaction, *, now: datetime, size: int) -> list[ExpiredHold]:
    """Holds whose time is up, oldest first."""
    rows = await (await transaction.execute(queries.list_expired_holds, {"now": now, "size": size})).fetchall()
    return [
        ExpiredHold(
            key=row["key"],
            account=Account(row["owner"], row["unit"], row["kind"]),
            origin=Account(row["origin_owner"], row["unit"], row["origin_kind"]),
            amount=row["amount"],
            cause=row["cause"],
            expires_at=row["expires_at"],
        )
        for row in rows
    ]


async def seal_more(transaction: Transaction, *, size: int, at: datetime) -> tuple[int, bytes] | None:
    """Seal what is new; the newest id and its digest, None when there was nothing."""
    row = await (await transaction.execute(queries.seal_more, {"size": size, "at": at})).fetchone()
    return (row["sealed"], bytes(row["newest_digest"])) if row else None


async def close_books(transaction: Transaction, why: str) -> None:
    """Stop all writing."""
    await transaction.execute(queries.close_books, {"why": why})


async def read_head(transaction: Transaction) -> tuple[int, str]:
    """How far the books go, and why they are closed; empty when they are not."""
    row = await (await transaction.execute(queries.read_head)).fetchone()
    return (row["last"], row["closed"]) if row else (0, "")


async def sealed_upto(transaction: Transaction) -> int:
    """How far the books were found right and sealed; 0 for fresh ones."""
    row = await (await transaction.execute(queries.read_seal)).fetchone()
    return int(row["upto"]) if row else 0
