"""Keeps versions in the order of commits, so that streams which go by them pass over nothing."""

from enum import IntEnum, StrEnum

from services.platform import sql
from services.platform.database import Transaction

queries = sql.load(__package__, "changes.sql")


class Writing(IntEnum):
    """Locks, one for each kind of thing that is told by version; the numbers are ours alone in the database."""

    AREAS = 7_402_001
    STAFF = 7_402_002
    TASK_TYPES = 7_402_003


class Head(StrEnum):
    """What has a newest version."""

    AREAS = "areas"
    POSTS = "posts"
    DEPARTMENTS = "departments"
    TASK_TYPES = "task_types"


async def lock(transaction: Transaction, writing: Writing) -> None:
    """Write alone until this transaction ends; to be called before anything is written."""
    await transaction.execute(queries.lock_changes, {"lock": int(writing)})


async def read_heads(transaction: Transaction) -> dict[Head, int]:
    """The newest version of each kind."""
    row = await (await transaction.execute(queries.read_heads)).fetchone()
    return {head: int(row[head]) if row else 0 for head in Head}
