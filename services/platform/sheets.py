"""Reads the rows of a spreadsheet that somebody sends whole: xlsx, or comma-separated values in UTF-8 or GB 18030."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final
from xml.etree.ElementTree import ParseError

from services.platform.errors import Invalid

#: What an xlsx may unpack to; a small file can hold a flood.
UNPACKED_BYTES_MAX: Final = 40_000_000
_ZIP_MARK: Final = b"PK\x03\x04"
_ENCODINGS: Final = ("utf-8-sig", "gb18030")


class SheetUnreadable(Invalid):
    """The spreadsheet cannot be read: {problem}."""

    reason = "SHEET_UNREADABLE"


def rows_of(content: bytes) -> Iterator[list[str]]:
    """The rows of a file, the one with the headings first; fails with SHEET_UNREADABLE."""
    return _xlsx_rows(content) if content.startswith(_ZIP_MARK) else _csv_rows(content)


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = next((text for encoding in _ENCODINGS if (text := _decoded(content, encoding)) is not None), None)
    if text is None or "\0" in text:
        raise SheetUnreadable(problem="it is neither xlsx nor csv in UTF-8")
    try:
        yield from csv.reader(io.StringIO(text))
    except csv.Error as error:
        raise SheetUnreadable(problem="it is no proper csv") from error


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _xlsx_rows(content: bytes) -> Iterator[list[str]]:
    # Read in with the first file that needs it, so that no start waits for it.
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

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
