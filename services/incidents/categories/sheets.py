"""Reads a spreadsheet as lines of classes: xlsx or csv, with Chinese or English column names."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from services.incidents.categories.domain import CLASSES_MAX, Line
from services.platform.errors import Invalid

#: What an xlsx may unpack to; a small file can hold a flood.
UNPACKED_BYTES_MAX: Final = 40_000_000
_ZIP_MARK: Final = b"PK\x03\x04"
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


class SheetUnreadable(Invalid):
    """The spreadsheet cannot be read: {problem}."""

    reason = "SHEET_UNREADABLE"


def lines_of(content: bytes) -> list[Line]:
    """The lines of a sheet; fails with SHEET_UNREADABLE."""
    rows = _xlsx_rows(content) if content.startswith(_ZIP_MARK) else _csv_rows(content)
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


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetUnreadable(problem="it is neither xlsx nor csv in UTF-8") from error
    try:
        yield from csv.reader(io.StringIO(text))
    except csv.Error as error:
        raise SheetUnreadable(problem="it is no proper csv") from error


def _xlsx_rows(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES_MAX:
                raise SheetUnreadable(problem="it unpacks to too much")
        with closing(load_workbook(io.BytesIO(content), read_only=True, data_only=True)) as workbook:
            yield from _texts(workbook.worksheets[0].iter_rows(values_only=True))
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, ParseError, OSError) as error:
        raise SheetUnreadable(problem="it is no proper xlsx") from error


def _texts(rows: Iterable[tuple[object, ...]]) -> Iterator[list[str]]:
    for row in rows:
        yield ["" if cell is None else str(cell) for cell in row]
