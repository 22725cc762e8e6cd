"""Reads and writes versions of the rules, and the past cases on which they are tried."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from services.incidents.domain.case import Source
from services.incidents.rules.domain import RoutingRule
from services.incidents.rules.records import record_of, rule_of
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)

LAST_ID: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A stored set and what became of it."""

    version: int
    active: bool
    note: str
    created_by: str
    created_at: datetime
    rule_count: int
    tried_at: datetime | None
    tried_count: int
    moved_count: int
    activated_by: str
    activated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """A case as the rules would have seen it."""

    case_id: str
    number: str
    task_type: str
    grid_code: str
    source: Source
    reported_at: datetime
    description: str
    form_answers: str
    owner_unit: str = ""


async def insert_version(
    transaction: Transaction, rules: Sequence[RoutingRule], *, note: str, by: str, at: datetime
) -> int:
    """Store a set; its number."""
    parameters = {
        "rules": json.dumps([record_of(rule) for rule in rules], ensure_ascii=False),
        "note": note,
        "created_by": by,
        "created_at": at,
    }
    row = await (await transaction.execute(queries.insert_version, parameters)).fetchone()
    return int(row["version"]) if row else 0


async def read_version(connection: Transaction, version: int) -> tuple[Version, tuple[RoutingRule, ...]] | None:
    """A version with its rules."""
    row = await (await connection.execute(queries.read_version, {"version": version})).fetchone()
    return (_version_of(row), tuple(rule_of(record) for record in row["rules"])) if row else None


async def read_active(connection: Transaction, *, lock: bool = False) -> int:
    """The version in force; 0 while there is none."""
    statement = queries.lock_active if lock else queries.read_active
    row = await (await connection.execute(statement)).fetchone()
    return int(row["version"] or 0) if row else 0


async def list_versions(connection: Transaction) -> list[Version]:
    """All versions, newest first."""
    cursor = await connection.execute(queries.list_versions)
    return [_version_of(row) for row in await cursor.fetchall()]


async def note_trial(
    connection: Transaction, version: int, *, at: datetime, tried_count: int, moved_count: int
) -> None:
    """Remember that a version was tried."""
    parameters = {"version": version, "at": at, "tried_count": tried_count, "moved_count": moved_count}
    await connection.execute(queries.note_trial, parameters)


async def activate(transaction: Transaction, version: int, *, by: str, at: datetime) -> None:
    """Put a version in force."""
    await transaction.execute(queries.activate, {"version": version, "by": by, "at": at})


async def read_past(connection: Transaction, *, before: PastCase | None, size: int) -> list[PastCase]:
    """The next cases back in time."""
    parameters: dict[str, Any] = {
        "before_at": before.reported_at if before else datetime.max.replace(tzinfo=UTC),
        "before_id": UUID(before.case_id) if before else LAST_ID,
        "size": size,
    }
    cursor = await connection.execute(queries.read_past, parameters)
    return [
        PastCase(
            case_id=str(row["id"]),
            number=row["number"],
            task_type=row["task_type"],
            grid_code=row["grid_code"],
            source=Source(row["source"]),
            reported_at=row["reported_at"],
            description=row["description"],
            form_answers=row["form_answers"],
            owner_unit="" if row["owner_unit"] == "-" else row["owner_unit"],
        )
        for row in await cursor.fetchall()
    ]


async def count_loads(connection: Transaction) -> tuple[dict[str, int], dict[str, int]]:
    """Open cases by department, and by post on the ground."""
    departments = await (await connection.execute(queries.count_department_loads)).fetchall()
    workers = await (await connection.execute(queries.count_worker_loads)).fetchall()
    return {row["code"]: row["count"] for row in departments}, {row["code"]: row["count"] for row in workers}


def _version_of(row: Row) -> Version:
    return Version(
        version=row["version"],
        active=row["active"],
        note=row["note"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        rule_count=row["rule_count"],
        tried_at=row["tried_at"],
        tried_count=row["tried_count"],
        moved_count=row["moved_count"],
        activated_by=row["activated_by"],
        activated_at=row["activated_at"],
    )
