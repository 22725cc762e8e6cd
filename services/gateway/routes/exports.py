"""Lists and cases to take along, as Excel files and PDFs: what the reader may see, on record before it is handed out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import Message
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import loans, transcode
from services.gateway.contract import addresses, call_named
from services.gateway.desk import sheets
from services.gateway.gate import Gate, gate_of
from services.gateway.visits import Visit
from services.gateway.words import Words, words_in
from services.platform import audit
from services.platform.audit import Deed
from services.platform.errors import GridwardError

PAGE: Final = 200
ROWS_MAX: Final = 5000
PDF_ROWS_MAX: Final = 500
PICTURES_MAX: Final = 12
PDF: Final = "application/pdf"
_CASES = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "ListCases")
_CASE = call_named(incidents_pb2.DESCRIPTOR, "IncidentsService", "GetCase")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who takes something along."""

    gate: Gate
    visit: Visit
    words: Words

    @classmethod
    async def of(cls, request: Request) -> "_Reader":
        gate = gate_of(request)
        visit = request.state.visit = await gate.visitors.required(request)
        return cls(gate=gate, visit=visit, words=words_in(visit.caller.language))

    async def departments(self) -> dict[str, str]:
        """Names of departments by code."""
        return (await self.gate.open311_reader.city()).department_names(self.words.language)

    async def note(self, deed: Deed) -> None:
        """Put it on record."""
        async with self.gate.database.transaction() as transaction:
            await audit.write(transaction, deed, caller=self.visit.caller, at=self.gate.clock.now())

    @property
    def stamped(self) -> str:
        """Now, for a file's name."""
        return f"{self.gate.clock.now().astimezone(self.gate.open311_reader.zone):%Y%m%d-%H%M}"


async def _chosen(request: Request, reader: _Reader, *, rows_max: int, file: str) -> tuple[list[cases_pb2.Case], bool]:
    """The cases that the list's own parameters choose, and whether there are more."""
    address = next(each for each in addresses() if each.call.key == _CASES.key)
    asked = [each for each in request.query_params.multi_items() if each[0] not in {"pageSize", "pageToken"}]
    wish: Any = transcode.request_of(address, path={}, query=[*asked, ("pageSize", str(PAGE))], body=b"")
    cases: list[cases_pb2.Case] = []
    more = True
    while more and len(cases) < rows_max:
        answer: Any = await reader.gate.backends.call(_CASES, wish, caller=reader.visit.caller)
        cases.extend(answer.cases)
        wish.page_token = answer.next_page_token
        more = bool(answer.next_page_token)
    # By which filters it was chosen goes on record, not what they held.
    chosen_by = sorted({name for name, _ in asked})
    taken = cases[:rows_max]
    await reader.note(Deed(action="cases.export", target=file, fields=chosen_by, row_count=len(taken)))
    return taken, more or len(cases) > rows_max


def _file(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


async def excel(request: Request) -> Response:
    """A list as an Excel file."""
    reader = await _Reader.of(request)
    cases, _ = await _chosen(request, reader, rows_max=ROWS_MAX, file="cases.xlsx")
    content = sheets.sheet_of(
        cases, departments=await reader.departments(), words=reader.words, zone=reader.gate.open311_reader.zone
    )
    return _file(content, f"gridward-{reader.stamped}.xlsx", sheets.TYPE)


async def list_print(request: Request) -> Response:
    """A list as a PDF."""
    reader = await _Reader.of(request)
    cases, more = await _chosen(request, reader, rows_max=PDF_ROWS_MAX, file="cases.pdf")
    content = await _drawn(reader, cases, (), more=more)
    return _file(content, f"gridward-{reader.stamped}.pdf", PDF)


async def case_print(request: Request) -> Response:
    """The sheet of one case as a PDF."""
    reader = await _Reader.of(request)
    wish = incidents_pb2.GetCaseRequest(case_id=request.path_params["case_id"])
    whole: Any = await reader.gate.backends.call(_CASE, wish, caller=reader.visit.caller)
    pictures = await _pictures(reader, whole.case)
    await reader.note(Deed(action="cases.print", target=whole.case.number, area_path=whole.case.area_path, row_count=1))
    return _file(await _drawn(reader, whole, pictures), f"{whole.case.number}.pdf", PDF)


async def _pictures(reader: _Reader, case: cases_pb2.Case) -> list[bytes]:
    """The case's pictures in the form the reader may see; one that is away leaves the sheet without it."""
    gate, caller = reader.gate, reader.visit.caller
    found = []
    for evidence in [each for each in case.evidence if each.content_type.startswith("image/")][:PICTURES_MAX]:
        hidden = loans.form_for(caller, of_camera=bool(evidence.camera_id))
        kept = gate.public_pictures if hidden else gate.uploads
        try:
            content, _ = await kept.shown(evidence.object_key, small=False)
        except GridwardError:
            continue
        found.append(content)
    return found


async def _drawn(
    reader: _Reader, shown: Message | list[cases_pb2.Case], pictures: Sequence[bytes], *, more: bool = False
) -> bytes:
    """Draw beside the loop: a long list takes seconds."""
    account = reader.visit.account
    name = (account.name_en if reader.words.language == "en" else "") or account.name
    departments, zone, at = await reader.departments(), reader.gate.open311_reader.zone, reader.gate.clock.now()

    def draw() -> bytes:
        from services.gateway.desk import prints  # noqa: PLC0415 large, and only for whoever prints

        drawn = prints.Print(words=reader.words, zone=zone, departments=departments, by=name, at=at)
        if isinstance(shown, incidents_pb2.GetCaseResponse):
            return prints.case_pdf(shown, drawn, pictures)
        if isinstance(shown, list):
            return prints.list_pdf(shown, drawn, more=more)
        raise AssertionError("nothing else is printed")

    return await asyncio.to_thread(draw)


ROUTES = [
    Route("/cases.xlsx", excel, methods=["GET"]),
    Route("/cases.pdf", list_print, methods=["GET"]),
    Route("/cases/{case_id}/sheet.pdf", case_print, methods=["GET"]),
]
