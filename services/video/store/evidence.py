"""Reads and writes what is known of kept pictures, and the pictures themselves while the object store is away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope
from services.video.domain.evidence import Evidence, KeepClass
from services.video.domain.geometry import Box
from services.video.store.scope import EVIDENCE, scope_values

queries = sql.load(__package__, "evidence.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A picture or clip that is held beyond its time."""

    evidence_id: UUID
    camera_id: str
    camera_name: str
    content_type: str
    taken_at: datetime
    kept_until: datetime
    held_by: str
    held_at: datetime | None
    reason: str


async def save(transaction: Transaction, evidence: Evidence) -> None:
    """Keep a picture's facts."""
    values = {
        "id": evidence.id,
        "camera_id": evidence.camera_id,
        "object_key": evidence.object_key,
        "sha256": evidence.sha256,
        "content_type": evidence.content_type,
        "size_bytes": evidence.size_bytes,
        "width_px": evidence.width_px,
        "height_px": evidence.height_px,
        "taken_at": evidence.taken_at,
        "hidden": [side for box in evidence.hidden for side in box.sides],
        "keep_class": evidence.keep_class.value,
        "kept_until": evidence.kept_until,
        "waiting": evidence.waiting,
    }
    await transaction.execute(queries.insert_evidence, values)


async def find(transaction: Transaction, evidence_id: UUID, scope: Scope) -> Evidence | None:
    """A kept picture of a camera within the scope."""
    cursor = await transaction.execute(queries.find_evidence, {"id": evidence_id, **scope_values(scope)})
    row = await cursor.fetchone()
    shown = row is not None and await EVIDENCE.within(transaction, [row["id"]], scope)
    return _evidence(row) if row and shown else None


async def several(transaction: Transaction, ids: Sequence[UUID]) -> list[Evidence]:
    """These kept pictures, oldest first."""
    return [
        _evidence(row)
        for row in await (await transaction.execute(queries.list_evidence, {"ids": list(ids)})).fetchall()
    ]


def _evidence(row: Row) -> Evidence:
    sides = row["hidden"]
    values: dict[str, Any] = {
        **row,
        "hidden": [Box.of(sides[n : n + 4]) for n in range(0, len(sides), 4)],
        "keep_class": KeepClass(row["keep_class"]),
    }
    return Evidence(**values)


async def keep_longer(transaction: Transaction, ids: Sequence[UUID], *, until: datetime) -> None:
    """Pictures of a case are kept as long as cases are."""
    await transaction.execute(queries.keep_longer, {"ids": list(ids), "until": until})


async def hold(transaction: Transaction, evidence_id: UUID, *, held: bool, by: str, reason: str, at: datetime) -> None:
    """Keep a picture beyond its time, or no longer."""
    values = {"id": evidence_id, "held": held, "by": by, "reason": reason, "at": at}
    await transaction.execute(queries.hold_evidence, values)


async def list_held(
    transaction: Transaction, scope: Scope, *, before: tuple[datetime | None, UUID] | None, size: int
) -> list[Held]:
    """Pictures and clips that are held, newest hold first; those of older versions, without a time, last."""
    at, last = before or (None, None)
    values = {"first": before is None, "before_at": at, "before_id": last, "size": size, **scope_values(scope)}
    rows = await (await transaction.execute(queries.list_held, values)).fetchall()
    shown = await EVIDENCE.within(transaction, [row["evidence_id"] for row in rows], scope)
    return [Held(**row) for row in rows if row["evidence_id"] in shown]


async def waiting(transaction: Transaction, *, size: int) -> list[Row]:
    """Pictures that the object store has not taken."""
    return await (await transaction.execute(queries.list_waiting, {"size": size})).fetchall()


async def count_waiting(transaction: Transaction) -> int:
    """How many wait."""
    row = await (await transaction.execute(queries.count_waiting)).fetchone()
    return int(row["waiting"]) if row else 0


async def mark_stored(transaction: Transaction, evidence_id: UUID) -> None:
    """The object store has it."""
    await transaction.execute(queries.mark_stored, {"id": evidence_id})


async def over(transaction: Transaction, *, at: datetime, size: int) -> list[tuple[UUID, str]]:
    """Pictures whose time is over, with their keys."""
    rows = await (await transaction.execute(queries.list_over, {"at": at, "size": size})).fetchall()
    return [(row["id"], row["object_key"]) for row in rows]


async def forget(transaction: Transaction, evidence_id: UUID) -> None:
    """After the picture is gone from the store."""
    await transaction.execute(queries.forget_evidence, {"id": evidence_id})
