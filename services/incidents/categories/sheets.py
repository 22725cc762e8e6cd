"""Reads a spreadsheet as lines of classes: xlsx or csv, with Chinese or English column names."""

from collections.abc import Mapping
from typing import Final

from services.incidents.categories.domain import CLASSES_MAX, Line
from services.platform.sheets import SheetUnreadable, rows_of

_COLUMNS: Final[Mapping[str, str]] = {
    "code": "code",
    "代码": "code",
    "编码": "code",
    "小类代码": "code",
    "name": "name",
    "名称": "name",
    "小类名称": "name",
    "name_en": "name_en",
    "英文名": "name_en",
    "limits": "limits",
    "时限": "limits",
    "立案条件与时限": "limits",
    "keywords": "keywords",
    "关键词": "keywords",
    "examples": "examples",
    "示例": "examples",
}


def lines_of(content: bytes) -> list[Line]:
    """The lines of a sheet; fails with SHEET_UNREADABLE."""
    rows = rows_of(content)
    header = next(rows, None)
    columns = [_COLUMNS.get(title.strip().casefold(), "") for title in header or ()]
    missing = [name for name in ("code", "name") if name not in columns]
    if missing:
        raise SheetUnreadable(problem=f"its first line names no column {' and no '.join(missing)}")
    lines: list[Line] = []
    for number, row in enumerate(rows, start=2):
        cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if name}
        if any(cells.values()):
            lines.append(Line(number=number, **{"code": "", "name": "", **cells}))
        if len(lines) > CLASSES_MAX:
            raise SheetUnreadable(problem=f"it has more than {CLASSES_MAX} lines")
    return lines
