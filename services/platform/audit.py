"""Keeps the audit trail: who did what with which data, when and why, in rows that nobody changes unnoticed.

A deed is written in the transaction of the deed itself, so neither is there without the other. A read is written
before its answer is given. Each row carries a digest over itself and the row before; `verify` walks the chain. Whoever
notes a head elsewhere (the verifier prints it) can also prove that the newest rows were not cut off.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7

queries = sql.load(__package__, "audit.sql")

#: What the first row is chained to.
BEGINNING: Final = sha256(b"gridward audit").digest()
SLICE: Final = 2000
NEWEST: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is to be accounted for. A person is named by an id or a digest, never by name, number or phone."""

    action: str
    target: str = ""
    area_path: str = ""
    purpose: str = ""
    fields: Sequence[str] = ()
    row_count: int = 0
    masked: bool = True
    #: Reason of the refusal; empty when it was granted.
    refused: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One row of the trail."""

    position: int
    id: UUID
    at: datetime
    who: str
    roles: tuple[str, ...]
    action: str
    target: str
    area_path: str
    purpose: str
    fields: tuple[str, ...]
    row_count: int
    masked: bool
    refused: str
    request_id: str
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a walk along the chain found: how far it goes, its last link, and the first place where it breaks."""

    rows: int
    head: str
    broken_at: int | None

    @property
    def whole(self) -> bool:
        """Nothing was altered, removed or slipped in."""
        return self.broken_at is None


async def write(transaction: Transaction, deed: Deed, *, caller: Caller, at: datetime) -> None:
    """Add a row; best as the last statement of its transaction, since writers take turns from here to its end."""
    row: dict[str, object] = {
        "id": uuid7(),
        "at": at,
        "who": caller.subject,
        "roles": list(caller.roles),
        "action": deed.action,
        "target": deed.target,
        "area_path": deed.area_path,
        "purpose": deed.purpose or caller.purpose,
        "fields": list(deed.fields),
        "row_count": deed.row_count,
        "masked": deed.masked,
        "refused": deed.refused,
        "request_id": str(structlog.contextvars.get_contextvars().get("request_id", "")),
        "details": json.dumps(dict(deed.details), ensure_ascii=False, sort_keys=True),
    }
    await transaction.execute(queries.insert_audit, {**row, "content": _content(row)})


async def read(
    transaction: Transaction,
    *,
    who: str = "",
    target: str = "",
    action: str = "",
    before: int = NEWEST,
    size: int = 100,
) -> list[AuditRow]:
    """One page of the trail, newest first."""
    cursor = await transaction.execute(
        queries.read_audit_before, {"who": who, "target": target, "action": action, "before": before, "size": size}
    )
    return [_audit_row(row) for row in await cursor.fetchall()]


async def verify(transaction: Transaction, *, noted: Mapping[int, str] | None = None) -> Verdict:
    """Walk the whole chain; `noted` are heads by position that were written down elsewhere."""
    links = dict(noted or {})
    head_row = await (await transaction.execute(queries.read_audit_head)).fetchone()
    position, digest = 0, BEGINNING
    while True:
        cursor = await transaction.execute(queries.read_audit_after, {"after": position, "size": SLICE})
        rows = await cursor.fetchall()
        for row in rows:
            if not _continues(row, position, digest, links):
                return Verdict(rows=position, head=digest.hex(), broken_at=position + 1)
            position, digest = row["position"], bytes(row["digest"])
        if len(rows) < SLICE:
            break
    cut_off = head_row is None or head_row["position"] > position or any(known > position for known in links)
    moved = head_row is not None and head_row["position"] == position and bytes(head_row["digest"]) != digest
    return Verdict(rows=position, head=digest.hex(), broken_at=position + 1 if cut_off or moved else None)


def _continues(row: Row, position: int, digest: bytes, noted: Mapping[int, str]) -> bool:
    """Whether a row is the next link, holds what its digest says, and agrees with what was noted."""
    content = _content({name: row[name] for name in _COLUMNS})
    link = sha256(digest + content).digest()
    return (
        row["position"] == position + 1
        and hmac.compare_digest(bytes(row["content"]), content)
        and hmac.compare_digest(bytes(row["previous"]), digest)
        and hmac.compare_digest(bytes(row["digest"]), link)
        and noted.get(row["position"], link.hex()) == link.hex()
    )


_COLUMNS: Final = (
    "id", "at", "who", "roles", "action", "target", "area_path", "purpose", "fields", "row_count", "masked", "refused",
    "request_id", "details",
)  # fmt: skip


def _content(row: Mapping[str, object]) -> bytes:
    """SHA-256 of what a row says, in one fixed form."""
    told = [_plain(row[name]) for name in _COLUMNS]
    return sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def _audit_row(row: Row) -> AuditRow:
    told = {name: row[name] for name in ("position", *_COLUMNS)}
    return AuditRow(**{**told, "roles": tuple(row["roles"]), "fields": tuple(row["fields"])})
