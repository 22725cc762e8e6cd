"""Publishes the catalogue, lends data with care, and shows who read what."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from services.platform import audit, sql
from services.platform.audit import NEWEST, AuditRow, Deed
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall
from services.registry import events
from services.registry.actions.office import Asked, Office
from services.registry.domain.catalogue import (
    TERM_MAX,
    CatalogueItem,
    CatalogueTable,
    Loan,
    Openness,
    lends_tags,
    lent_values,
    loan_state,
    open_columns,
    require_sound,
)
from services.registry.domain.elements import Element
from services.registry.domain.errors import (
    AreaUnknown,
    BeyondReach,
    CatalogueItemUnknown,
    DayInvalid,
    LoanStateWrong,
    LoanUnknown,
    NotOpen,
    OwnerOnly,
    PersonUnproven,
    PurposeRequired,
)
from services.registry.domain.schema import ElementKind
from services.registry.store import catalogue, imports
from services.registry.store.catalogue import PersonRead, Totals
from services.registry.store.elements import FIRST_ID

PUBLISH: Final = "registry.catalogue.write"
ASK: Final = "registry.loans.write"
BORROW: Final = "registry.loans.read"
AUDIT: Final = "audit.read"
READ_CATALOGUE: Final = "registry.catalogue.read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A loan as it is asked for."""

    item_codes: Sequence[str]
    area_code: str
    purpose: str
    until: date
    borrower: str


class CatalogueActions:
    """What can be done with the catalogue."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._wall = Wall("registry", sql.load("services.registry", "wall.sql").look_loans)

    async def import_catalogue(
        self, tables: Sequence[CatalogueTable], *, caller: Caller, asked: Asked[tuple[int, int]]
    ) -> bytes:
        """Publish tables, each unit its own; fails with CATALOGUE_REFUSED, OWNER_ONLY."""
        require_sound(tables)
        held = caller.scope(PUBLISH).departments
        for table in tables:
            if table.unit_code not in held and "" not in held:
                raise OwnerOnly(unit=table.unit_code)

        async def publish(transaction: Transaction) -> tuple[int, int]:
            foreign = await catalogue.find_foreign(transaction, tables)
            if foreign is not None:
                raise OwnerOnly(unit=foreign[1])
            changed = await catalogue.save_tables(transaction, tables)
            return changed, sum(len(table.items) for table in tables) - changed

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: publish(transaction))

    async def count_totals(self) -> Totals:
        """How much there is."""
        async with self._office.database.connection() as connection:
            return await catalogue.count_totals(connection)

    async def search(self, *, query: str, unit_code: str, after: str, size: int) -> list[CatalogueItem]:
        """One page of items."""
        async with self._office.database.connection() as connection:
            return await catalogue.search_items(
                connection, query=query.strip(), unit_code=unit_code, after=after, size=size
            )

    async def set_openness(
        self, item_code: str, *, openness: Openness, reason: str, caller: Caller, asked: Asked[CatalogueItem]
    ) -> bytes:
        """The owner alone settles how openly an item is shared; fails with CATALOGUE_ITEM_UNKNOWN, OWNER_ONLY."""

        async def settle(transaction: Transaction) -> CatalogueItem:
            (item,) = await self._items(transaction, [item_code])
            _require_owner(item.unit_code, caller)
            await catalogue.set_openness(transaction, item_code, openness)
            deed = Deed(
                action="openness_set",
                target=f"item:{item_code}",
                purpose=reason,
                details={"before": item.openness.name.lower(), "after": openness.name.lower(), "unit": item.unit_code},
            )
            await audit.write(transaction, deed, caller=caller, at=self._office.clock.now())
            return replace(item, openness=openness)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: settle(transaction))

    async def request_loan(self, asking: Asking, *, caller: Caller, asked: Asked[Loan]) -> bytes:
        """Ask for items of another unit; fails with CATALOGUE_ITEM_UNKNOWN, ITEM_SEALED, LOAN_STATE, AREA_UNKNOWN."""
        borrower = _department_of(caller, ASK, asking.borrower)
        today = self._today()
        if not today <= asking.until <= today + TERM_MAX:
            raise DayInvalid(day=asking.until)
        drawn = await self._office.atlas.current()
        if asking.area_code not in drawn.areas:
            raise AreaUnknown(code=asking.area_code)

        async def ask(transaction: Transaction) -> Loan:
            items = await self._items(transaction, asking.item_codes)
            state = loan_state(items)
            kind = items[0].kind
            if kind is None:
                raise LoanStateWrong(state="about nothing in the registry")
            loan = Loan(
                id=uuid7(),
                borrower=borrower,
                lender=items[0].unit_code,
                item_codes=tuple(asking.item_codes),
                kind=kind,
                area_code=asking.area_code,
                purpose=asking.purpose,
                until=asking.until,
                state=state,
                asked_by=caller.subject,
                asked_at=self._office.clock.now(),
            )
            await catalogue.insert_loan(transaction, loan)
            await events.publish_loan_changed(transaction, loan, at=loan.asked_at)
            return loan

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: ask(transaction))

    async def decide_loan(
        self, loan_id: UUID, *, grant: bool, unmasked: bool, reason: str, caller: Caller, asked: Asked[Loan]
    ) -> bytes:
        """Grant, refuse or end; fails with LOAN_UNKNOWN, LOAN_STATE, OWNER_ONLY, PURPOSE_REQUIRED."""

        async def decide(transaction: Transaction) -> Loan:
            loan = await catalogue.find_loan(transaction, loan_id, hold=True)
            if loan is None:
                raise LoanUnknown
            _require_owner(loan.lender, caller)
            state = _decided(loan.state, grant=grant)
            if not grant and not reason.strip():
                raise PurposeRequired
            decided = replace(loan, state=state, reason=reason, decided_by=caller.subject, unmasked=grant and unmasked)
            await catalogue.decide_loan(
                transaction, loan_id, state=state, reason=reason, by=caller.subject, unmasked=decided.unmasked
            )
            now = self._office.clock.now()
            await events.publish_loan_changed(transaction, decided, at=now)
            deed = Deed(
                action="loan_decided",
                target=f"loan:{loan_id}",
                purpose=loan.purpose,
                fields=loan.item_codes,
                masked=not decided.unmasked,
                details={"state": state, "lender": loan.lender, "borrower": loan.borrower},
            )
            await audit.write(transaction, deed, caller=caller, at=now)
            return decided

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: decide(transaction))

    async def list_loans(self, *, waiting_only: bool, caller: Caller) -> tuple[list[Loan], dict[str, str]]:
        """Loans that one's department asked for or decides, all for auditors and services; names of the items."""
        departments = [code for code in caller.scope(READ_CATALOGUE).departments if code]
        everyone = caller.is_service or caller.permits(AUDIT)
        permission = AUDIT if caller.permits(AUDIT) else READ_CATALOGUE
        async with self._office.database.connection() as connection:
            found = await catalogue.list_loans(
                connection, departments=departments, everyone=everyone, waiting_only=waiting_only
            )
            found = await self._wall.kept(
                connection, found, key=lambda loan: loan.id, caller=caller, permission=permission
            )
            codes = sorted({code for loan in found for code in loan.item_codes})
            names = {code: item.name for code, item in (await catalogue.find_items(connection, codes)).items()}
        return [replace(loan, state=loan.told_state(self._today())) for loan in found], names

    async def read_loan(
        self,
        loan_id: UUID,
        *,
        key: str,
        area_code: str,
        tags: Sequence[str],
        after: tuple[str, UUID] | None,
        size: int,
        caller: Caller,
    ) -> list[tuple[Element, dict[str, str]]]:
        """Rows of what was lent, on record before they are told; fails with LOAN_UNKNOWN, LOAN_STATE.

        Whoever asks for one area or for some tags reads, and is on record as having read, nobody else.
        """
        drawn = await self._office.atlas.current()
        async with self._office.database.transaction() as transaction:
            loan = await catalogue.find_loan(transaction, loan_id)
            if loan is None or loan.borrower not in caller.scope(BORROW).departments:
                raise LoanUnknown
            if not await self._wall.shown(transaction, [loan.id], caller=caller, permission=BORROW):
                raise LoanUnknown
            state = loan.told_state(self._today())
            if state != "granted":
                raise LoanStateWrong(state=state)
            items = await self._items(transaction, loan.item_codes)
            if tags and not lends_tags(items):
                raise LoanStateWrong(state="lent without tags")
            within = set(drawn.grids.get(area_code or loan.area_code, ()))
            grids = [code for code in drawn.grids.get(loan.area_code, ()) if code in within]
            books = self._office.elements
            if key:
                found = await imports.find_by_keys(transaction, books, loan.kind, [key])
                rows = [row for row in found.values() if row.grid_code in set(grids) and not row.retired]
                rows = [row for row in rows if not tags or set(tags) & set(row.tags)]
            else:
                rows = await books.list_in_grids(
                    transaction, kind=loan.kind, grids=grids, tags=tags, after=after or ("", FIRST_ID), size=size
                )
            await self._trace(transaction, loan, rows, caller)
        return [(row, lent_values(row, items, unmasked=loan.unmasked)) for row in rows]

    async def _trace(self, transaction: Transaction, loan: Loan, rows: Sequence[Element], caller: Caller) -> None:
        now = self._office.clock.now()
        if loan.kind.about_people and rows:
            read = PersonRead(
                at=now,
                role=next(iter(caller.roles), ""),
                department=loan.borrower,
                action="loan_read",
                purpose=loan.purpose,
                fields=loan.item_codes,
                masked=not loan.unmasked,
            )
            await catalogue.insert_person_reads(transaction, [row.id for row in rows], read)
        deed = Deed(
            action="loan_read",
            target=f"loan:{loan.id}",
            area_path=loan.area_code,
            purpose=loan.purpose,
            fields=loan.item_codes,
            row_count=len(rows),
            masked=not loan.unmasked,
            details={"lender": loan.lender, "borrower": loan.borrower},
        )
        await audit.write(transaction, deed, caller=caller, at=now)

    async def list_traces(
        self, *, who: str, action: str, target: str, before: int, size: int, caller: Caller
    ) -> list[AuditRow]:
        """Traces, newest first: all for auditors, those about its own data for a unit's steward."""
        units = caller.scope(AUDIT).departments
        async with self._office.database.connection() as connection:
            rows = await audit.read(
                connection, who=who, action=action, target=target, before=before or NEWEST, size=size
            )
        if "" in units:
            return rows
        return [row for row in rows if any(f'"lender": "{unit}"' in row.details for unit in units)]

    async def list_reads_of_me(self, *, identity_number: str, phone: str, caller: Caller) -> list[PersonRead]:
        """Who read about whoever proves to be that person; fails with PERSON_UNPROVEN."""
        books, now = self._office.elements, self._office.clock.now()
        keys = books.stored_keys(ElementKind.PERSON, identity_number.strip().upper())
        phones = books.phone_indexes(phone.replace(" ", "").replace("-", ""))
        async with self._office.database.transaction() as transaction:
            person = await catalogue.find_person(transaction, keys=keys, phones=phones)
            refused = PersonUnproven.reason if person is None else ""
            deed = Deed(action="own_reads_listed", target=str(person or ""), row_count=1, refused=refused)
            await audit.write(transaction, deed, caller=caller, at=now)
            reads = await catalogue.list_person_reads(transaction, person) if person is not None else []
        if person is None:
            raise PersonUnproven
        return reads

    async def download(
        self, kind: ElementKind, *, after: tuple[str, UUID] | None, size: int
    ) -> tuple[str, list[Element]]:
        """One page of open data as CSV; fails with NOT_OPEN."""
        drawn = await self._office.atlas.current()
        grids = tuple(code for code, below in drawn.grids.items() if below == (code,))
        async with self._office.database.connection() as connection:
            columns = open_columns(kind, await catalogue.list_open_items(connection, kind))
            if not columns:
                raise NotOpen(kind=kind.word)
            rows = await self._office.elements.list_in_grids(
                connection, kind=kind, grids=sorted(grids), after=after or ("", FIRST_ID), size=size
            )
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["longitude", "latitude", *columns])
        for row in rows:
            values = [_spreadsheet_safe(_open_value(row, column)) for column in columns]
            writer.writerow([f"{row.longitude_deg:.6f}", f"{row.latitude_deg:.6f}", *values])
        return text.getvalue(), rows

    async def _items(self, transaction: Transaction, codes: Sequence[str]) -> list[CatalogueItem]:
        found = await catalogue.find_items(transaction, codes)
        for code in codes:
            if code not in found:
                raise CatalogueItemUnknown(code=code)
        return [found[code] for code in codes]

    def _today(self) -> date:
        return self._office.settings.duty_rules.day_of(self._office.clock.now())


def _require_owner(unit: str, caller: Caller) -> None:
    """The unit itself, by somebody on a post of it; no platform and no city-wide post stands in for it."""
    if unit not in caller.scope(PUBLISH).departments:
        raise OwnerOnly(unit=unit)


def _department_of(caller: Caller, permission: str, named: str) -> str:
    """The department for which somebody acts; fails with BEYOND_REACH."""
    held = [code for code in dict.fromkeys(caller.scope(permission).departments) if code]
    if named in held or (named and caller.is_service):
        return named
    if named or not held:
        raise BeyondReach(subject=named or "a department")
    return held[0]


def _decided(state: str, *, grant: bool) -> str:
    if state == "waiting":
        return "granted" if grant else "refused"
    if state == "granted" and not grant:
        return "ended"
    raise LoanStateWrong(state=state)


def _open_value(element: Element, column: str) -> str:
    fields = {
        "name": element.name,
        "key": element.key,
        "address": element.address,
        "class_code": element.class_code,
        "state": element.state,
        "owner_unit": element.owner_unit,
        "grid_code": element.grid_code,
    }
    return fields.get(column, element.items.get(column, ""))


def _spreadsheet_safe(value: str) -> str:
    """A spreadsheet takes what begins with one of these for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
