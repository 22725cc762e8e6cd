"""What a certificate or letter says, for whoever scans the code on it; open to everybody, with the name masked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from gridward.points.v1 import honours_pb2, statements_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import rendering
from services.gateway.contract import call_named
from services.gateway.gate import gate_of
from services.gateway.residents import resident
from services.gateway.visits import Visit, language_of
from services.gateway.words import words_in

FEATURES: Final = ("papers",)
LENGTH_MIN, LENGTH_MAX = 6, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A kind of paper: who knows it, and what stands on it."""

    file: FileDescriptor
    service: str
    call: str
    ask: Callable[[str], Message]
    holds: str
    title: Callable[[Any], str]


CERTIFICATE: Final = Paper(
    file=statements_pb2.DESCRIPTOR,
    service="StatementsService",
    call="CheckCertificate",
    ask=lambda number: statements_pb2.CheckCertificateRequest(number=number),
    holds="certificate",
    title=lambda _certificate: "certificate",
)
LETTER: Final = Paper(
    file=honours_pb2.DESCRIPTOR,
    service="HonoursService",
    call="CheckLetter",
    ask=lambda number: honours_pb2.CheckLetterRequest(number=number),
    holds="letter",
    title=lambda letter: "appointment" if letter.kind == honours_pb2.LETTER_KIND_APPOINTMENT else "praise",
)


async def _show(request: Request, kind: Paper) -> Response:
    gate, number = gate_of(request), request.path_params["number"]
    visit: Visit | None = await gate.visitors.of(request)
    request.state.visit = visit
    language = language_of(request, visit)
    words = words_in(language)
    asked = number.ljust(LENGTH_MIN, "-")[:LENGTH_MAX]
    call = call_named(kind.file, kind.service, kind.call)
    answer = await gate.backends.call(call, kind.ask(asked), caller=resident("resident:guest", language=language))
    paper: Any = getattr(answer, kind.holds)
    return rendering.page(
        request, "paper.html", words=words, visit=visit, features=FEATURES, page_data={"timezone": gate.settings.timezone},
        paper=paper, kind=kind.title(paper), stars="★" * getattr(paper, "star", 0), hours=f"{paper.minutes // 60}.{paper.minutes % 60 * 10 // 60}",
    )  # fmt: skip


async def certificate(request: Request) -> Response:
    """A certificate of hours."""
    return await _show(request, CERTIFICATE)


async def letter(request: Request) -> Response:
    """A letter of appointment or praise."""
    return await _show(request, LETTER)


ROUTES = [
    Route("/certificates/{number}", certificate, methods=["GET"]),
    Route("/letters/{number}", letter, methods=["GET"]),
]
