"""Knows what may be kept about each kind of element: items with their one source, renewal, care and writers."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from services.registry.domain.errors import ItemRefused

VALUE_LENGTH_MAX: Final = 500
#: Eighteen characters of the identity number, or what another permit has.
_IDENTITY: Final = re.compile(r"[0-9A-Z]{6,24}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{4,18}")
_NUMBER: Final = re.compile(r"-?\d{1,12}(\.\d{1,6})?")


class ElementKind(IntEnum):
    """What an element is; the numbers are those of the contract."""

    PERSON = 1
    HOUSEHOLD = 2
    DWELLING = 3
    BUILDING = 4
    COMPONENT = 5
    PLACE = 6
    ORGANISATION = 7
    ROAD = 8

    @property
    def word(self) -> str:
        """As files and figures say it."""
        return self.name.lower()

    @property
    def about_people(self) -> bool:
        """Who may see it is narrower than for lamps and shops."""
        return self in {ElementKind.PERSON, ElementKind.HOUSEHOLD, ElementKind.DWELLING}


class Sensitivity(IntEnum):
    """How carefully an item is handled; the numbers are those of the contract."""

    PUBLIC = 1
    INTERNAL = 2
    PERSONAL = 3
    SENSITIVE = 4


class ItemType(StrEnum):
    """What values an item has."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    NAME = "name"
    IDENTITY_NUMBER = "identity_number"
    PHONE = "phone"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRule:
    """One item that may be kept."""

    code: str
    name: str
    name_en: str
    type: ItemType
    sensitivity: Sensitivity
    source: str
    cycle: str
    writers: tuple[str, ...]

    @property
    def personal(self) -> bool:
        """Sealed in the database and masked wherever it is shown."""
        return self.sensitivity >= Sensitivity.PERSONAL

    def read(self, value: str) -> str:
        """A value in its one form; fails with ITEM_REFUSED, which never repeats the value."""
        value = value.strip()
        if not value:
            return ""
        if len(value) > VALUE_LENGTH_MAX:
            raise ItemRefused(item=self.code, problem="too long")
        form = _FORMS[self.type](value)
        if form is None:
            raise ItemRefused(item=self.code, problem=f"not a {self.type.value.replace('_', ' ')}")
        return form


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemClass:
    """Items that belong together, about one kind of element."""

    code: str
    name: str
    name_en: str
    kind: ElementKind
    items: tuple[ItemRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A class of components or places, a tag of people, or a skill of organisations."""

    code: str
    name: str
    name_en: str
    kind: ElementKind
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All that may be kept."""

    classes: tuple[ItemClass, ...]
    terms: Mapping[ElementKind, Mapping[str, Term]]
    tags: Mapping[str, Term]
    rules: Mapping[ElementKind, Mapping[str, ItemRule]]

    def rule(self, kind: ElementKind, item: str) -> ItemRule:
        """The rule of an item; fails with ITEM_REFUSED for one that is not kept."""
        try:
            return self.rules[kind][item]
        except KeyError:
            raise ItemRefused(item=item, problem=f"nothing of that name is kept about a {kind.word}") from None


@cache
def schema() -> Schema:
    """The schema the suite comes with."""
    population = _table("population.toml")
    things = _table("things.toml")
    classes = [_item_class(code, ElementKind.PERSON, told) for code, told in population.items()]
    classes += [_item_class(word, ElementKind[word.upper()], told) for word, told in things["kinds"].items()]
    rules: dict[ElementKind, dict[str, ItemRule]] = {kind: {} for kind in ElementKind}
    for item_class in classes:
        rules[item_class.kind] |= {rule.code: rule for rule in item_class.items}
    terms = {
        ElementKind.COMPONENT: {term.code: term for term in _components(things["components"])},
        ElementKind.PLACE: _terms(ElementKind.PLACE, things["places"]),
        ElementKind.ORGANISATION: _terms(ElementKind.ORGANISATION, things["organisations"]),
    }
    tags = {
        code: Term(code=code, name=name, name_en=english, kind=kind, group=group)
        for section, kind in (("tags", ElementKind.PERSON), ("skills", ElementKind.ORGANISATION))
        for code, (name, english, group) in things[section].items()
    }
    return Schema(classes=tuple(classes), terms=terms, tags=tags, rules=rules)


def _table(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text())


def _item_class(code: str, kind: ElementKind, told: Mapping[str, Any]) -> ItemClass:
    return ItemClass(
        code=code,
        name=told["name"],
        name_en=told["name_en"],
        kind=kind,
        items=tuple(_rule(item, row, told) for item, row in told["items"].items()),
    )


def _rule(code: str, row: Sequence[str], told: Mapping[str, Any]) -> ItemRule:
    """What a row leaves out at its end is that of its class."""
    usual: tuple[str, ...] = (told["sensitivity"], told["source"], told["cycle"])
    sensitivity, source, cycle = tuple(row[3:]) + usual[len(row) - 3 :]
    return ItemRule(
        code=code,
        name=row[0],
        name_en=row[1],
        type=ItemType(row[2]),
        sensitivity=Sensitivity[sensitivity.upper()],
        source=source,
        cycle=cycle,
        writers=tuple(told["writers"]),
    )


def _components(told: Mapping[str, Sequence[str]]) -> Iterator[Term]:
    for code, (name, english) in told.items():
        if len(code) > len("01"):
            yield Term(code=code, name=name, name_en=english, kind=ElementKind.COMPONENT, group=code[:2])


def _terms(kind: ElementKind, told: Mapping[str, Sequence[str]]) -> Mapping[str, Term]:
    return {
        code: Term(code=code, name=name, name_en=english, kind=kind, group="") for code, (name, english) in told.items()
    }


def _date(value: str) -> str | None:
    if len(value) == len("2026-12-31") and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            return None
    digits = value.replace("/", "-").replace(".", "-")
    try:
        year, month, day = [int(part) for part in digits.split("-")]
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _matching(pattern: re.Pattern[str], value: str) -> str | None:
    return value if pattern.fullmatch(value) else None


_FLAGS: Final = {"yes": "yes", "no": "no", "true": "yes", "false": "no", "1": "yes", "0": "no", "是": "yes", "否": "no"}
_FORMS: Final[Mapping[ItemType, Callable[[str], str | None]]] = {
    ItemType.TEXT: lambda value: value,
    ItemType.NAME: lambda value: value,
    ItemType.ADDRESS: lambda value: value,
    ItemType.NUMBER: lambda value: _matching(_NUMBER, value),
    ItemType.DATE: _date,
    ItemType.FLAG: lambda value: _FLAGS.get(value.lower()),
    ItemType.IDENTITY_NUMBER: lambda value: _matching(_IDENTITY, value.upper()),
    ItemType.PHONE: lambda value: re.sub(r"[ -]", "", value) if _PHONE.fullmatch(value) else None,
}
