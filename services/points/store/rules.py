"""Rows of rules and corrections."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Transaction
from services.points.domain.rules import Rules, Version, in_force, rules_from, rules_told

queries = sql.load(__package__, "rules.sql")


async def versions(transaction: Transaction) -> list[Version]:
    """Newest first."""
    rows = await (await transaction.execute(queries.list_rules)).fetchall()
    return [
        Version(
            number=row["version"],
            rules=rules_from(row["content"]),
            reason=row["reason"],
            author=row["author"],
            written_at=row["written_at"],
            tried=row["tried"],
            effective_at=row["effective_at"],
        )
        for row in rows
    ]


async def rules_at(transaction: Transaction, at: datetime) -> Rules:
    """The rules that hold at a moment; those the city begins with where nobody wrote any."""
    version = in_force(await versions(transaction), at)
    return version.rules if version else Rules()


async def insert(transaction: Transaction, rules: Rules, *, reason: str, author: str, at: datetime) -> int:
    """Write the next version down."""
    values = {"content": json.dumps(rules_told(rules)), "reason": reason, "author": author, "at": at}
    row = await (await transaction.execute(queries.insert_rules, values)).fetchone()
    assert row is not None
    return int(row["version"])


async def mark_tried(transaction: Transaction, version: int, *, at: datetime) -> bool:
    """Whether there is such a version."""
    row = await (await transaction.execute(queries.mark_tried, {"version": version, "at": at})).fetchone()
    return row is not None


async def activate(transaction: Transaction, version: int, *, effective_at: datetime) -> bool:
    """Whether it could be put in force."""
    values = {"version": version, "effective_at": effective_at}
    return await (await transaction.execute(queries.activate_rules, values)).fetchone() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A correction of somebody's points."""

    id: UUID
    owner: str
    amount: int
    reason: str
    proposer: str
    proposed_at: datetime
    decider: str = ""
    state: str = "proposed"
    decided_at: datetime | None = None


async def insert_adjustment(transaction: Transaction, wanted: Adjustment) -> None:
    """A correction somebody asks for."""
    values = {
        "id": wanted.id,
        "owner": wanted.owner,
        "amount": wanted.amount,
        "reason": wanted.reason,
        "proposer": wanted.proposer,
        "at": wanted.proposed_at,
    }
    await transaction.execute(queries.insert_adjustment, values)


async def lock_adjustment(transaction: Transaction, id: UUID) -> Adjustment | None:
    """A correction that nobody else decides now."""
    row = await (await transaction.execute(queries.lock_adjustment, {"id": id})).fetchone()
    return Adjustment(**row) if row else None


async def decide_adjustment(transaction: Transaction, id: UUID, *, state: str, decider: str, at: datetime) -> None:
    """Approved or refused."""
    await transaction.execute(queries.decide_adjustment, {"id": id, "state": state, "decider": decider, "at": at})


async def list_adjustments(transaction: Transaction, *, open_only: bool) -> list[Adjustment]:
    """Newest first."""
    rows = await (await transaction.execute(queries.list_adjustments, {"open_only": open_only})).fetchall()
    return [Adjustment(**row) for row in rows]
