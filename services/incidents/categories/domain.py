"""The classes of components and events, their time limits, and the rules by which a new edition takes an older's place."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.incidents.domain.limits import Limit, LimitUnit
from services.platform.errors import Invalid, NotFound

CLASSES_MAX: Final = 5_000
_CODE: Final = re.compile(r"([CE])(\d{2})(\d{2,4})")


class TaxonomyUnknown(NotFound):
    """There is no version {version} of the classes."""

    reason = "TAXONOMY_UNKNOWN"


class Kind(StrEnum):
    """What is classed."""

    COMPONENT = "component"
    EVENT = "event"


#: The major classes; the city may add more by giving their names in the spreadsheet.
MAJORS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "C01": ("公用设施", "Public utilities"),
        "C02": ("交通设施", "Traffic facilities"),
        "C03": ("市容环境设施", "City environment facilities"),
        "C04": ("园林绿化设施", "Landscaping facilities"),
        "C05": ("其他部件", "Other components"),
        "E01": ("市容环境", "City environment"),
        "E02": ("宣传广告", "Advertising"),
        "E03": ("施工管理", "Construction"),
        "E04": ("街面秩序", "Street order"),
        "E05": ("突发事件", "Emergencies"),
        "E06": ("其他事件", "Other events"),
    }
)
_UNITS: Final[Mapping[str, LimitUnit]] = MappingProxyType(
    {
        "min": LimitUnit.MINUTE,
        "uh": LimitUnit.URGENT_HOUR,
        "wh": LimitUnit.WORK_HOUR,
        "wd": LimitUnit.WORK_DAY,
        "nd": LimitUnit.NATURAL_DAY,
        "分钟": LimitUnit.MINUTE,
        "紧急工作时": LimitUnit.URGENT_HOUR,
        "工作时": LimitUnit.WORK_HOUR,
        "工作日": LimitUnit.WORK_DAY,
        "自然日": LimitUnit.NATURAL_DAY,
    }
)
_LIMIT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+|[一-鿿]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLimit:
    """One filing condition of a class, and its time."""

    condition: str
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A minor class (小类)."""

    code: str
    name: str
    name_en: str = ""
    limits: tuple[ClassLimit, ...] = ()
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    retired: bool = False

    @property
    def kind(self) -> Kind:
        """Component or event."""
        return Kind.COMPONENT if self.code.startswith("C") else Kind.EVENT

    @property
    def major_code(self) -> str:
        """Code of its major class (大类)."""
        return self.code[:3]

    @property
    def local(self) -> bool:
        """Added by the city: counted downwards from 99, national ones upwards from 01."""
        return int(self.code[3:]) >= _LOCAL_FROM


_LOCAL_FROM: Final = 78


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a spreadsheet, as text."""

    number: int
    code: str
    name: str
    name_en: str = ""
    limits: str = ""
    keywords: str = ""
    examples: str = ""


class Flaw(StrEnum):
    """What can be wrong with a line, or worth knowing; pages have words for each."""

    NO_CLASS = "NO_CLASS"
    CODE_FORM = "CODE_FORM"
    MAJOR_UNKNOWN = "MAJOR_UNKNOWN"
    CODE_TWICE = "CODE_TWICE"
    NAME_EMPTY = "NAME_EMPTY"
    NAME_TWICE = "NAME_TWICE"
    LIMIT_FORM = "LIMIT_FORM"
    LIMIT_VALUE = "LIMIT_VALUE"
    KEPT_RETIRED = "KEPT_RETIRED"


_SAID: Final[Mapping[Flaw, str]] = MappingProxyType(
    {
        Flaw.NO_CLASS: "there is no line with a class",
        Flaw.CODE_FORM: "{value} is not like C0101 or E0110",
        Flaw.MAJOR_UNKNOWN: "there is no major class {value}",
        Flaw.CODE_TWICE: "{value} is there twice",
        Flaw.NAME_EMPTY: "is empty",
        Flaw.NAME_TWICE: "{value} is there twice in its major class",
        Flaw.LIMIT_FORM: "{value} is not like 缺失:2uh",
        Flaw.LIMIT_VALUE: "{value} is no time",
        Flaw.KEPT_RETIRED: "is missing but kept, retired: in use by {value}",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one line; `value` is what is meant."""

    line: int
    field: str
    flaw: Flaw
    value: str = ""

    @property
    def problem(self) -> str:
        """The same as English words."""
        return _SAID[self.flaw].format(value=self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a spreadsheet comes to: classes, faults that keep it out, and notes that do not."""

    categories: tuple[Category, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A version of the taxonomy; it counts from its day on, until a newer one does."""

    version: int
    title: str
    effective_from: date
    class_count: int
    created_by: str


def edition_on(day: date, editions: Iterable[Edition]) -> Edition | None:
    """The edition that counts on a day: of those that had begun the one that began last, the newer of two."""
    begun = [edition for edition in editions if edition.effective_from <= day]
    return max(begun, key=lambda edition: (edition.effective_from, edition.version), default=None)


def read_lines(lines: Iterable[Line], *, before: Mapping[str, Category], used: Mapping[str, str]) -> Reading:
    """Make classes of lines.

    A class that is in use (`used` says by what) is never lost: when the lines leave it out it stays, retired.
    """
    categories: dict[str, Category] = {}
    faults: list[Fault] = []
    for line in lines:
        found = list(_faults_of(line, categories))
        limits, limit_faults = _limits_of(line)
        faults += [*found, *limit_faults]
        if not found:
            categories[line.code] = Category(
                code=line.code,
                name=line.name,
                name_en=line.name_en,
                limits=limits,
                keywords=_words_of(line.keywords),
                examples=tuple(filter(None, (part.strip() for part in re.split(r"[;；\n]", line.examples)))),
            )
    if not categories and not faults:
        faults.append(Fault(line=0, field="code", flaw=Flaw.NO_CLASS))
    notes: list[Fault] = []
    for code, reason in sorted(used.items()):
        if code not in categories and code in before:
            categories[code] = replace(before[code], retired=True)
            notes.append(Fault(line=0, field=code, flaw=Flaw.KEPT_RETIRED, value=reason))
    return Reading(categories=tuple(categories.values()), faults=tuple(faults), notes=tuple(notes))


def _faults_of(line: Line, known: Mapping[str, Category]) -> Iterable[Fault]:
    match = _CODE.fullmatch(line.code)
    if match is None:
        yield Fault(line=line.number, field="code", flaw=Flaw.CODE_FORM, value=line.code or "-")
    elif line.code[:3] not in MAJORS:
        yield Fault(line=line.number, field="code", flaw=Flaw.MAJOR_UNKNOWN, value=line.code[:3])
    elif line.code in known:
        yield Fault(line=line.number, field="code", flaw=Flaw.CODE_TWICE, value=line.code)
    if not line.name:
        yield Fault(line=line.number, field="name", flaw=Flaw.NAME_EMPTY)
    elif any(category.name == line.name and category.code[:3] == line.code[:3] for category in known.values()):
        yield Fault(line=line.number, field="name", flaw=Flaw.NAME_TWICE, value=line.name)


def _limits_of(line: Line) -> tuple[tuple[ClassLimit, ...], list[Fault]]:
    limits: list[ClassLimit] = []
    faults: list[Fault] = []
    for part in filter(None, (part.strip() for part in re.split(r"[;；]", line.limits))):
        condition, _, text = part.replace("：", ":").rpartition(":")
        match = _LIMIT.fullmatch(text.strip())
        unit = _UNITS.get(match[2]) if match else None
        if match is None or unit is None or not condition:
            faults.append(Fault(line=line.number, field="limits", flaw=Flaw.LIMIT_FORM, value=part))
            continue
        try:
            limits.append(ClassLimit(condition=condition.strip(), limit=Limit.of(Decimal(match[1]), unit)))
        except (Invalid, InvalidOperation):
            faults.append(Fault(line=line.number, field="limits", flaw=Flaw.LIMIT_VALUE, value=part))
    return tuple(limits), faults


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, re.split(r"[\s,，、;；]+", text))))
