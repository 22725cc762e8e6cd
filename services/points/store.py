"""Reads and writes the ledger."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from psycopg import errors as pg

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain import (
    UNIT,
    Audit,
    BalanceInsufficient,
    Entry,
    Fault,
    Posted,
    Posting,
    Transfer,
    TransferKeyReused,
)

queries = sql.load(__package__)

NOT_BELOW_ZERO: Final = "account_not_below_zero"

#: What an audit looks for, and the statement that finds it.
CHECKS: Final[tuple[tuple[str, LiteralString], ...]] = (
    ("balance_wrong", queries.find_wrong_balances),
    ("count_wrong", queries.find_wrong_counts),
    ("transfer_missing", queries.find_gaps),
    ("running_balance_wrong", queries.find_wrong_running_balances),
    ("transfer_altered", queries.find_wrong_digests),
    ("unit_not_zero", queries.find_unbalanced_units),
    ("units_mixed", queries.find_mixed_units),
    ("account_missing", queries.find_missing_accounts),
)


async def post(transaction: Transaction, posting: Posting, *, id: UUID, at: datetime) -> Posted:
    """Move points, or find the transfer that did so before.

    Fails with TRANSFER_KEY_REUSED, BALANCE_INSUFFICIENT; after the latter the transaction can only be given up.
    """
    values = {
        "id": id,
        "key": posting.key,
        "debit_owner": posting.debit_owner,
        "credit_owner": posting.credit_owner,
        "unit": UNIT,
        "amount": posting.amount,
        "reason": posting.reason,
        "cause": posting.cause,
        "at": at,
    }
    try:
        row = await (await transaction.execute(queries.post_transfer, values)).fetchone()
    except pg.CheckViolation as error:
        if error.diag.constraint_name != NOT_BELOW_ZERO:
            raise
        raise BalanceInsufficient(owner=posting.debit_owner, amount=posting.amount) from error
    if row is None or row["outcome"] == "key_reused":
        raise TransferKeyReused(key=posting.key)
    transfer = Transfer(
        id=row["id"],
        debit_owner=posting.debit_owner,
        credit_owner=posting.credit_owner,
        amount=row["amount"],
        reason=row["reason"],
        cause=row["cause"],
        balance_after=row["credit_after"],
        at=row["at"],
    )
    return Posted(transfer=transfer, new=row["outcome"] == "posted")


async def balance_of(transaction: Transaction, owner: str) -> int:
    """The balance; 0 for somebody who never earned."""
    row = await (await transaction.execute(queries.read_balance, {"owner": owner, "unit": UNIT})).fetchone()
    return int(row["balance"]) if row else 0


async def list_entries(transaction: Transaction, owner: str, *, before: int | None, size: int) -> list[Entry]:
    """Newest first, at most `size`, only those before a place in the account's numbering."""
    values = {"owner": owner, "unit": UNIT, "before": before, "size": size}
    return [_entry(row, owner) for row in await (await transaction.execute(queries.list_transfers, values)).fetchall()]


def _entry(row: Row, owner: str) -> Entry:
    earned = row["change"] > 0
    transfer = Transfer(
        id=row["id"],
        debit_owner=row["other_owner"] if earned else owner,
        credit_owner=owner if earned else row["other_owner"],
        amount=row["amount"],
        reason=row["reason"],
        cause=row["cause"],
        balance_after=row["after"],
        at=row["at"],
    )
    return Entry(sequence=row["sequence"], transfer=transfer)


async def audit(transaction: Transaction) -> Audit:
    """Count everything again, as it stood at one moment; the transaction must be fresh."""
    await transaction.execute(queries.begin_audit)
    await transaction.execute(queries.allow_long_audit)
    faults: list[Fault] = []
    for kind, statement in CHECKS:
        rows = await (await transaction.execute(statement)).fetchall()
        faults += [
            Fault(kind=kind, subject=row["subject"], expected=str(row["expected"]), found=str(row["found"]))
            for row in rows
        ]
    counts = await (await transaction.execute(queries.count_ledger)).fetchone()
    return Audit(
        accounts=counts["accounts"] if counts else 0,
        transfers=counts["transfers"] if counts else 0,
        faults=tuple(faults),
    )
