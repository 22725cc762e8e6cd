"""Keeps directives and their receipts."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.incidents.directives.domain import Directive, Receipts
from services.platform import sql
from services.platform.database import Transaction

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What somebody may see: areas in reach, and those for which they answer."""

    areas: Sequence[str]
    held: Sequence[str]

    @property
    def columns(self) -> dict[str, Any]:
        """As parameters."""
        return {"areas": list(self.areas), "held": list(self.held)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which directives."""

    id: str | None = None
    mine_only: bool = False
    open_only: bool = False
    before: tuple[datetime, str] | None = None
    size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """An area a directive reaches."""

    area_code: str
    area_path: str
    level: int


async def insert(transaction: Transaction, directive: Directive, receivers: Iterable[Receiver]) -> None:
    """Give it."""
    rows = [{"area_code": each.area_code, "area_path": each.area_path, "level": each.level} for each in receivers]
    parameters = {
        "id": directive.id,
        "title": directive.title,
        "body": directive.body,
        "area_code": directive.area_code,
        "area_path": directive.area_path,
        "until_level": directive.until_level,
        "due_at": directive.due_at,
        "issued_at": directive.issued_at,
        "issued_by": directive.issued_by,
        "receivers": json.dumps(rows),
    }
    await transaction.execute(queries.insert_directive, parameters)


async def listed(connection: Transaction, sight: Sight, wanted: Filter) -> list[Directive]:
    """Directives, newest first."""
    parameters = sight.columns | {
        "id": wanted.id,
        "mine_only": wanted.mine_only,
        "open_only": wanted.open_only,
        "before_at": wanted.before[0] if wanted.before else None,
        "before_id": wanted.before[1] if wanted.before else None,
        "size": wanted.size,
    }
    rows = await (await connection.execute(queries.list_directives, parameters)).fetchall()
    return [Directive(**{**row, "id": str(row["id"])}) for row in rows]


async def receipts(connection: Transaction, sight: Sight, directive_id: str) -> list[Receipts]:
    """Receipts by level."""
    cursor = await connection.execute(queries.count_receipts, sight.columns | {"id": directive_id})
    return [Receipts(**row) for row in await cursor.fetchall()]


async def unread(
    connection: Transaction, sight: Sight, directive_id: str, *, level: int, after: tuple[int, str], size: int
) -> list[tuple[int, str]]:
    """Level and area of those that have not read it."""
    parameters = sight.columns | {
        "id": directive_id,
        "level": level,
        "after_level": after[0],
        "after_code": after[1],
        "size": size,
    }
    rows = await (await connection.execute(queries.list_unread, parameters)).fetchall()
    return [(row["level"], row["area_code"]) for row in rows]


async def acknowledge(
    transaction: Transaction, sight: Sight, directive_id: str, *, done: bool, reply: str, by: str, at: datetime
) -> None:
    """It was read."""
    parameters = {
        "id": directive_id,
        "held": list(sight.held),
        "done": done,
        "reply": reply,
        "by": by,
        "at": at,
    }
    await transaction.execute(queries.acknowledge, parameters)


async def withdraw(transaction: Transaction, directive_id: str, *, by: str, at: datetime) -> None:
    """It no longer holds."""
    await transaction.execute(queries.withdraw, {"id": directive_id, "by": by, "at": at})
