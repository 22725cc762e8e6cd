"""Reads the things that inspectors look at on behalf of a department, from its `inspection.toml`."""

from typing import Final

from plugins.sdk.manifest.model import InspectionItem, InspectionLine
from plugins.sdk.manifest.table import Table
from plugins.sdk.manifest.tasktypes import DEPARTMENT, NAME

ITEM: Final = r"[A-Z]{2,8}-\d{2,3}"
LINE: Final = r"[A-Z]{2,8}"
SEVERITIES: Final = ("general", "major", "critical")
FREQUENCIES: Final = ("daily", "weekly", "monthly", "quarterly", "yearly")
TARGETS: Final = (
    "building",
    "construction_site",
    "enterprise",
    "facility",
    "household",
    "place",
    "road",
    "shop",
    "site",
    "street",
)
ITEMS_MAX: Final = 500


def lines_and_items_of(table: Table) -> tuple[tuple[InspectionLine, ...], tuple[InspectionItem, ...]]:
    """The lines and items of a file, in its order."""
    lines = tuple(_line(inner) for inner in table.tables("lines", least=1, most=20))
    table.different("lines", [line.code for line in lines])
    inner = table.tables("items", least=1, most=ITEMS_MAX)
    items = tuple(_item(each) for each in inner)
    table.different("items", [item.code for item in items])
    known = {line.code for line in lines}
    for each, item in zip(inner, items, strict=True):
        if item.line and item.line not in known:
            each.fault("line", f"{item.line} is no line of this file")
    table.finish()
    return lines, items


def _line(table: Table) -> InspectionLine:
    line = InspectionLine(
        code=table.text("code", max_length=20, pattern=LINE),
        title=table.text("title", max_length=100),
        title_en=table.text("title_en", max_length=200),
    )
    table.finish()
    return line


def _item(table: Table) -> InspectionItem:
    item = InspectionItem(
        code=table.text("code", max_length=20, pattern=ITEM),
        line=table.text("line", max_length=20, pattern=LINE),
        title=table.text("title", max_length=200),
        title_en=table.text("title_en", max_length=300),
        severity=table.choice("severity", SEVERITIES),
        frequency=table.choice("frequency", FREQUENCIES),
        target=table.choice("target", TARGETS),
        task_type=table.text("task_type", max_length=60, pattern=NAME),
        rectify_department=table.text("rectify_department", max_length=40, pattern=DEPARTMENT),
        photo_required=table.flag("photo_required"),
    )
    if item.code and item.line and not item.code.startswith(f"{item.line}-"):
        table.fault("code", f"does not begin with its line, {item.line}")
    table.finish()
    return item
