"""Draws a case, or a list of cases, as a PDF for the file; its Chinese type needs no font file on this machine.

The PDF library is large: whoever draws nothing does not load it, so this module is only imported where one is drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from PIL import Image as Pictures
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from services.gateway.words import Words

TYPE: Final = "application/pdf"
FONT: Final = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
MARGIN: Final = 16 * mm
PICTURE_PX: Final = 900
PICTURES_A_ROW: Final = 3
LINE: Final = colors.HexColor("#c9d1dc")
QUIET: Final = colors.HexColor("#56616f")
SIGNALS: Final = {"RED": "#c62828", "YELLOW": "#9a6700", "GREEN": "#1a7f37"}
TITLE: Final = ParagraphStyle("title", fontName=FONT, fontSize=17, leading=23, wordWrap="CJK")
HEAD: Final = ParagraphStyle(
    "head", fontName=FONT, fontSize=12, leading=18, spaceBefore=9, spaceAfter=3, wordWrap="CJK"
)
TEXT: Final = ParagraphStyle("text", fontName=FONT, fontSize=10, leading=14.5, wordWrap="CJK")
SMALL: Final = ParagraphStyle("small", parent=TEXT, fontSize=8.5, leading=12)
ASIDE: Final = ParagraphStyle("aside", parent=SMALL, textColor=QUIET)
#: The columns of a list and their part of the width.
COLUMNS: Final = (
    ("sheet_number", 14), ("sheet_state", 8), ("sheet_signal", 6), ("sheet_kind", 13), ("sheet_words", 25),
    ("sheet_place", 18), ("sheet_department", 12), ("sheet_reported", 11), ("sheet_due", 11),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """For whom it is drawn: language, time zone, names of departments, and who takes it along when."""

    words: Words
    zone: ZoneInfo
    departments: dict[str, str]
    by: str
    at: datetime

    def ui(self, key: str) -> str:
        """A text of the pages."""
        return self.words.text("ui", key) or key

    def command(self, key: str, **details: str) -> str:
        """A text of the command page."""
        return self.words.text("command", key, details) or key

    def code(self, section: str, name: str, prefix: str) -> str:
        """A code in words."""
        plain = name.removeprefix(prefix)
        return self.words.text(section, plain) or plain

    def moment(self, stamp: Timestamp) -> str:
        """A moment by the city's clock."""
        return f"{stamp.ToDatetime(ZoneInfo('UTC')).astimezone(self.zone):%Y-%m-%d %H:%M}" if stamp.seconds else ""

    def who(self, subject: str, role: str = "") -> str:
        """A person by role and code, as the pages say it."""
        kind, _, code = subject.partition(":")
        if kind in {"plugin", "service"}:
            return self.ui("plugin_said" if kind == "plugin" else "system")
        if kind in {"resident", "volunteer"}:
            return self.words.text("roles", kind) or kind
        return " ".join(part for part in (self.words.text("roles", role) or "", code or kind) if part)


def case_pdf(whole: incidents_pb2.GetCaseResponse, drawn: Print, pictures: Sequence[bytes]) -> bytes:
    """The sheet of one case: facts, pictures and all that was done, as its reader was answered."""
    case = whole.case
    parts: list[Flowable] = [
        Paragraph(escape(_title(case, drawn)), TITLE),
        Paragraph(escape(f"{case.number} · {drawn.ui('case_sheet')}"), ASIDE),
        Spacer(1, 6),
        Paragraph(escape(case.description), TEXT),
        Spacer(1, 6),
        _facts(case, drawn),
    ]
    if pictures:
        parts += [Paragraph(escape(drawn.ui("evidence")), HEAD), _gallery(pictures)]
    parts.append(Paragraph(escape(drawn.ui("history")), HEAD))
    parts += [KeepTogether(_line(entry, drawn)) for entry in whole.history]
    parts += [Spacer(1, 18), Paragraph(escape(drawn.ui("stamp")), ParagraphStyle("stamp", parent=TEXT, alignment=2))]
    return _document(parts, drawn, title=f"{case.number} {drawn.ui('case_sheet')}", size=A4)


def list_pdf(cases: Sequence[cases_pb2.Case], drawn: Print, *, more: bool) -> bytes:
    """A list as a table; `more` says that it goes on where the sheet ends."""
    width = landscape(A4)[0] - 2 * MARGIN
    whole = sum(part for _, part in COLUMNS)
    rows = [[Paragraph(escape(drawn.command(key)), ASIDE) for key, _ in COLUMNS]]
    rows += [[Paragraph(escape(text), SMALL) for text in _cells(case, drawn)] for case in cases]
    table = Table(rows, colWidths=[width * part / whole for _, part in COLUMNS], repeatRows=1)
    table.setStyle([
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        *(
            ("TEXTCOLOR", (2, row), (2, row), colors.HexColor(SIGNALS[signal]))
            for row, case in enumerate(cases, start=1)
            if (signal := _signal(case)) in SIGNALS
        ),
    ])  # fmt: skip
    count = drawn.command("print_more" if more else "print_count", count=str(len(cases)))
    title = drawn.command("sheet_title")
    parts = [Paragraph(escape(title), TITLE), Paragraph(escape(count), ASIDE), Spacer(1, 6), table]
    return _document(parts, drawn, title=title, size=landscape(A4))


def _title(case: cases_pb2.Case, drawn: Print) -> str:
    return (case.task_type_title_en if drawn.words.language == "en" else "") or case.task_type_title


def _grid(case: cases_pb2.Case, drawn: Print) -> str:
    return (case.grid_name_en if drawn.words.language == "en" else "") or case.grid_name


def _signal(case: cases_pb2.Case) -> str:
    return "" if case.HasField("closed_at") else cases_pb2.Signal.Name(case.signal).removeprefix("SIGNAL_")


def _state(case: cases_pb2.Case, drawn: Print) -> str:
    return drawn.code("state", cases_pb2.CaseState.Name(case.state), "CASE_STATE_")


def _department(case: cases_pb2.Case, drawn: Print) -> str:
    return drawn.departments.get(case.department_code, case.department_code)


def _cells(case: cases_pb2.Case, drawn: Print) -> Iterable[str]:
    signal = _signal(case)
    return (
        case.number,
        _state(case, drawn),
        drawn.words.text("signal", signal) or "",
        _title(case, drawn),
        case.description,
        case.place or _grid(case, drawn),
        _department(case, drawn),
        drawn.moment(case.reported_at),
        drawn.moment(case.deadline_at),
    )


def _facts(case: cases_pb2.Case, drawn: Print) -> Table:
    source = drawn.code("source", cases_pb2.Source.Name(case.source), "SOURCE_")
    told = (
        (drawn.ui("state"), " · ".join(filter(None, (_state(case, drawn), drawn.words.text("signal", _signal(case)))))),
        (drawn.ui("place"), " · ".join(filter(None, (case.place, _grid(case, drawn), case.grid_code)))),
        (drawn.ui("reported"), f"{drawn.moment(case.reported_at)} · {source}"),
        (drawn.ui("registered"), drawn.moment(case.registered_at)),
        (drawn.ui("deadline"), drawn.moment(case.deadline_at)),
        (drawn.ui("owner"), _department(case, drawn) or drawn.ui("owner_none")),
        (drawn.ui("solver"), drawn.who(case.solver) if case.solver else ""),
        (drawn.ui("checker"), drawn.who(case.checker) if case.checker else ""),
        (drawn.ui("ended"), drawn.moment(case.closed_at)),
        (drawn.ui("rating"), "★" * case.rating),
    )
    rows = [[Paragraph(escape(name), ASIDE), Paragraph(escape(value), TEXT)] for name, value in told if value]
    table = Table(rows, colWidths=[26 * mm, A4[0] - 2 * MARGIN - 26 * mm])
    table.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return table


def _line(entry: cases_pb2.HistoryEntry, drawn: Print) -> list[Flowable]:
    event = drawn.code("event", cases_pb2.CaseEvent.Name(entry.event), "CASE_EVENT_")
    words = (entry.opinion_en if drawn.words.language == "en" else "") or entry.opinion
    head = " · ".join(filter(None, (drawn.moment(entry.at), drawn.who(entry.actor, entry.role) if entry.actor else "")))
    shown: list[Flowable] = [
        Paragraph(f"{escape(event)}  <font color='#56616f' size='8.5'>{escape(head)}</font>", TEXT)
    ]
    if words:
        shown.append(Paragraph(escape(words), ParagraphStyle("said", parent=SMALL, leftIndent=10)))
    return [*shown, Spacer(1, 3)]


def _gallery(pictures: Sequence[bytes]) -> Table:
    width = (A4[0] - 2 * MARGIN) / PICTURES_A_ROW - 3 * mm
    cells: list[Any] = [_picture(content, width) for content in pictures]
    cells += [""] * (-len(cells) % PICTURES_A_ROW)
    rows = [cells[start : start + PICTURES_A_ROW] for start in range(0, len(cells), PICTURES_A_ROW)]
    table = Table(rows, colWidths=[width + 3 * mm] * PICTURES_A_ROW)
    table.setStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return table


def _picture(content: bytes, width: float) -> Image:
    with Pictures.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
        small = picture.convert("RGB")
    small.thumbnail((PICTURE_PX, PICTURE_PX))
    out = BytesIO()
    small.save(out, "JPEG", quality=80)
    out.seek(0)
    return Image(out, width=width, height=min(width * small.height / small.width, 1.4 * width), kind="proportional")


def _document(parts: list[Flowable], drawn: Print, *, title: str, size: tuple[float, float]) -> bytes:
    taken = drawn.command("print_by", name=drawn.by, time=f"{drawn.at.astimezone(drawn.zone):%Y-%m-%d %H:%M}")

    def foot(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(FONT, 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 9 * mm, taken)
        canvas.drawRightString(size[0] - MARGIN, 9 * mm, f"{title} · {document.page}")

    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=size, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN, title=title
    )
    document.build(parts, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()
