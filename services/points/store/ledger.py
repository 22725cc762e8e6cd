"""Posts into the ledger and reads from it; the only place that knows account ids."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import errors as pg

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.errors import BooksClosed
from services.points.domain.ledger import Account, Entry, Group, Leg, Outcome, Receipt, repeated_keys

queries = sql.load(__package__, "ledger.sql")

ACCOUNTS_REMEMBERED_MAX: Final = 200_000


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
        ids = await self._ids_of(transaction, legs)
        places = {account: place for place, account in enumerate(ids, 1)}
        links = [number if len(group) > 1 else 0 for number, group in enumerate(groups, 1) for _ in group]
        values: dict[str, Any] = {
            "keys": [leg.key for leg in legs],
            "links": links,
            "accounts": list(ids.values()),
            "debits": [places[leg.debit] for leg in legs],
            "credits": [places[leg.credit] for leg in legs],
            "amounts": [leg.amount for leg in legs],
            "reasons": [leg.reason for leg in legs],
            "causes": [leg.cause for leg in legs],
            "expiries": [leg.expires_on for leg in legs],
            "sorts": [int(leg.sort) for leg in legs],
            "refs": [leg.ref for leg in legs],
            "until": [leg.hold_until for leg in legs],
            "at": at,
        }
        try:
            row = await (await transaction.execute(queries.post, values, prepare=True)).fetchone()
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

    async def _ids_of(self, transaction: Transaction, legs: Sequence[Leg]) -> dict[Account, int]:
        """The id of every account named, in the order of first mention; an id is remembered once it is sure to last."""
        names = dict.fromkeys(account for leg in legs for account in (leg.debit, leg.credit))
        missing = [account for account in names if account not in self._ids]
        found: dict[Account, int] = {}
        if missing:
            values = {
                "owners": [account.owner for account in missing],
                "units": [account.unit for account in missing],
                "kinds": [account.kind for account in missing],
                "floors": [account.floor for account in missing],
            }
            row = await (await transaction.execute(queries.open_accounts, values)).fetchone()
            assert row is not None
            for account, number, fresh in zip(missing, row["ids"], row["fresh"], strict=True):
                found[account] = number
                if not fresh:
                    self._remember(account, number)
        return {account: found[account] if account in found else self._ids[account] for account in names}

    def _remember(self, account: Account, number: int) -> None:
        self._ids[account] = number
        if len(self._ids) > ACCOUNTS_REMEMBERED_MAX:
            self._ids.popitem(last=False)


def _receipts(groups: Sequence[Group], row: Row) -> list[list[Receipt]]:
    told = iter(zip(row["outcomes"], row["debit_afters"], row["credit_afters"], strict=True))
    receipts = []
    for group in groups:
        of_group = []
        for leg in group:
            outcome, debit_after, credit_after = next(told)
            of_group.append(
                Receipt(leg=leg, outcome=Outcome(outcome), debit_after=debit_after, credit_after=credit_after)
            )
        receipts.append(of_group)
    return receipts


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
