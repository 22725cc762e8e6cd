"""Keeps claims, correction tasks and clues; what they say is sealed."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.seal import Sealer
from services.registry.domain.claims import Claim, Clue, Correction

queries = sql.load(__package__, "claims.sql")


async def insert_claim(transaction: Transaction, claim: Claim, sealer: Sealer) -> None:
    """Keep a claim."""
    await transaction.execute(
        queries.insert_claim,
        {
            "id": claim.id,
            "element_id": claim.element_id,
            "item": claim.item,
            "sealed": sealer.seal(claim.value, place=_claim_place(claim.id)),
            "source": claim.source,
            "observed_at": claim.observed_at,
            "made_by": claim.made_by,
            "made_at": claim.made_at,
        },
    )


async def list_claims(transaction: Transaction, element_id: UUID, sealer: Sealer, *, item: str = "") -> list[Claim]:
    """All claims about an element, or about one item of it, the newest of each item first."""
    cursor = await transaction.execute(queries.list_claims, {"element_id": element_id, "item": item})
    return [
        Claim(
            **{name: value for name, value in row.items() if name != "sealed"},
            value=sealer.open(bytes(row["sealed"]), place=_claim_place(row["id"])),
        )
        for row in await cursor.fetchall()
    ]


async def give_way(transaction: Transaction, element_id: UUID, *, item: str, source: str) -> None:
    """What a source said no longer counts."""
    told = {"element_id": element_id, "item": item, "source": source}
    await transaction.execute(queries.let_claims_give_way, told)


async def open_correction(
    transaction: Transaction, correction_id: UUID, loser: Claim, winner: Claim, *, grid_code: str, now: datetime
) -> Correction:
    """Open a task for the loser's source, or renew the one that is open."""
    cursor = await transaction.execute(
        queries.open_correction,
        {
            "id": correction_id,
            "element_id": loser.element_id,
            "item": loser.item,
            "source": loser.source,
            "claim_id": loser.id,
            "winner_id": winner.id,
            "grid_code": grid_code,
            "now": now,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("an upsert always returns its row")
    return Correction(**row)


async def settle(
    transaction: Transaction, element_id: UUID, *, item: str, losers: Sequence[str], now: datetime
) -> None:
    """Close the tasks of sources that agree by now."""
    told = {"element_id": element_id, "item": item, "losers": list(losers), "now": now}
    await transaction.execute(queries.settle_corrections, told)


async def lock_correction(transaction: Transaction, correction_id: UUID) -> Correction | None:
    """A task, held until the transaction ends."""
    row = await (await transaction.execute(queries.lock_correction, {"id": correction_id})).fetchone()
    return Correction(**row) if row else None


async def close_correction(
    transaction: Transaction, correction_id: UUID, *, state: str, answer: str, now: datetime
) -> None:
    """Close a task."""
    told = {"id": correction_id, "state": state, "answer": answer, "now": now}
    await transaction.execute(queries.close_correction, told)


async def list_corrections(
    transaction: Transaction,
    *,
    sources: Sequence[str],
    grids: Sequence[str],
    field: bool,
    only: str,
    with_closed: bool,
    after: tuple[datetime, UUID],
    size: int,
) -> list[Correction]:
    """One page of the tasks of some departments, and of some grids."""
    told = {"sources": list(sources), "grids": list(grids), "field": field, "only": only, "with_closed": with_closed}
    cursor = await transaction.execute(
        queries.list_corrections, {**told, "after": after[0], "after_id": after[1], "size": size}
    )
    return [Correction(**row) for row in await cursor.fetchall()]


async def insert_clue(transaction: Transaction, clue: Clue, sealer: Sealer) -> None:
    """Keep a clue."""
    await transaction.execute(
        queries.insert_clue,
        {
            "id": clue.id,
            "element_id": clue.element_id,
            "grid_code": clue.grid_code,
            "sealed": sealer.seal(json.dumps(dict(clue.items), ensure_ascii=False), place=_clue_place(clue.id)),
            "text": clue.text,
            "given_by": clue.given_by,
            "given_at": clue.given_at,
        },
    )


async def lock_clue(transaction: Transaction, clue_id: UUID, sealer: Sealer) -> Clue | None:
    """A clue, held until the transaction ends."""
    row = await (await transaction.execute(queries.lock_clue, {"id": clue_id})).fetchone()
    return _clue(row, sealer) if row else None


async def close_clue(transaction: Transaction, clue_id: UUID, *, state: str, by: str, finding: str) -> None:
    """Say what a look showed."""
    await transaction.execute(queries.close_clue, {"id": clue_id, "state": state, "by": by, "finding": finding})


async def list_clues(
    transaction: Transaction, sealer: Sealer, *, given_by: str, grids: Sequence[str], with_closed: bool
) -> list[Clue]:
    """Clues of some grids, or given by somebody."""
    cursor = await transaction.execute(
        queries.list_clues, {"given_by": given_by, "grids": list(grids), "with_closed": with_closed}
    )
    return [_clue(row, sealer) for row in await cursor.fetchall()]


def _clue(row: Row, sealer: Sealer) -> Clue:
    items = json.loads(sealer.open(bytes(row["sealed"]), place=_clue_place(row["id"])))
    return Clue(**{name: value for name, value in row.items() if name != "sealed"}, items=items)


def _claim_place(claim_id: UUID) -> str:
    return f"claim:{claim_id}"


def _clue_place(clue_id: UUID) -> str:
    return f"clue:{clue_id}"


async def rotate_claims(transaction: Transaction, sealer: Sealer, *, after: UUID, size: int) -> UUID | None:
    """Bring a slice of claims forward to the key in force; where it ended, None when nothing is left."""
    told = {"length": len(sealer.prefix), "prefix": sealer.prefix, "after": after, "size": size}
    rows = await (await transaction.execute(queries.read_unrotated_claims, told)).fetchall()
    async with transaction.pipeline():
        for row in rows:
            fresh = sealer.resealed(bytes(row["sealed"]), place=_claim_place(row["id"]))
            await transaction.execute(queries.reseal_claim, {"id": row["id"], "fresh": fresh})
    return rows[-1]["id"] if rows else None


async def rotate_clues(transaction: Transaction, sealer: Sealer, *, after: UUID, size: int) -> UUID | None:
    """The same for clues."""
    told = {"length": len(sealer.prefix), "prefix": sealer.prefix, "after": after, "size": size}
    rows = await (await transaction.execute(queries.read_unrotated_clues, told)).fetchall()
    async with transaction.pipeline():
        for row in rows:
            fresh = sealer.resealed(bytes(row["sealed"]), place=_clue_place(row["id"]))
            await transaction.execute(queries.reseal_clue, {"id": row["id"], "fresh": fresh})
    return rows[-1]["id"] if rows else None
