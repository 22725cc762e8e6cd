"""Describes the data catalogue, and what a department may borrow from another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

from services.registry.domain.elements import KEY, NAME, Element, shown, shown_address
from services.registry.domain.errors import CatalogueRefused, ItemSealed, LoanStateWrong
from services.registry.domain.schema import ElementKind, Sensitivity, schema

TERM_MAX: Final = timedelta(days=366)
TAGS: Final = "tags"
#: Fields of an element that the catalogue may name beside its items.
FIELDS: Final = ("name", "key", "address", "class_code", "state", "owner_unit", "grid_code", TAGS)


class Openness(IntEnum):
    """How openly an item is shared; the numbers are those of the contract."""

    SEALED = 1
    LEADERS = 2
    DEPARTMENT = 3
    RELATED = 4
    GOVERNMENT = 5
    PUBLIC = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueItem:
    """One item of one table of one unit, and where in the registry it lies, if it does."""

    code: str
    table_code: str
    name: str
    type: str
    openness: Openness
    kind: ElementKind | None
    element_item: str
    table_name: str = ""
    unit_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueTable:
    """A table of a unit."""

    code: str
    unit_code: str
    unit_name: str
    name: str
    cycle: str
    items: tuple[CatalogueItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """Items of one unit, lent to another for a purpose and a term."""

    id: UUID
    borrower: str
    lender: str
    item_codes: tuple[str, ...]
    kind: ElementKind
    area_code: str
    purpose: str
    until: date
    state: str
    asked_by: str
    asked_at: datetime
    reason: str = ""
    decided_by: str = ""
    unmasked: bool = False

    def told_state(self, today: date) -> str:
        """Its state as people see it: a loan whose term is over has expired."""
        return "expired" if self.state == "granted" and today > self.until else self.state


def require_sound(tables: Sequence[CatalogueTable]) -> None:
    """Fails with CATALOGUE_REFUSED for the first table or item that cannot be."""
    seen: set[str] = set()
    for table in tables:
        for code in (table.code, *(item.code for item in table.items)):
            if code in seen:
                raise CatalogueRefused(subject=code, problem="it is named twice")
            seen.add(code)
        for item in table.items:
            _require_known(item)


def _require_known(item: CatalogueItem) -> None:
    if not item.element_item:
        return
    known = item.kind is not None and (item.element_item in FIELDS or item.element_item in schema().rules[item.kind])
    if not known:
        raise CatalogueRefused(subject=item.code, problem=f"the registry keeps no {item.element_item}")


def loan_state(items: Sequence[CatalogueItem]) -> str:
    """Whether a loan is granted at once or waits for the owner; fails with ITEM_SEALED, LOAN_STATE."""
    for item in items:
        if item.openness is Openness.SEALED:
            raise ItemSealed(code=item.code)
    if len({item.unit_code for item in items}) > 1 or len({item.kind for item in items}) > 1:
        raise LoanStateWrong(state="of several units or kinds")
    if items[0].kind is None or not all(item.element_item for item in items):
        raise LoanStateWrong(state="about data that lie outside the registry")
    return "granted" if all(item.openness >= Openness.GOVERNMENT for item in items) else "waiting"


def lends_tags(items: Sequence[CatalogueItem]) -> bool:
    """Whether the borrower may know who has which tag: nobody learns by asking for one what was not lent."""
    return any(item.element_item == TAGS for item in items)


def lent_values(element: Element, items: Sequence[CatalogueItem], *, unmasked: bool) -> dict[str, str]:
    """The items of an element that were lent, by their codes in the catalogue; nothing else of it."""
    told: Mapping[str, str] = element.items if unmasked else shown(element.kind, element.items).items
    person = element.kind is ElementKind.PERSON
    fields = {
        "name": told.get(NAME, "") if person else element.name,
        "key": told.get(KEY, "") if person else element.key,
        "address": element.address if unmasked else shown_address(element),
        "class_code": element.class_code,
        "state": element.state,
        "owner_unit": element.owner_unit,
        "grid_code": element.grid_code,
        TAGS: " ".join(element.tags),
    }
    values = {item.code: fields.get(item.element_item, told.get(item.element_item, "")) for item in items}
    return {code: value for code, value in values.items() if value}


def open_columns(kind: ElementKind, items: Sequence[CatalogueItem]) -> list[str]:
    """What of a kind everybody may have: public in the catalogue and public by the schema; of people nothing."""
    if kind.about_people:
        return []
    rules = schema().rules[kind]
    wanted = [item.element_item for item in items if item.openness is Openness.PUBLIC and item.kind is kind]
    return [
        code
        for code in dict.fromkeys(wanted)
        if code in FIELDS or (code in rules and rules[code].sensitivity is Sensitivity.PUBLIC)
    ]
