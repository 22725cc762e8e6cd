"""Reads a plugin's folder: the manifest and the locale files, with every fault that is in them."""

import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from plugins.sdk import locale
from plugins.sdk.case import Limit, LimitUnit
from plugins.sdk.manifest.faults import Fault, ManifestInvalid
from plugins.sdk.manifest.form import FIELD_TYPES
from plugins.sdk.manifest.model import FilingCondition, FormField, Manifest, Option, PointsRule, TaskType
from plugins.sdk.manifest.table import Table
from plugins.sdk.version import SDK_VERSION, admits

FILE: Final = "manifest.toml"
NAME: Final = r"[a-z][a-z0-9_]{1,59}"
DEPARTMENT: Final = r"[A-Z][A-Z0-9]{1,39}"
CATEGORY: Final = r"[A-Z][A-Z0-9]{1,19}"
VERSION: Final = r"\d+\.\d+\.\d+"
CHECK_MODES: Final = ("field", "photo", "record", "callback", "recheck", "rating")
QUALITIES: Final = ("bronze", "silver", "gold", "platinum")
BENEFICIARIES: Final = ("reporter", "solver")
UNITS: Final = tuple(unit.value for unit in LimitUnit if unit is not LimitUnit.UNKNOWN)
LIMIT_MAX: Final = 10_000
BASE_POINTS_MAX: Final = 10_000
DUPLICATE_DISTANCE_M_MAX: Final = 5000
PHOTOS_MAX: Final = 9


def read(folder: Path) -> Manifest:
    """What a plugin offers; fails with ManifestInvalid, which lists every fault."""
    manifest, faults = check(folder)
    if manifest is None or faults:
        raise ManifestInvalid(folder.name, faults)
    return manifest


def check(folder: Path) -> tuple[Manifest | None, tuple[Fault, ...]]:
    """What a plugin offers, as far as it can be read, and everything that is wrong with its files."""
    found: list[Fault] = []
    try:
        values = tomllib.loads(_text(folder))
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        return None, (Fault(file=FILE, key="", problem="the file is missing" if missing else str(error)),)
    table = Table(values, "", lambda key, problem: found.append(Fault(file=FILE, key=key, problem=problem)))
    manifest = _manifest(table, folder.name)
    found.extend(_locale_faults(folder))
    return manifest, tuple(found)


def _text(folder: Traversable) -> str:
    return folder.joinpath(FILE).read_text(encoding="utf-8")


def _locale_faults(folder: Path) -> Iterator[Fault]:
    for file, key, problem in locale.faults(folder):
        yield Fault(file=file, key=key, problem=problem)


def _manifest(table: Table, folder_name: str) -> Manifest:
    name = table.text("name", max_length=60, pattern=NAME)
    if name and name != folder_name:
        table.fault("name", f"{name!r} is not the name of the folder, {folder_name!r}")
    department = table.text("department", max_length=40, pattern=DEPARTMENT)
    manifest = Manifest(
        name=name,
        title=table.text("title", max_length=100),
        title_en=table.text("title_en", max_length=200),
        version=table.text("version", max_length=40, pattern=VERSION),
        sdk=_sdk(table),
        department=department,
        owner=table.text("owner", max_length=200),
        quality=table.choice("quality", QUALITIES),
        task_types=_task_types(table, department),
    )
    table.finish()
    return manifest


def _sdk(table: Table) -> str:
    wanted = table.text("sdk", max_length=40)
    try:
        if wanted and not admits(wanted):
            table.fault("sdk", f"{wanted} does not admit version {SDK_VERSION}, which is what this city offers")
    except ValueError as error:
        table.fault("sdk", str(error))
    return wanted


def _task_types(table: Table, department: str) -> tuple[TaskType, ...]:
    task_types = tuple(_task_type(inner, department) for inner in table.tables("task_types", least=1, most=200))
    table.different("task_types", [task_type.code for task_type in task_types])
    return task_types


def _task_type(table: Table, department: str) -> TaskType:
    co_departments = table.texts("co_departments", most=20, pattern=DEPARTMENT)
    if department in co_departments:
        table.fault("co_departments", f"{department} cannot assist itself")
    conditions = tuple(_condition(inner) for inner in table.tables("filing_conditions", least=1, most=50))
    table.different("filing_conditions", [condition.code for condition in conditions])
    fields = tuple(_field(inner) for inner in table.tables("fields", least=0, most=50))
    table.different("fields", [field.name for field in fields])
    task_type = TaskType(
        code=table.text("code", max_length=60, pattern=NAME),
        title=table.text("title", max_length=100),
        title_en=table.text("title_en", max_length=200),
        category=table.text("category", max_length=20, pattern=CATEGORY),
        co_departments=co_departments,
        filing_conditions=conditions,
        fields=fields,
        min_photos=table.whole("min_photos", least=0, most=PHOTOS_MAX, default=0),
        check_mode=table.choice("check_mode", CHECK_MODES),
        emergency=table.flag("emergency"),
        keywords=table.texts("keywords", most=100),
        points=_points(table.table("points", optional=True)),
        duplicate_distance_m=table.whole("duplicate_distance_m", least=1, most=DUPLICATE_DISTANCE_M_MAX, default=50),
    )
    table.finish()
    return task_type


def _condition(table: Table) -> FilingCondition:
    condition = FilingCondition(
        code=table.text("code", max_length=60, pattern=NAME),
        title=table.text("title", max_length=200),
        title_en=table.text("title_en", max_length=300),
        limit=_limit(table.table("limit")),
        closing_condition=table.text("closing_condition", max_length=500),
        closing_condition_en=table.text("closing_condition_en", max_length=500),
    )
    table.finish()
    return condition


def _limit(table: Table) -> Limit:
    value = table.number("value")
    if value is None or not 0 < value <= LIMIT_MAX:
        table.fault("value", f"must be more than 0 and at most {LIMIT_MAX}")
    limit = Limit(value=value or 0.0, unit=LimitUnit(table.choice("unit", UNITS)))
    table.finish()
    return limit


def _points(table: Table) -> PointsRule:
    beneficiary = table.choice("beneficiary", BENEFICIARIES, default="")
    base_points = table.whole("base_points", least=0, most=BASE_POINTS_MAX, default=0)
    if bool(beneficiary) != bool(base_points):
        table.fault("", "needs both a beneficiary and base_points above 0, or neither")
    table.finish()
    return PointsRule(beneficiary=beneficiary, base_points=base_points)


def _field(table: Table) -> FormField:
    kind = table.choice("type", tuple(FIELD_TYPES))
    options = tuple(_option(inner) for inner in table.tables("options", least=0, most=100))
    table.different("options", [option.value for option in options])
    if (kind == "enum") != bool(options):
        table.fault("options", "are needed by enum and possible nowhere else")
    minimum, maximum = table.number("min"), table.number("max")
    if kind not in {"integer", "decimal"} and (minimum is not None or maximum is not None):
        table.fault("min", "bounds are possible for integer and decimal only")
    if minimum is not None and maximum is not None and minimum > maximum:
        table.fault("min", "is more than max")
    field = FormField(
        name=table.text("name", max_length=60, pattern=NAME),
        label=table.text("label", max_length=100),
        label_en=table.text("label_en", max_length=200),
        type=kind,
        required=table.flag("required"),
        masked=table.flag("masked"),
        minimum=minimum,
        maximum=maximum,
        options=options,
    )
    table.finish()
    return field


def _option(table: Table) -> Option:
    option = Option(
        value=table.text("value", max_length=60),
        label=table.text("label", max_length=100),
        label_en=table.text("label_en", max_length=200),
    )
    table.finish()
    return option
