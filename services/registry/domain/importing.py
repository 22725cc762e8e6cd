"""Understands the rows of a file: which column is which, and what is wrong with which cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

from services.registry.domain.elements import KEY, Draft, check_terms
from services.registry.domain.errors import ItemRefused
from services.registry.domain.schema import ElementKind, ItemRule, schema
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
#: Of people these fields are items, which are checked and sealed like any other.
OF_PEOPLE: Final = {"key": KEY}
#: What stands between two tags.
BETWEEN_TAGS: Final = str.maketrans(dict.fromkeys(";,、|,;", " "))
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
        person = kind is ElementKind.PERSON
        for heading in headings:
            target = named.get(heading) or known.get(heading, "")
            if target == PASSED:
                continue
            target = OF_PEOPLE.get(target, target) if person else target
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
        items = {heading: target for heading, target in self._targets.items() if target in rules}
        #: The rule of the item under each heading, and of which field the other headings are.
        self._items: tuple[tuple[str, ItemRule], ...] = tuple((heading, rules[item]) for heading, item in items.items())
        self._fields: tuple[tuple[str, str], ...] = tuple(self._targets.items() - items.items())
        self._tag_codes = {term.name: code for code, term in schema().tags.items()}

    def heading_of(self, target: str) -> str:
        """The heading under which a field or item stands; empty when there is none."""
        return next((heading for heading, known in self._targets.items() if known == target), "")

    def read(self, row: RawRow, faults: list[RowFault]) -> ReadRow | None:
        """What a row says; None, with its faults added, when it cannot be used."""
        before = len(faults)
        cells = row.cells
        told = {target: cells.get(heading, "").strip() for heading, target in self._fields}
        point = self._point(row.number, told, faults)
        items: dict[str, str] = {}
        for heading, rule in self._items:
            if value := cells.get(heading, "").strip():
                self._keep(items, rule, value, row.number, faults)
        within_key = told.get("within_key", "")
        draft = self._draft(told, items)
        try:
            check_terms(draft, schema())
        except ItemRefused as refused:
            self._fault(faults, row.number, refused.details["item"], "REFUSED", refused.details["problem"])
        if point is None and not within_key and self.kind is not ElementKind.PERSON and not draft.key:
            self._fault(faults, row.number, LONGITUDE, "MISSING", "the row says neither where it is nor which it is")
        if len(faults) > before:
            return None
        return ReadRow(number=row.number, draft=draft, within_key=within_key, point=point)

    def _draft(self, told: Mapping[str, str], items: Mapping[str, str]) -> Draft:
        tags = {self._tag_codes.get(word, word) for word in told.get("tags", "").translate(BETWEEN_TAGS).split()}
        address = told.get("address", "")
        if self.kind is ElementKind.PERSON:
            return Draft(kind=self.kind, tags=tuple(sorted(tags)), items=items, address=address)
        state = told.get("state", "")
        return Draft(
            kind=self.kind,
            key=told.get("key", ""),
            name=told.get("name", ""),
            address=address,
            class_code=told.get("class_code", ""),
            state=STATES.get(state, state),
            owner_unit=told.get("owner_unit", ""),
            tags=tuple(sorted(tags)),
            items=items,
        )

    def _keep(self, items: dict[str, str], rule: ItemRule, value: str, number: int, faults: list[RowFault]) -> None:
        try:
            items[rule.code] = rule.read(value)
        except ItemRefused as refused:
            self._fault(faults, number, rule.code, f"NOT_A_{rule.type.value.upper()}", refused.details["problem"])

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
