"""Draws up the mediation agreement as a PDF: the same bytes for the same terms, so that it is kept once."""

from io import BytesIO
from typing import Final

from plugins.justice.rules import Terms
from plugins.sdk import Document, Words

FONT: Final = "STSong-Light"
MARGIN_MM: Final = 25
LINE_MM: Final = 9
BLANK_LINES: Final = 8
LINE_LENGTH: Final = 34

words = Words(__package__)


def paper_of(terms: Terms) -> Document:
    """The agreement with everything known, and room for what the parties settle."""
    return Document(name=f"agreement-{terms.number}.pdf", content=_pdf(terms), content_type="application/pdf")


def lines_of(terms: Terms) -> list[str]:
    """What stands on the paper, line by line."""
    facts = {
        "number": terms.number,
        "date": terms.date,
        "place": terms.place,
        "subject": terms.subject,
        "mediator": terms.mediator,
    }
    told = [f"{words(f'paper.{key}').zh}:{value}" for key, value in facts.items() if value]
    folded = [line[at : at + LINE_LENGTH] for line in told for at in range(0, len(line), LINE_LENGTH)]
    return [*folded, words("paper.terms").zh, *["_" * 60] * BLANK_LINES, words("paper.signatures").zh]


def _pdf(terms: Terms) -> bytes:
    # Only who draws up a paper pays for the library: it is large, and the host is to start fast.
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415
    from reportlab.lib.units import mm  # noqa: PLC0415
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    page = BytesIO()
    canvas = Canvas(page, pagesize=A4, invariant=1)
    width, height = A4
    canvas.setTitle(f"{words('paper.title').zh} {terms.number}")
    canvas.setFont(FONT, 20)
    canvas.drawCentredString(width / 2, height - 35 * mm, words("paper.title").zh)
    canvas.setFont(FONT, 12)
    for place, line in enumerate(lines_of(terms)):
        canvas.drawString(MARGIN_MM * mm, height - (55 + place * LINE_MM) * mm, line)
    canvas.save()
    return page.getvalue()
