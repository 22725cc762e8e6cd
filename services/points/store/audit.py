"""Counts the books again and says what is not as it must be."""

from typing import Final, LiteralString

from services.platform import sql
from services.platform.database import Transaction
from services.points.domain.ledger import Audit, Fault
from services.points.store import ledger

queries = sql.load(__package__, "audit.sql")

#: What is looked for among new lines alone, every minute.
CHECKS: Final[tuple[tuple[str, LiteralString], ...]] = (
    ("line_wrong", queries.find_wrong_lines),
    ("balance_wrong", queries.find_wrong_balances),
    ("balance_too_low", queries.find_low_balances),
    ("unit_not_zero", queries.find_unbalanced_units),
    ("transfer_wrong", queries.find_wrong_transfers),
    ("key_repeated", queries.find_repeated_keys),
    ("hold_wrong", queries.find_wrong_holds),
)
#: What needs everything.
FULL_CHECKS: Final[tuple[tuple[str, LiteralString], ...]] = (
    *CHECKS,
    ("resolution_wrong", queries.find_wrong_resolutions),
    ("seal_broken", queries.find_broken_seals),
)


async def audit(transaction: Transaction, *, after: int = 0) -> Audit:
    """Look at all lines after a place, as they stood at one moment; from 0 at everything. The transaction is fresh."""
    await transaction.execute(queries.begin_audit)
    await transaction.execute(queries.allow_long_audit)
    upto, _ = await ledger.read_head(transaction)
    values = {"after": after, "upto": upto if after else 1 << 62}
    faults: list[Fault] = []
    for kind, statement in CHECKS if after else FULL_CHECKS:
        rows = await (await transaction.execute(statement, values)).fetchall()
        faults += [
            Fault(kind=kind, subject=row["subject"], expected=row["expected"] or "", found=row["found"] or "")
            for row in rows
        ]
    counts = await (await transaction.execute(queries.count_ledger, values)).fetchone()
    return Audit(
        accounts=counts["accounts"] if counts else 0,
        transfers=counts["transfers"] if counts else 0,
        faults=tuple(faults),
        upto=upto,
    )
