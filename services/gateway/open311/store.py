"""Keeps the keys of other systems, what they filed and what happened since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.platform import sql
from services.platform.database import Transaction

queries = sql.load(__package__)

#: Whoever takes a waiting filing has it to himself this long.
TAKEN_FOR: Final = timedelta(seconds=20)
TAKEN_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """One filing by key, and the case it became."""

    token: str
    key_name: str
    subject: str
    number: str
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Something that happened to a published case."""

    number: str
    task_type: str
    state: str
    event: str
    words: str
    happened_at: datetime
    id: int = 0
    position: int = 0


async def add_key(transaction: Transaction, *, digest: bytes, name: str, contact: str, now: datetime) -> bool:
    """Take in a key; whether its name was free."""
    values = {"digest": digest, "name": name, "contact": contact, "now": now}
    return await (await transaction.execute(queries.insert_key, values)).fetchone() is not None


async def revoke_key(transaction: Transaction, *, name: str, now: datetime) -> bool:
    """End a key; whether there was one."""
    return await (await transaction.execute(queries.revoke_key, {"name": name, "now": now})).fetchone() is not None


async def key_name(connection: Transaction, digest: bytes) -> str | None:
    """Whose key has this digest."""
    row = await (await connection.execute(queries.find_key, {"digest": digest})).fetchone()
    return str(row["name"]) if row else None


async def add_filing(
    transaction: Transaction, *, token: str, key_name: str, subject: str, report: bytes, now: datetime
) -> bool:
    """Write down a filing before it is tried; whether it is new."""
    values = {"token": token, "key_name": key_name, "subject": subject, "report": report, "now": now}
    return await (await transaction.execute(queries.insert_filing, values)).fetchone() is not None


async def settle_filing(transaction: Transaction, *, token: str, number: str = "", fault: str = "") -> None:
    """Note what became of a filing."""
    await transaction.execute(queries.settle_filing, {"token": token, "number": number, "fault": fault})


async def filing(connection: Transaction, token: str) -> Filing | None:
    """A filing by its token."""
    row = await (await connection.execute(queries.find_filing, {"token": token})).fetchone()
    return Filing(**row) if row else None


async def filing_of_case(connection: Transaction, number: str) -> Filing | None:
    """The filing a case came from."""
    row = await (await connection.execute(queries.find_filing_of_case, {"number": number})).fetchone()
    return Filing(**row) if row else None


async def take_waiting(transaction: Transaction, *, now: datetime) -> list[tuple[str, str, bytes]]:
    """Token, subject and request of some filings that wait."""
    values = {"now": now, "before": now - TAKEN_FOR, "size": TAKEN_AT_ONCE}
    rows = await (await transaction.execute(queries.take_waiting, values)).fetchall()
    return [(row["token"], row["subject"], bytes(row["report"])) for row in rows]


async def position(connection: Transaction) -> int:
    """How far the updates reach."""
    row = await (await connection.execute(queries.find_position)).fetchone()
    return int(row["position"]) if row else 0


async def add_updates(transaction: Transaction, updates: Sequence[Update]) -> None:
    """Write down what happened, without what was written before, perhaps by another process."""
    row = await (await transaction.execute(queries.lock_position)).fetchone()
    reached = int(row["position"]) if row else 0
    fresh = [each for each in updates if each.position > reached]
    if not fresh:
        return
    values = {
        "numbers": [each.number for each in fresh],
        "task_types": [each.task_type for each in fresh],
        "states": [each.state for each in fresh],
        "events": [each.event for each in fresh],
        "words": [each.words for each in fresh],
        "moments": [each.happened_at for each in fresh],
    }
    await transaction.execute(queries.insert_updates, values)
    await transaction.execute(queries.reach_position, {"position": fresh[-1].position})


async def updates(
    connection: Transaction, *, since: datetime, until: datetime, task_types: Sequence[str], size: int
) -> list[Update]:
    """What happened in a span of time."""
    values = {"since": since, "until": until, "task_types": list(task_types), "size": size}
    return [Update(**row) for row in await (await connection.execute(queries.list_updates, values)).fetchall()]


async def updates_of_case(connection: Transaction, number: str, *, size: int) -> list[Update]:
    """What happened to one case."""
    values = {"number": number, "size": size}
    return [Update(**row) for row in await (await connection.execute(queries.list_updates_of_case, values)).fetchall()]


async def last_changes(connection: Transaction, numbers: Sequence[str]) -> dict[str, datetime]:
    """When each case changed last, of those that are known."""
    rows = await (await connection.execute(queries.last_changes, {"numbers": list(numbers)})).fetchall()
    return {row["number"]: row["changed_at"] for row in rows}


async def changed_cases(connection: Transaction, *, since: datetime, until: datetime, size: int) -> list[str]:
    """Cases that changed in a span of time, the latest change first."""
    values = {"since": since, "until": until, "size": size}
    return [row["number"] for row in await (await connection.execute(queries.changed_cases, values)).fetchall()]
