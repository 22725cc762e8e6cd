"""Reads task types: their conditions and limits, form, photos, check, stages, notices and points."""

from typing import Final

from plugins.sdk.case import Limit, LimitUnit
from plugins.sdk.manifest.form import FIELD_TYPES
from plugins.sdk.manifest.model import (
    FilingCondition,
    FormField,
    Hint,
    Notice,
    Option,
    Photos,
    PointsRule,
    Stage,
    TaskType,
)
from plugins.sdk.manifest.table import Table

NAME: Final = r"[a-z][a-z0-9_]{1,59}"
DEPARTMENT: Final = r"[A-Z][A-Z0-9]{1,39}"
CATEGORY: Final = r"[A-Z][A-Z0-9]{1,19}"
CHECK_MODES: Final = ("field", "photo", "record", "callback", "recheck", "rating")
BENEFICIARIES: Final = ("reporter", "solver")
NOTICE_STEPS: Final = ("report", "register", "dispatch", "sign", "dispose", "close")
NOTICE_RECEIVERS: Final = ("reporter", "handler", "leader")
UNITS: Final = tuple(unit.value for unit in LimitUnit if unit is not LimitUnit.UNKNOWN)
LIMIT_MAX: Final = 10_000
BASE_POINTS_MAX: Final = 10_000
DUPLICATE_DISTANCE_M_MAX: Final = 5000
PHOTOS_MAX: Final = 9


def task_types_of(table: Table, department: str) -> tuple[TaskType, ...]:
    """The task types of a manifest."""
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
        photos=_photos(table.table("photos", optional=True)),
        hints=tuple(_hint(inner, fields) for inner in table.tables("hints", least=0, most=100)),
        stages=_stages(table),
        notices=tuple(_notice(inner) for inner in table.tables("notices", least=0, most=20)),
    )
    table.finish()
    return task_type


def _photos(table: Table) -> Photos:
    photos = Photos(
        disposal=table.whole_or_none("disposal", least=0, most=PHOTOS_MAX),
        check=table.whole_or_none("check", least=0, most=PHOTOS_MAX),
    )
    table.finish()
    return photos


def _hint(table: Table, fields: tuple[FormField, ...]) -> Hint:
    hint = Hint(
        field=table.text("field", max_length=60),
        value=table.text("value", max_length=60),
        department=table.text("department", max_length=40, pattern=DEPARTMENT),
    )
    options = {field.name: {option.value for option in field.options} for field in fields}
    if hint.field not in options:
        table.fault("field", f"{hint.field!r} is no field of this task type")
    elif options[hint.field] and hint.value not in options[hint.field]:
        table.fault("value", f"{hint.value!r} is no option of {hint.field}")
    table.finish()
    return hint


def _stages(table: Table) -> tuple[Stage, ...]:
    inner = table.tables("stages", least=0, most=20)
    stages = tuple(_stage(each) for each in inner)
    table.different("stages", [stage.code for stage in stages])
    known = {stage.code for stage in stages}
    for each, stage in zip(inner, stages, strict=True):
        for code in stage.next:
            if code not in known:
                each.fault("next", f"{code!r} is no stage of this task type")
    return stages


def _stage(table: Table) -> Stage:
    stage = Stage(
        code=table.text("code", max_length=60, pattern=NAME),
        title=table.text("title", max_length=100),
        title_en=table.text("title_en", max_length=200),
        next=table.texts("next", most=20),
    )
    table.finish()
    return stage


def _notice(table: Table) -> Notice:
    notice = Notice(
        at=table.choice("at", NOTICE_STEPS),
        to=table.choice("to", NOTICE_RECEIVERS),
        text=table.text("text", max_length=200),
        text_en=table.text("text_en", max_length=400),
    )
    table.finish()
    return notice


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
