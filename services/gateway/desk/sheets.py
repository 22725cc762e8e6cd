"""Writes a list of cases as an Excel file, with what the reader may see and no more."""

import io
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from gridward.incidents.v1 import cases_pb2

from services.gateway.words import Words

TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = (
    ("sheet_number", 22), ("sheet_state", 10), ("sheet_signal", 12), ("sheet_kind", 24), ("sheet_words", 48),
    ("sheet_place", 32), ("sheet_grid", 24), ("sheet_department", 20), ("sheet_source", 12), ("sheet_reported", 18),
    ("sheet_due", 18), ("sheet_ended", 18), ("sheet_rework", 8), ("sheet_rating", 8),
)  # fmt: skip


def sheet_of(cases: Iterable[cases_pb2.Case], *, departments: dict[str, str], words: Words, zone: ZoneInfo) -> bytes:
    """The file."""
    import xlsxwriter  # noqa: PLC0415 read in with the first file that is asked for, so that no start waits for it

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        page = book.add_worksheet(words["command"]["sheet_title"])
        bold = book.add_format({"bold": True, "bottom": 1})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for column, (key, width) in enumerate(COLUMNS):
            page.set_column(column, column, width)
            page.write_string(0, column, words["command"][key], bold)
        page.freeze_panes(1, 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        last = 0
        for last, case in enumerate(cases, start=1):
            for column, value in enumerate(_row(case, departments, words, zone)):
                if isinstance(value, datetime):
                    page.write_datetime(last, column, value, moment)
                elif isinstance(value, int):
                    page.write_number(last, column, value)
                else:
                    page.write_string(last, column, value)
        page.autofilter(0, 0, max(last, 1), len(COLUMNS) - 1)
    return file.getvalue()


def _row(
    case: cases_pb2.Case, departments: dict[str, str], words: Words, zone: ZoneInfo
) -> Iterable[str | int | datetime]:
    state = cases_pb2.CaseState.Name(case.state).removeprefix("CASE_STATE_")
    signal = cases_pb2.Signal.Name(case.signal).removeprefix("SIGNAL_")
    source = cases_pb2.Source.Name(case.source).removeprefix("SOURCE_")
    english = words.language == "en"
    return (
        case.number,
        words.text("state", state) or state,
        "" if case.HasField("closed_at") else words.text("signal", signal) or "",
        (case.task_type_title_en if english else "") or case.task_type_title,
        case.description,
        case.place,
        case.grid_name,
        departments.get(case.department_code, case.department_code),
        words.text("source", source) or "",
        *(_moment(getattr(case, name), zone) for name in ("reported_at", "deadline_at", "closed_at")),
        case.rework_count,
        case.rating or "",
    )


def _moment(stamp: Timestamp, zone: ZoneInfo) -> datetime | str:
    """In the city's time, without its zone, which spreadsheets do not know."""
    if not stamp.seconds:
        return ""
    return stamp.ToDatetime(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None)
