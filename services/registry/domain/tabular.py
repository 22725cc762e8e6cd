"""Takes files apart into rows piece by piece, holding no more of them than a few rows at a time."""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, Final, Protocol
from zipfile import BadZipFile

#: A row longer than this is a quotation mark that nobody closed.
ROW_CHARACTERS_MAX: Final = 1_000_000
LONGITUDE, LATITUDE = "longitude", "latitude"
#: How much of a file is looked at before its encoding is settled.
HEAD_BYTES: Final = 64 * 1024
UTF8_MARK: Final = b"\xef\xbb\xbf"
#: No text holds this character, and no database keeps it.
NOTHING: Final = "\0"


class Unreadable(Exception):
    """A file is not what it is said to be; the row where that shows, and why."""

    def __init__(self, row: int, problem: str) -> None:
        self.row = row
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One row as it stands in the file: its number and its cells by heading."""

    number: int
    cells: Mapping[str, str]


class RowReader(Protocol):
    """Takes a file in pieces and gives rows as they become whole; fails with Unreadable."""

    def feed(self, piece: bytes) -> list[RawRow]:
        """The rows that a piece completes."""

    def finish(self) -> list[RawRow]:
        """What is left at the end."""


@dataclass(slots=True)
class CsvReader:
    """Comma-separated values, in UTF-8 or else GB 18030; the first row names the columns."""

    _decoder: codecs.IncrementalDecoder | None = None
    _head: bytes = b""
    _text: str = ""
    _headings: list[str] = field(default_factory=list)
    _number: int = 0

    def feed(self, piece: bytes) -> list[RawRow]:
        """The rows that a piece completes."""
        if self._decoder is None:
            self._head += piece
            if len(self._head) < HEAD_BYTES:
                return []
            piece, self._decoder = self._head, codecs.getincrementaldecoder(_encoding_of(self._head))()
        return self._take(self._decode(piece, final=False), final=False)

    def finish(self) -> list[RawRow]:
        """What is left at the end."""
        rest = b""
        if self._decoder is None:
            rest, self._decoder = self._head, codecs.getincrementaldecoder(_encoding_of(self._head))()
        return self._take(self._decode(rest, final=True), final=True)

    def _decode(self, piece: bytes, *, final: bool) -> str:
        try:
            return self._decoder.decode(piece, final) if self._decoder else ""
        except UnicodeDecodeError as error:
            raise Unreadable(self._number + 1, "the text is neither UTF-8 nor GB 18030") from error

    def _take(self, text: str, *, final: bool) -> list[RawRow]:
        self._text += text
        whole = len(self._text) if final else _end_of_whole_rows(self._text)
        if not whole:
            if len(self._text) > ROW_CHARACTERS_MAX:
                raise Unreadable(self._number + 1, "a quotation mark is never closed")
            return []
        ready, self._text = self._text[:whole], self._text[whole:]
        if NOTHING in ready:
            raise Unreadable(self._number + 1 + ready.count("\n", 0, ready.index(NOTHING)), "a character is no text")
        try:
            found = csv.reader(io.StringIO(ready, newline=""), strict=True)
            return [row for cells in found if (row := self._row(cells)) is not None]
        except csv.Error as error:
            raise Unreadable(self._number + 1, f"not comma-separated values: {error}") from error

    def _row(self, cells: list[str]) -> RawRow | None:
        self._number += 1
        if not self._headings:
            self._headings = [heading.strip() for heading in cells]
            return RawRow(number=self._number, cells=dict.fromkeys(self._headings, ""))
        if not any(cells):
            return None
        if len(cells) > len(self._headings):
            raise Unreadable(self._number, "the row has more cells than there are headings")
        return RawRow(number=self._number, cells=dict(zip(self._headings, cells, strict=False)))


@dataclass(slots=True)
class GeoJsonReader:
    """The features of a GeoJSON FeatureCollection, one after the other; a feature that is not a point has its middle."""

    _decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8-sig"))
    _json: json.JSONDecoder = field(default_factory=json.JSONDecoder)
    _text: str = ""
    _inside: bool = False
    _number: int = 0

    def feed(self, piece: bytes) -> list[RawRow]:
        """The features that a piece completes."""
        try:
            self._text += self._decoder.decode(piece)
        except UnicodeDecodeError as error:
            raise Unreadable(self._number + 1, "the text is not UTF-8") from error
        return list(self._take())

    def finish(self) -> list[RawRow]:
        """Nothing may be left but the end of the collection."""
        rest = list(self._take())
        if not self._inside or not self._text.lstrip(", \n\r\t").startswith("]"):
            raise Unreadable(self._number + 1, "the collection of features does not end")
        return rest

    def _take(self) -> Iterator[RawRow]:
        if not self._inside and not self._find_beginning():
            return
        start = 0
        while True:
            while start < len(self._text) and self._text[start] in ", \n\r\t":
                start += 1
            if start >= len(self._text) or self._text[start] == "]":
                break
            try:
                feature, start = self._json.raw_decode(self._text, start)
            except RecursionError as error:
                raise Unreadable(self._number + 1, "a feature is nested too deeply") from error
            except json.JSONDecodeError as error:
                if len(self._text) - start > ROW_CHARACTERS_MAX:
                    raise Unreadable(self._number + 1, "a feature does not end") from error
                break
            self._number += 1
            yield RawRow(number=self._number, cells=_feature_cells(feature, self._number))
        self._text = self._text[start:]

    def _find_beginning(self) -> bool:
        mark = self._text.find('"features"')
        opening = self._text.find("[", mark) if mark >= 0 else -1
        if opening < 0:
            if len(self._text) > ROW_CHARACTERS_MAX:
                raise Unreadable(1, "there is no list of features")
            return False
        self._text, self._inside = self._text[opening + 1 :], True
        return True


def read_workbook(file: IO[bytes]) -> Iterator[RawRow]:
    """The rows of the first sheet of an Excel workbook, read as they are needed; fails with Unreadable."""
    # Read in with the first file that needs it, so that no start waits for it.
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise Unreadable(1, "not an Excel workbook") from error
    headings: list[str] = []
    sheet = book.worksheets[0]
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [_cell_text(cell) for cell in cells]
        if not headings:
            headings = [text.strip() for text in texts]
            yield RawRow(number=number, cells={heading: "" for heading in headings if heading})
        elif any(texts):
            yield RawRow(number=number, cells={h: text for h, text in zip(headings, texts, strict=False) if h})


def _encoding_of(piece: bytes) -> str:
    """UTF-8 when the beginning is UTF-8 but for a character cut at its end."""
    if piece.startswith(UTF8_MARK):
        return "utf-8-sig"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece, final=False)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _end_of_whole_rows(text: str) -> int:
    """Where the last row ends that is whole: a line's end outside of quotation marks."""
    end = text.rfind("\n") + 1
    while end and text.count('"', 0, end) % 2:
        end = text.rfind("\n", 0, end - 1) + 1
    return end


def _feature_cells(feature: Any, number: int) -> dict[str, str]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise Unreadable(number, "a feature has no properties")
    cells = {str(key): _cell_text(value) for key, value in properties.items()}
    if not _is_text("".join([*cells, *cells.values()])):
        raise Unreadable(number, "a character is no text")
    corners = list(_corners(feature.get("geometry")))
    if corners:
        cells[LONGITUDE] = repr(sum(east for east, _ in corners) / len(corners))
        cells[LATITUDE] = repr(sum(north for _, north in corners) / len(corners))
    return cells


def _is_text(text: str) -> bool:
    """Whether it can be written down; half of a pair of code units cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return NOTHING not in text


def _corners(geometry: Any) -> Iterator[tuple[float, float]]:
    """Every position in a geometry."""
    pending = [geometry.get("coordinates")] if isinstance(geometry, dict) else []
    while pending:
        part = pending.pop()
        if not isinstance(part, list) or not part:
            continue
        if isinstance(part[0], int | float) and len(part) > 1 and isinstance(part[1], int | float):
            yield float(part[0]), float(part[1])
        else:
            pending += part


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
