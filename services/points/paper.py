"""Draws the certificate of hours as a PDF with a QR code; its Chinese type needs no font file on this machine."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from services.points.domain.honours import APPOINTMENT, Letter
from services.points.domain.statements import Certificate, hours_told
from services.points.domain.validity import CITY_TIME

FONT: Final = "STSong-Light"
QR_POINTS: Final = 110
MARGIN_POINTS: Final = 72


def certificate_pdf(certificate: Certificate, *, check_address: str) -> bytes:
    """One page in two languages; the same certificate makes the same bytes."""
    return _page(
        "志愿服务记录证明",
        "Certificate of Volunteer Service",
        _lines(certificate),
        number=certificate.number,
        check_address=check_address,
    )


def _page(title: str, english: str, lines: Sequence[str], *, number: str, check_address: str) -> bytes:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    buffer = BytesIO()
    width, height = A4
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(f"{title} {number}")
    canvas.setFont(FONT, 26)
    canvas.drawCentredString(width / 2, height - 120, title)
    canvas.setFont(FONT, 13)
    canvas.drawCentredString(width / 2, height - 145, english)
    canvas.setFont(FONT, 14)
    for place, line in enumerate(lines):
        canvas.drawString(MARGIN_POINTS, height - 210 - 30 * place, line)
    canvas.setFont(FONT, 10)
    canvas.drawString(MARGIN_POINTS, 96, f"编号 No. {number}")
    canvas.drawString(MARGIN_POINTS, 78, f"扫码核验 Scan to check: {check_address}")
    _draw_qr(canvas, check_address, x=width - MARGIN_POINTS - QR_POINTS, y=110)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def letter_pdf(letter: Letter, *, name: str, check_address: str) -> bytes:
    """A letter of appointment or of praise, on one page in two languages; the same letter makes the same bytes."""
    if letter.kind == APPOINTMENT:
        title, english = "聘书", "Letter of Appointment"
        lines = [
            f"兹聘请 {name} 为:",
            letter.words,
            f"{name} is appointed to the above.",
        ]
    else:
        title, english = "表扬信", "Letter of Praise"
        lines = [
            f"{letter.unit}:",
            f"贵单位 {name} 热心志愿服务,累计 {hours_told(letter.minutes)} 小时,特此表扬。",
            f"{name} of your staff gave {hours_told(letter.minutes)} hours of voluntary service ({letter.words}).",
        ]
    issued = letter.issued_at.astimezone(CITY_TIME)
    return _page(
        title,
        english,
        [*lines, f"出具日期 Issued:  {issued:%Y-%m-%d}"],
        number=letter.number,
        check_address=check_address,
    )


def _lines(certificate: Certificate) -> list[str]:
    issued = certificate.issued_at.astimezone(CITY_TIME)
    return [
        f"姓名 Name:  {certificate.name}",
        f"服务时段 Period:  {certificate.from_day} — {certificate.until_day}",
        f"服务时长 Hours:  {hours_told(certificate.minutes)} 小时 hours({certificate.minutes} 分钟 minutes)",
        f"服务次数 Services:  {certificate.services}",
        f"星级 Stars:  {'★' * certificate.star or '—'}",
        f"出具日期 Issued:  {issued:%Y-%m-%d}",
    ]


def _draw_qr(canvas: Canvas, text: str, *, x: float, y: float) -> None:
    widget = QrCodeWidget(text, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    scale = QR_POINTS / max(right - left, top - bottom)
    drawing = Drawing(QR_POINTS, QR_POINTS, transform=[scale, 0, 0, scale, 0, 0])
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, x, y)
