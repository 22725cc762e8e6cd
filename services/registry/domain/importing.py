"""Understands the rows of a file: which column is which, and what is wrong with which cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

from services.registry.domain.elements import Draft, checked
from services.registry.domain.errors import ItemRefused
from services.registry.domain.schema import ElementKind, schema
from services.registry.domain.tabular import LATITUDE, LONGITUDE, RawRow

#: Fields of an element, with the headings people use for them.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "key": ("编号", "主键", "标识码", "统一社会信用代码", "户号"),
    "name": ("名称",),
    "address": ("地址", "详细地址"),
    "class_code": ("类别", "小类代码"),
    "state": ("状态",),
    "owner_unit": ("产权单位",),
    "within_key": ("所属", "所属楼栋", "所属房屋", "所属户"),
    "tags": ("标签",),
    LONGITUDE: ("经度", "lon", "lng"),
    LATITUDE: ("纬度", "lat"),
}
#: A column that is to be passed over.
PASSED: Final = "-"
STATES: Final = {"完好": "intact", "破损": "damaged", "丢失": "lost", "废弃": "abandoned"}


class ImportFormat(IntEnum):
    """What a file is; the numbers are those of the contract."""

    CSV = 1
    XLSX = 2
    GEOJSON = 3


class ImportState(IntEnum):
    """How far an import has come; the numbers are those of the contract."""

    OPEN = 1
    WAITING = 2
    RUNNING = 3
    DONE = 4
    REFUSED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An import as it is opened."""

    id: UUID
    kind: ElementKind
    format: ImportFormat
    crs: str
    dry_run: bool
    file_name: str
    columns: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Tally:
    """How far a reader has come."""

    rows_read: int = 0
    read_bytes: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    faults: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """One thing wrong with one row; never repeats the value of a personal item."""

    row: int
    column: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """What a row says, as far as that can be told without the books."""

    number: int
    draft: Draft
    within_key: str
    #: Degrees in the file's own system; None when the row has none.
    point: tuple[float, float] | None

    @property
    def key(self) -> str:
        """Its natural key; empty when it has none."""
        return self.draft.items.get("identity_number", "") or self.draft.key


class Columns:
    """Which heading stands for which field or item of a kind."""

    def __init__(self, kind: ElementKind, headings: Iterable[str], named: Mapping[str, str]) -> None:
        self.kind = kind
        rules = schema().rules[kind]
        known = {code: code for code in FIELDS} | {word: code for code, words in FIELDS.items() for word in words}
        known |= {rule.name: rule.code for rule in rules.values()} | {code: code for code in rules}
        self._targets: dict[str, str] = {}
        self.faults: list[RowFault] = []
        for heading in headings:
            target = named.get(heading) or known.get(heading, "")
            if target == PASSED:
                continue
            if target not in FIELDS and target not in rules:
                message = (
                    f"nothing is kept under {heading!r} about a {kind.word}; name its meaning, or - to pass it over"
                )
                self.faults.append(RowFault(row=1, column=heading, reason="UNKNOWN_COLUMN", message=message))
            elif target in self._targets.values():
                message = f"two columns say {target}"
                self.faults.append(RowFault(row=1, column=heading, reason="COLUMN_TWICE", message=message))
            else:
                self._targets[heading] = target

    def heading_of(self, target: str) -> str:
        """The heading under which a field or item stands; empty when there is none."""
        return next((heading for heading, known in self._targets.items() if known == target), "")

    def read(self, row: RawRow, faults: list[RowFault]) -> ReadRow | None:
        """What a row says; None, with its faults added, when it cannot be used."""
        told = {self._targets[h]: value.strip() for h, value in row.cells.items() if h in self._targets}
        before = len(faults)
        point = self._point(row.number, told, faults)
        fields = {code: told.get(code, "") for code in FIELDS}
        items = self._items(row.number, {code: v for code, v in told.items() if code not in FIELDS}, faults)
        draft = Draft(
            kind=self.kind,
            key=fields["key"],
            name=fields["name"],
            address=fields["address"],
            class_code=fields["class_code"],
            state=STATES.get(fields["state"], fields["state"]),
            owner_unit=fields["owner_unit"],
            tags=tuple(_tags(fields["tags"])),
            items=items,
        )
        if self.kind is ElementKind.PERSON:
            draft = _as_person(draft)
        try:
            draft = checked(draft)
        except ItemRefused as refused:
            self._fault(faults, row.number, refused.details["item"], "REFUSED", refused.details["problem"])
        if point is None and not fields["within_key"] and self.kind is not ElementKind.PERSON and not draft.key:
            self._fault(faults, row.number, LONGITUDE, "MISSING", "the row says neither where it is nor which it is")
        if len(faults) > before:
            return None
        return ReadRow(number=row.number, draft=draft, within_key=fields["within_key"], point=point)

    def _items(self, number: int, told: Mapping[str, str], faults: list[RowFault]) -> dict[str, str]:
        rules = schema().rules[self.kind]
        items = {}
        for code, value in told.items():
            if not value:
                continue
            try:
                items[code] = rules[code].read(value)
            except ItemRefused as refused:
                reason = f"NOT_A_{rules[code].type.value.upper()}"
                self._fault(faults, number, code, reason, refused.details["problem"])
        return items

    def _point(self, number: int, told: Mapping[str, str], faults: list[RowFault]) -> tuple[float, float] | None:
        texts = (told.get(LONGITUDE, ""), told.get(LATITUDE, ""))
        if not any(texts):
            return None
        degrees = []
        for text, target, most in zip(texts, (LONGITUDE, LATITUDE), (180.0, 90.0), strict=True):
            try:
                value = float(text)
            except ValueError:
                self._fault(faults, number, target, "NOT_A_NUMBER", "not a number")
                return None
            if not -most <= value <= most:
                self._fault(faults, number, target, "OUT_OF_RANGE", f"not between -{most:.0f} and {most:.0f}")
                return None
            degrees.append(value)
        return degrees[0], degrees[1]

    def _fault(self, faults: list[RowFault], number: int, target: str, reason: str, message: str) -> None:
        faults.append(RowFault(row=number, column=self.heading_of(target), reason=reason, message=message))


def keys_told_twice(rows: Sequence[ReadRow]) -> list[int]:
    """Positions of rows whose natural key an earlier row had."""
    seen: set[str] = set()
    twice = []
    for position, row in enumerate(rows):
        if row.key and row.key in seen:
            twice.append(position)
        seen.add(row.key)
    return twice


def _tags(text: str) -> list[str]:
    """Tags by code or by name, separated by almost anything."""
    names = {term.name: code for code, term in schema().tags.items()}
    for mark in ";,、|,;":
        text = text.replace(mark, " ")
    return [names.get(word, word) for word in text.split()]


def _as_person(draft: Draft) -> Draft:
    """A person's name and key are items."""
    items = {**draft.items}
    for code, value in (("name", draft.name), ("identity_number", draft.key)):
        if value:
            items[code] = schema().rule(ElementKind.PERSON, code).read(value)
    return Draft(kind=draft.kind, tags=draft.tags, items=items, address=draft.address)
