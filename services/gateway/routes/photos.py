"""Pictures: in, and out again as people may see them."""

from collections.abc import AsyncGenerator

from gridward.common.v1 import place_pb2
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import answers, loans, pictures, transcode, voices
from services.gateway.bodies import body_of, chunks_of
from services.gateway.domain import BodyTooLarge, EvidenceUnknown, PhotoNotAnImage, PhotoTooLarge
from services.gateway.gate import Gate, gate_of
from services.gateway.seals import PUBLIC
from services.platform.errors import FieldInvalid, Forbidden

#: A form around a picture adds a little.
FORM_BYTES_MAX = pictures.BYTES_MAX + 64 * 1024
MAY_UPLOAD = ("incidents.report", "incidents.advance")
_KINDS = {name.removeprefix("EVIDENCE_KIND_").lower(): number for name, number in place_pb2.EvidenceKind.items()}


async def upload(request: Request) -> Response:
    """Take in one picture, alone or as the file of a form; the evidence to put in a report or a step."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not any(visit.caller.permits(permission) for permission in MAY_UPLOAD):
        raise Forbidden(permission=MAY_UPLOAD[0])
    kind = _kind_of(request.query_params.get("kind", "scene"))
    try:
        content = await _picture_in(request)
    except BodyTooLarge as error:
        raise PhotoTooLarge(limit_mb=pictures.BYTES_MAX // 1024 // 1024) from error
    evidence = await gate.uploads.keep(content, kind=kind, by=visit.caller.subject)
    loans.lend(evidence, gate.seals, visit.caller, now=gate.clock.now())
    return answers.json_answer(transcode.to_json(evidence), status=201)


async def speak(request: Request) -> Response:
    """Take in one spoken note; the evidence to put in a report."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not any(visit.caller.permits(permission) for permission in MAY_UPLOAD):
        raise Forbidden(permission=MAY_UPLOAD[0])
    content = await body_of(request, bytes_max=voices.BYTES_MAX)
    evidence = await gate.voices.keep(content, by=visit.caller.subject)
    loans.lend(evidence, gate.seals, visit.caller, now=gate.clock.now())
    return answers.json_answer(transcode.to_json(evidence), status=201)


def _kind_of(name: str) -> int:
    kind = _KINDS.get(name.removeprefix("EVIDENCE_KIND_").lower())
    if not kind:
        raise FieldInvalid(field="kind", problem=f"one of {', '.join(list(_KINDS)[1:])}")
    return kind


async def _picture_in(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await body_of(request, bytes_max=pictures.BYTES_MAX)
    form = await parsed_form(request, bytes_max=FORM_BYTES_MAX, files_max=1, fields_max=5)
    try:
        file = next((value for _, value in form.multi_items() if not isinstance(value, str)), None)
        if file is None:
            raise PhotoNotAnImage
        content = await file.read()
    finally:
        await form.close()
    if len(content) > pictures.BYTES_MAX:
        raise PhotoTooLarge(limit_mb=pictures.BYTES_MAX // 1024 // 1024)
    return content


async def parsed_form(request: Request, *, bytes_max: int, files_max: int, fields_max: int) -> FormData:
    """A form with files, read within limits; whoever asks closes it. Fails with PHOTO_NOT_AN_IMAGE when it is none."""
    pieces = _pieces(request, bytes_max)
    parser = MultiPartParser(
        request.headers, pieces, max_files=files_max, max_fields=fields_max, max_part_size=16 * 1024
    )
    try:
        return await parser.parse()
    except (MultiPartException, MultipartParseError, KeyError) as error:
        raise PhotoNotAnImage from error


async def _pieces(request: Request, bytes_max: int) -> AsyncGenerator[bytes, None]:
    async for piece in chunks_of(request, bytes_max=bytes_max):
        yield piece


async def show(request: Request) -> Response:
    """A picture of a case, cleaned, and blurred where it was lent so; small with ?size=small. For whom an answer lent it to, and for who brought it."""
    gate, key = gate_of(request), request.path_params["key"]
    form = await _lent_form(request, gate, key)
    small = request.query_params.get("size") == "small"
    kept = gate.public_pictures if form == PUBLIC else gate.uploads
    content, content_type = await kept.shown(key, small=small)
    if not content_type.startswith(("image/", "audio/")):
        content_type = "application/octet-stream"
    return Response(content, media_type=content_type, headers={"cache-control": "private, max-age=86400, immutable"})


async def _lent_form(request: Request, gate: Gate, key: str) -> str:
    """As what it was lent; whole to who brought it. Fails with EVIDENCE_UNKNOWN where it was lent to others or nobody."""
    asked, now = request.query_params, gate.clock.now()
    until, seal, form = asked.get("until", ""), asked.get("seal", ""), asked.get("form", "")
    if gate.seals.holds(key, until=until, seal=seal, now=now, form=form):
        return form
    visit = request.state.visit = await gate.visitors.required(request)
    subject = visit.caller.subject
    lent = gate.seals.holds(key, until=until, seal=seal, now=now, subject=subject, form=form)
    if lent and form != PUBLIC:
        return form
    if await gate.uploads.brought_by(key, subject):
        return ""
    if not lent:
        raise EvidenceUnknown
    return form


ROUTES = [
    Route("/v1/photos", upload, methods=["POST"]),
    Route("/v1/voices", speak, methods=["POST"]),
    Route("/v1/evidence/{key:path}", show, methods=["GET"]),
]
