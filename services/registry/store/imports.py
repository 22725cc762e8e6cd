"""Keeps files on their way in, how far each has come, and what was wrong with it."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Caller, Grant
from services.platform.seal import Sealer
from services.registry.domain.elements import Element
from services.registry.domain.importing import ImportFormat, ImportState, Opening, RowFault, Tally
from services.registry.domain.schema import ElementKind
from services.registry.store.elements import ElementStore, as_json

queries = sql.load(__package__, "imports.sql")

#: A reader that says nothing for so long went away; another begins anew.
LEASE_S: Final = 60
COPIED: Final = (
    "kind", "id", "key", "name", "address", "class_code", "state", "owner_unit", "longitude_deg", "latitude_deg",
    "grid_code", "within_id", "tags", "items", "sealed", "phone_index", "tokens", "retired",
)  # fmt: skip


class BooksMoved(Exception):
    """Somebody changed meanwhile what an import looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An import."""

    opening: Opening
    state: ImportState
    caller: Caller
    opened_at: datetime
    piece_count: int
    size_bytes: int
    tally: Tally


async def insert(transaction: Transaction, opening: Opening, *, caller: Caller, now: datetime) -> None:
    """Open an import; it will be read with the rights its opener has now."""
    grants = [[grant.role, grant.area_path, grant.department_code] for grant in caller.grants]
    await transaction.execute(
        queries.insert_import,
        {
            "id": opening.id,
            "kind": int(opening.kind),
            "format": int(opening.format),
            "crs": opening.crs,
            "dry_run": opening.dry_run,
            "file_name": opening.file_name,
            "columns": Jsonb(dict(opening.columns)),
            "opened_by": caller.subject,
            "grants": Jsonb(grants),
            "now": now,
        },
    )


async def find(transaction: Transaction, job_id: UUID, *, opened_by: str) -> Job | None:
    """An import of somebody's own."""
    row = await (await transaction.execute(queries.find_import, {"id": job_id, "opened_by": opened_by})).fetchone()
    return _job(row) if row else None


async def list_jobs(transaction: Transaction, *, opened_by: str) -> list[Job]:
    """Somebody's own imports, newest first."""
    cursor = await transaction.execute(queries.list_imports, {"opened_by": opened_by})
    return [_job(row) for row in await cursor.fetchall()]


async def lock(transaction: Transaction, job_id: UUID, *, opened_by: str) -> Row | None:
    """State, pieces and bytes of an import, held until the transaction ends."""
    cursor = await transaction.execute(queries.lock_import, {"id": job_id, "opened_by": opened_by})
    return await cursor.fetchone()


async def add_piece(transaction: Transaction, job_id: UUID, number: int, content: bytes, sealer: Sealer) -> int:
    """Keep a piece, sealed; the bytes there are so far."""
    sealed = sealer.seal_bytes(content, place=_place(job_id, number))
    await transaction.execute(queries.insert_piece, {"id": job_id, "number": number, "content": sealed})
    cursor = await transaction.execute(queries.count_piece, {"id": job_id, "bytes": len(content)})
    row = await cursor.fetchone()
    return int(row["size_bytes"]) if row else 0


async def read_piece(transaction: Transaction, job_id: UUID, number: int, sealer: Sealer) -> bytes:
    """A piece, opened."""
    row = await (await transaction.execute(queries.read_piece, {"id": job_id, "number": number})).fetchone()
    return sealer.open_bytes(bytes(row["content"]), place=_place(job_id, number)) if row else b""


async def queue(transaction: Transaction, job_id: UUID) -> None:
    """Let it wait for a reader."""
    await transaction.execute(queries.queue_import, {"id": job_id})


async def take(transaction: Transaction) -> Job | None:
    """The import whose turn it is."""
    row = await (await transaction.execute(queries.take_import, {"lease_s": LEASE_S})).fetchone()
    return _job(row) if row else None


async def tell_progress(transaction: Transaction, job_id: UUID, tally: Tally) -> None:
    """Say how far it is, and that somebody still reads."""
    await transaction.execute(queries.tell_progress, {"id": job_id, "lease_s": LEASE_S, **_figures(tally)})


async def finish(
    transaction: Transaction, job_id: UUID, tally: Tally, faults: Sequence[RowFault], *, now: datetime
) -> None:
    """Say how it ended, and let its pieces go."""
    state = ImportState.REFUSED if tally.faults else ImportState.DONE
    await transaction.execute(queries.delete_faults, {"id": job_id})
    async with transaction.cursor() as cursor:
        await cursor.executemany(
            queries.insert_fault,
            [
                {"id": job_id, "row": f.row, "column": f.column, "reason": f.reason, "message": f.message}
                for f in faults
            ],
        )
    await transaction.execute(queries.finish_import, {"id": job_id, "state": int(state), "now": now, **_figures(tally)})
    await transaction.execute(queries.delete_pieces)


async def list_faults(transaction: Transaction, job_id: UUID) -> list[RowFault]:
    """The first thousand faults."""
    return [
        RowFault(**row) for row in await (await transaction.execute(queries.list_faults, {"id": job_id})).fetchall()
    ]


async def plan_anew(transaction: Transaction) -> None:
    """Let each statement be planned for the table as it is by then, until the transaction ends."""
    await transaction.execute(queries.plan_anew)


async def find_by_keys(
    transaction: Transaction, books: ElementStore, kind: ElementKind, keys: Sequence[str]
) -> dict[str, Element]:
    """The elements of a kind that have these natural keys, by natural key."""
    stored = {stored: key for key in keys for stored in books.stored_keys(kind, key)}
    cursor = await transaction.execute(queries.find_by_keys, {"kind": int(kind), "keys": list(stored)})
    return {stored[row["key"]]: books.element(row) for row in await cursor.fetchall()}


async def find_containers(
    transaction: Transaction, books: ElementStore, kinds: Sequence[ElementKind], keys: Sequence[str]
) -> dict[str, Element]:
    """The elements of any of these kinds that have these natural keys."""
    cursor = await transaction.execute(
        queries.find_containers, {"kinds": [int(kind) for kind in kinds], "keys": list(keys)}
    )
    return {row["key"]: books.element(row) for row in await cursor.fetchall()}


async def hold(transaction: Transaction, elements: Sequence[Element]) -> None:
    """Let nobody change these until the transaction ends; fails with BooksMoved when somebody has since."""
    cursor = await transaction.execute(
        queries.hold_elements, {"kind": int(elements[0].kind), "ids": [element.id for element in elements]}
    )
    versions = {row["id"]: row["version"] for row in await cursor.fetchall()}
    if any(versions.get(element.id) != element.version for element in elements):
        raise BooksMoved


async def copy_in(transaction: Transaction, content: str) -> None:
    """Write rows that are new, all at once, as `copied` put them down; fails with BooksMoved."""
    try:
        async with transaction.cursor() as cursor, cursor.copy(queries.copy_elements) as copy:
            await copy.write(content)
    except UniqueViolation as error:
        raise BooksMoved from error


def copied(rows: Sequence[Mapping[str, object]], *, by: str, now: datetime) -> str:
    """Rows as the statement takes them. The driver's own way takes thrice as long, most of it for lists."""
    text = io.StringIO()
    last = (now.isoformat(), by)
    # With both characters in what ends a line, a cell with either is put in quotation marks.
    csv.writer(text, lineterminator="\r\n").writerows([*(_cell(row[name]) for name in COPIED), *last] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """A value as PostgreSQL reads it; nothing at all is no value."""
    if isinstance(value, list):
        told = "".join(value)
        if '"' in told or "\\" in told:
            value = [each.replace("\\", "\\\\").replace('"', '\\"') for each in value]
        return '{"' + '","'.join(value) + '"}' if value else "{}"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return as_json(value.obj) if isinstance(value, Jsonb) else value


def _job(row: Row) -> Job:
    return Job(
        opening=Opening(
            id=row["id"],
            kind=ElementKind(row["kind"]),
            format=ImportFormat(row["format"]),
            crs=row["crs"],
            dry_run=row["dry_run"],
            file_name=row["file_name"],
            columns=row["columns"],
        ),
        state=ImportState(row["state"]),
        caller=Caller(
            subject=row["opened_by"],
            grants=tuple(Grant(role=r, area_path=path, department_code=d) for r, path, d in row["grants"]),
        ),
        opened_at=row["opened_at"],
        piece_count=row["piece_count"],
        size_bytes=row["size_bytes"],
        tally=Tally(
            rows_read=row["rows_read"],
            read_bytes=row["read_bytes"],
            created=row["created_count"],
            updated=row["updated_count"],
            unchanged=row["unchanged_count"],
            faults=row["fault_count"],
        ),
    )


def _figures(tally: Tally) -> dict[str, int]:
    return {
        "rows_read": tally.rows_read,
        "read_bytes": tally.read_bytes,
        "created": tally.created,
        "updated": tally.updated,
        "unchanged": tally.unchanged,
        "faults": tally.faults,
    }


def _place(job_id: UUID, number: int) -> str:
    return f"import:{job_id}:{number}"
