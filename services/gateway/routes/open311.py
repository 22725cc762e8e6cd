"""Open311 GeoReport v2, for residents' apps and other cities' systems: reading is open to all, filing needs a key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog
from gridward.common.v1 import place_pb2
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway import pictures, problems
from services.gateway.bodies import body_of
from services.gateway.gate import Gate, gate_of
from services.gateway.open311 import asking, catalogue, markup, store, telling
from services.gateway.open311.faults import FormatUnknown, ParameterMissing, TokenUnknown
from services.gateway.open311.filing import Form
from services.gateway.open311.reading import City
from services.gateway.pacing import Pace
from services.gateway.routes.photos import parsed_form
from services.gateway.visits import language_of
from services.gateway.words import Words, words_in
from services.platform.errors import GridwardError

log = structlog.get_logger()

SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
CHANGESET: Final = "2026-11-21T00:00:00+08:00"
FORM_BYTES_MAX: Final = 64 * 1024
PICTURES_MAX: Final = 5
UPDATES_MAX: Final = 1000
OPEN_TO_ALL: Final = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
#: Filings by one key, and reading by one address, in a minute.
_filings = Pace(times=120, span_s=60.0)
_readings = Pace(times=600, span_s=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One call: who answers, in which format and language, and what was given."""

    gate: Gate
    format: str
    words: Words
    city: City
    given: dict[str, str]
    request: Request

    def answer(self, root: str, value: Any, *, status: int = 200) -> Response:
        """The answer in the format that was asked for."""
        return _answer(root, value, self.format, status=status)


def _answer(root: str, value: Any, format: str, *, status: int) -> Response:
    content = markup.written(root, value, format)
    return Response(content, status_code=status, headers={"content-type": markup.TYPES[format], **OPEN_TO_ALL})


def open311(serve: Callable[[Visit], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Serve a call of the standard; what goes wrong is told in the standard's own form."""

    @wraps(serve)
    async def endpoint(request: Request) -> Response:
        gate = gate_of(request)
        words = words_in(language_of(request))
        written_as = request.path_params["format"]
        try:
            if written_as not in markup.TYPES:
                raise FormatUnknown(format=written_as[:20])
            _readings.spend(request.client.host if request.client else "")
            given = {name: value for name, value in request.query_params.items() if value}
            city = await gate.open311_reader.here(given.get("jurisdiction_id", ""))
            return await serve(
                Visit(gate=gate, format=written_as, words=words, city=city, given=given, request=request)
            )
        except GridwardError as error:
            return _refusal(error, words, written_as if written_as in markup.TYPES else "xml")

    return endpoint


def _refusal(error: GridwardError, words: Words, format: str) -> Response:
    status = problems.status_of(error)
    status = {401: 403, 413: 400, 409: 400}.get(status, status)
    told = [{"code": status, "description": problems.message_of(error, words), "reason": error.reason}]
    answer = _answer("errors", told, format, status=status)
    answer.headers.update({name: value for name, value in problems.headers_of(error).items() if name == "Retry-After"})
    return answer


@open311
async def discovery(visit: Visit) -> Response:
    """What is here, and whom to ask for a key."""
    settings = visit.gate.settings
    base = (settings.gateway_url or str(visit.request.base_url)).rstrip("/")
    kind = "test" if settings.demo else "production"
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{base}/open311/v2",
        "changeset": CHANGESET,
        "type": kind,
        "formats": [content_type.partition(";")[0] for content_type in markup.TYPES.values()],
    }
    contact = settings.open311_contact or visit.words["ui"]["open311_contact"]
    told = {"changeset": CHANGESET, "contact": contact, "key_service": contact, "endpoints": [endpoint]}
    return visit.answer("discovery", told)


@open311
async def services(visit: Visit) -> Response:
    """What can be filed."""
    found = await visit.gate.open311_reader.services(visit.city, visit.words.language)
    return visit.answer("services", found)


@open311
async def definition(visit: Visit) -> Response:
    """What one service asks."""
    kind = visit.city.kind(visit.request.path_params["code"])
    return visit.answer("service_definition", catalogue.definition_of(kind, visit.words.language))


@open311
async def requests(visit: Visit) -> Response:
    """The service requests that were asked for."""
    wanted = asking.wanted(visit.given, now=visit.gate.clock.now())
    found = await visit.gate.open311_reader.requests(visit.city, wanted, visit.words)
    return visit.answer("service_requests", found)


@open311
async def request_by_number(visit: Visit) -> Response:
    """One service request, as a list of one."""
    told = await visit.gate.open311_reader.request(
        visit.city,
        visit.request.path_params["number"],
        visit.words,
        extensions=asking.truth(visit.given, "extensions"),
    )
    return visit.answer("service_requests", [told])


@open311
async def file(visit: Visit) -> Response:
    """File a service request."""
    filer = visit.gate.open311_filer
    form, uploads = await _form(visit.request)
    key_name = await filer.holder(form.one("api_key") or visit.given.get("api_key", ""))
    _filings.spend(key_name)
    city = await visit.gate.open311_reader.here(form.one("jurisdiction_id"))
    evidence = tuple([await _kept(visit.gate, content, key_name) for content in uploads])
    filing = await filer.file(
        city,
        Form(fields=form.fields, evidence=evidence),
        key_name=key_name,
        repeat_key=visit.request.headers.get("idempotency-key", ""),
        language=visit.words.language,
    )
    named = {"service_request_id": filing.number} if filing.number else {"token": filing.token}
    notice = visit.words["ui"]["open311_notice"]
    told = {**named, "service_notice": notice, "account_id": ""}
    return visit.answer("service_requests", [told], status=201)


async def _kept(gate: Gate, content: bytes, key_name: str) -> place_pb2.Evidence:
    return await gate.uploads.keep(content, kind=place_pb2.EVIDENCE_KIND_SCENE, by=f"open311:{key_name}")


async def _form(request: Request) -> tuple[Form, list[bytes]]:
    """The fields, and the pictures that came with them."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        text = (await body_of(request, bytes_max=FORM_BYTES_MAX)).decode(errors="replace")
        return _form_of(parse_qsl(text, keep_blank_values=True, max_num_fields=200)), []
    whole = await parsed_form(
        request, bytes_max=PICTURES_MAX * pictures.BYTES_MAX, files_max=PICTURES_MAX, fields_max=200
    )
    try:
        files = [value for _, value in whole.multi_items() if isinstance(value, UploadFile)]
        contents = [await each.read() for each in files]
        form = _form_of([(name, value) for name, value in whole.multi_items() if isinstance(value, str)])
    finally:
        await whole.close()
    return form, [content for content in contents if content]


def _form_of(pairs: list[tuple[str, str]]) -> Form:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields=fields)


@open311
async def token(visit: Visit) -> Response:
    """The number a token has become; without one while the filing still waits."""
    async with visit.gate.database.connection() as connection:
        filing = await store.filing(connection, visit.request.path_params["token"][:80])
    if filing is None or filing.fault:
        raise TokenUnknown
    return visit.answer("service_requests", [{"service_request_id": filing.number, "token": filing.token}])


@open311
async def updates(visit: Visit) -> Response:
    """What happened to service requests in a span of time."""
    now = visit.gate.clock.now()
    since, until = asking.span_of(visit.given, "start_date", "end_date", now=now)
    async with visit.gate.database.connection() as connection:
        found = await store.updates(
            connection, since=since, until=until, task_types=list(visit.city.kinds), size=UPDATES_MAX
        )
    return visit.answer("service_request_updates", [_update(each, visit) for each in found])


def _update(update: store.Update, visit: Visit) -> dict[str, Any]:
    zone = visit.gate.open311_reader.zone
    return {
        "update_id": str(update.id),
        "service_request_id": update.number,
        "status": telling.extended_status(update.state),
        "updated_datetime": telling.written(update.happened_at, zone),
        "description": update.words or visit.words.text("event", update.event) or "",
        "media_url": "",
    }


@open311
async def note(visit: Visit) -> Response:
    """Take in what another system says of a service request it filed."""
    filer = visit.gate.open311_filer
    form, _ = await _form(visit.request)
    key_name = await filer.holder(form.one("api_key") or visit.given.get("api_key", ""))
    _filings.spend(key_name)
    if not form.one("update_id"):
        raise ParameterMissing(parameter="update_id")
    await filer.note(form, key_name=key_name, language=visit.words.language)
    return visit.answer("service_request_updates", [{"update_id": form.one("update_id")}], status=201)


COLUMNS: Final = (
    "service_request_id", "requested_datetime", "updated_datetime", "closed_date", "status", "status_description",
    "source", "service_name", "service_subtype", "description", "agency_responsible", "address", "lat", "long",
)  # fmt: skip


async def bulk(request: Request) -> Response:
    """All published service requests of a span of time as CSV (GeoReport Bulk)."""
    gate, words = gate_of(request), words_in(language_of(request))
    try:
        _readings.spend(request.client.host if request.client else "")
        given = {**request.query_params, "page": "", "page_size": "", "extensions": "true"}
        city = await gate.open311_reader.here(given.get("jurisdiction_id", ""))
        found = await gate.open311_reader.requests(city, asking.wanted(given, now=gate.clock.now()), words)
    except GridwardError as error:
        return _refusal(error, words, "json")
    lines = [",".join(COLUMNS), *(",".join(_cell(_bulk_row(each)[name]) for name in COLUMNS) for each in found)]
    headers = {"content-disposition": 'attachment; filename="service-requests.csv"', **OPEN_TO_ALL}
    return Response("\r\n".join(lines) + "\r\n", media_type="text/csv; charset=utf-8", headers=headers)


def _bulk_row(told: dict[str, Any]) -> dict[str, Any]:
    closed = told["updated_datetime"] if told["status"] == "closed" else ""
    return {
        **told,
        "closed_date": closed,
        "status_description": told["status_notes"],
        "source": told["extended_attributes"]["channel"],
        "service_subtype": told["service_code"],
    }


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    if text[:1] in {"=", "+", "-", "@", "\t", "\r"} and not isinstance(value, int | float):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


async def home(_: Request) -> Response:
    """The bare address leads to the discovery."""
    return RedirectResponse("/open311/v2/discovery.json", status_code=302)


BASE: Final = "/open311/v2"
ROUTES = [
    Route("/open311", home, methods=["GET"]),
    Route("/open311/bulk", bulk, methods=["GET"]),
    Route("/open311/discovery.{format}", discovery, methods=["GET"]),
    Route(f"{BASE}/discovery.{{format}}", discovery, methods=["GET"]),
    Route(f"{BASE}/services.{{format}}", services, methods=["GET"]),
    Route(f"{BASE}/services/{{code}}.{{format}}", definition, methods=["GET"]),
    Route(f"{BASE}/requests.{{format}}", requests, methods=["GET"]),
    Route(f"{BASE}/requests.{{format}}", file, methods=["POST"]),
    Route(f"{BASE}/requests/{{number}}.{{format}}", request_by_number, methods=["GET"]),
    Route(f"{BASE}/tokens/{{token}}.{{format}}", token, methods=["GET"]),
    Route(f"{BASE}/servicerequestupdates.{{format}}", updates, methods=["GET"]),
    Route(f"{BASE}/servicerequestupdates.{{format}}", note, methods=["POST"]),
]
