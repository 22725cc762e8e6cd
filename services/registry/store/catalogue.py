"""Keeps the catalogue, its loans, and what was read about each person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.registry.domain.catalogue import CatalogueItem, CatalogueTable, Loan, Openness
from services.registry.domain.schema import ElementKind

queries = sql.load(__package__, "catalogue.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much there is."""

    units: int
    tables: int
    items: int
    by_openness: Mapping[Openness, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRead:
    """What was read about a person, by which office, and why."""

    at: datetime
    role: str
    department: str
    action: str
    purpose: str
    fields: tuple[str, ...]
    masked: bool


async def find_foreign(transaction: Transaction, tables: Sequence[CatalogueTable]) -> tuple[str, str] | None:
    """A table or item of these that belongs to another unit, and that unit."""
    told = {
        "codes": [table.code for table in tables],
        "items": [item.code for table in tables for item in table.items],
        "units": [table.unit_code for table in tables],
    }
    row = await (await transaction.execute(queries.find_foreign, told)).fetchone()
    return (row["code"], row["owner"]) if row else None


async def save_tables(transaction: Transaction, tables: Sequence[CatalogueTable]) -> int:
    """Write tables and items; how many items are new or differ."""
    await transaction.execute(
        queries.save_tables,
        {
            "codes": [table.code for table in tables],
            "units": [table.unit_code for table in tables],
            "unit_names": [table.unit_name for table in tables],
            "names": [table.name for table in tables],
            "cycles": [table.cycle for table in tables],
        },
    )
    items = [item for table in tables for item in table.items]
    cursor = await transaction.execute(
        queries.save_items,
        {
            "codes": [item.code for item in items],
            "tables": [item.table_code for item in items],
            "names": [item.name for item in items],
            "types": [item.type for item in items],
            "openness": [int(item.openness) for item in items],
            "kinds": [int(item.kind or 0) for item in items],
            "element_items": [item.element_item for item in items],
        },
    )
    return cursor.rowcount


async def count_totals(transaction: Transaction) -> Totals:
    """How much there is."""
    row = await (await transaction.execute(queries.count_catalogue)).fetchone() or {}
    levels = await (await transaction.execute(queries.count_openness)).fetchall()
    return Totals(**row, by_openness={Openness(level["openness"]): level["count"] for level in levels})


async def search_items(
    transaction: Transaction, *, query: str, unit_code: str, after: str, size: int
) -> list[CatalogueItem]:
    """One page of items, by code."""
    told = {"query": query, "unit_code": unit_code, "after": after, "size": size}
    return [_item(row) for row in await (await transaction.execute(queries.search_items, told)).fetchall()]


async def find_items(transaction: Transaction, codes: Sequence[str]) -> dict[str, CatalogueItem]:
    """Those of these items that there are."""
    cursor = await transaction.execute(queries.find_items, {"codes": list(codes)})
    return {row["code"]: _item(row) for row in await cursor.fetchall()}


async def list_open_items(transaction: Transaction, kind: ElementKind) -> list[CatalogueItem]:
    """The items of a kind that are open to everybody."""
    cursor = await transaction.execute(queries.list_items_of_kind, {"kind": int(kind)})
    return [_item(row) for row in await cursor.fetchall()]


async def set_openness(transaction: Transaction, code: str, openness: Openness) -> None:
    """The owner settles a level."""
    await transaction.execute(queries.set_openness, {"code": code, "openness": int(openness)})


async def insert_loan(transaction: Transaction, loan: Loan) -> None:
    """Keep a loan."""
    await transaction.execute(
        queries.insert_loan,
        {
            "id": loan.id,
            "borrower": loan.borrower,
            "lender": loan.lender,
            "item_codes": list(loan.item_codes),
            "kind": int(loan.kind),
            "area_code": loan.area_code,
            "purpose": loan.purpose,
            "until": loan.until,
            "state": loan.state,
            "asked_by": loan.asked_by,
            "asked_at": loan.asked_at,
        },
    )


async def find_loan(transaction: Transaction, loan_id: UUID, *, hold: bool = False) -> Loan | None:
    """A loan; held until the transaction ends when asked."""
    statement = queries.lock_loan if hold else queries.find_loan
    row = await (await transaction.execute(statement, {"id": loan_id})).fetchone()
    return _loan(row) if row else None


async def decide_loan(
    transaction: Transaction, loan_id: UUID, *, state: str, reason: str, by: str, unmasked: bool
) -> None:
    """Settle a loan."""
    told = {"id": loan_id, "state": state, "reason": reason, "by": by, "unmasked": unmasked}
    await transaction.execute(queries.decide_loan, told)


async def list_loans(
    transaction: Transaction, *, departments: Sequence[str], everyone: bool, waiting_only: bool
) -> list[Loan]:
    """Loans to or from some departments, newest first."""
    told = {"departments": list(departments), "everyone": everyone, "waiting_only": waiting_only}
    return [_loan(row) for row in await (await transaction.execute(queries.list_loans, told)).fetchall()]


async def insert_person_reads(transaction: Transaction, element_ids: Sequence[UUID], read: PersonRead) -> None:
    """Keep that people were read about."""
    await transaction.execute(
        queries.insert_person_reads,
        {
            "element_ids": list(element_ids),
            "at": read.at,
            "role": read.role,
            "department": read.department,
            "action": read.action,
            "purpose": read.purpose,
            "fields": list(read.fields),
            "masked": read.masked,
        },
    )


async def list_person_reads(transaction: Transaction, element_id: UUID) -> list[PersonRead]:
    """Who read about a person, newest first."""
    cursor = await transaction.execute(queries.list_person_reads, {"element_id": element_id})
    return [PersonRead(**{**row, "fields": tuple(row["fields"])}) for row in await cursor.fetchall()]


async def find_person(transaction: Transaction, *, keys: Sequence[str], phones: Sequence[bytes]) -> UUID | None:
    """The person with this identity number and this phone."""
    cursor = await transaction.execute(queries.find_person, {"keys": list(keys), "phones": list(phones)})
    row = await cursor.fetchone()
    return row["id"] if row else None


def _item(row: Row) -> CatalogueItem:
    kind = ElementKind(row["kind"]) if row["kind"] else None
    return CatalogueItem(**{**row, "openness": Openness(row["openness"]), "kind": kind})


def _loan(row: Row) -> Loan:
    return Loan(**{**row, "item_codes": tuple(row["item_codes"]), "kind": ElementKind(row["kind"])})
