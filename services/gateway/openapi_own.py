"""Describes the calls that the gateway answers by itself and that stand in no contract: guests, accounts, views, Open311."""

import re
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]
TEXT: Final[Json] = {"type": "string"}
FAILED: Final[Json] = {"default": {"$ref": "#/components/responses/Error"}}
REPORT: Final[Json] = {"$ref": "#/components/schemas/Report"}
STEP: Final[Json] = {"$ref": "#/components/schemas/Step"}
OPEN311: Final = "/open311/v2"
_IN_PATH: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """One call of the gateway's own: `takes` names what its body holds or, for GET, its parameters."""

    verb: str
    path: str
    id: str
    summary: str
    tag: str
    takes: tuple[str, ...] = ()
    public: bool = False
    status: int = 200
    media: tuple[str, ...] = ("application/json",)
    sends: str = "application/json"


_GUEST = "Guests"
_DESK = "Desk"
_ADMIN = "Accounts"
_OTHERS = "Open311"
_BOTH = ("application/json", "text/xml")

CALLS: Final = (
    Own(verb="post", path="/v1/guest/photos", id="GuestUploadPhoto", tag=_GUEST, public=True, status=201, sends="image/*",
        summary="Store a picture without an account; the evidence, and for an hour what its address needs."),
    Own(verb="post", path="/v1/guest/preview", id="GuestPreview", tag=_GUEST, public=True, takes=("report",),
        summary="Where a report would go, and what like it is known nearby."),
    Own(verb="post", path="/v1/guest/reports", id="GuestReport", tag=_GUEST, public=True, status=201,
        takes=("requestId", "report", "phone"), summary="File a report; whoever leaves a telephone can follow it."),
    Own(verb="post", path="/v1/guest/follows", id="GuestFollow", tag=_GUEST, public=True,
        takes=("requestId", "caseId", "words", "phone"), summary="Join in a report of somebody else."),
    Own(verb="post", path="/v1/guest/case", id="GuestCase", tag=_GUEST, public=True, takes=("number", "phone"),
        summary="A case for whoever knows its number and the telephone it was reported with."),
    Own(verb="post", path="/v1/guest/advance", id="GuestAdvance", tag=_GUEST, public=True,
        takes=("requestId", "number", "phone", "version", "step"), summary="Rate a case, or take another step of its reporter's."),
    Own(verb="post", path="/v1/cases:replay", id="ReplayReports", tag="Incidents", sends="application/x-ndjson",
        media=("application/x-ndjson",),
        summary="File reports that were kept without a signal, one ReportIncidentRequest a line (or a JSON list of them); "
                "each is answered by its own line, in order, and sent again is filed once. Needs incidents.report."),
    Own(verb="post", path="/v1/voices", id="UploadVoice", tag="Evidence", status=201, sends="audio/*",
        summary="Store a spoken note, known by its content; the evidence to put in a report."),
    Own(verb="get", path="/v1/views", id="ListViews", tag=_DESK, summary="Saved views: one's own, and those of one's roles."),
    Own(verb="post", path="/v1/views", id="SaveView", tag=_DESK, status=204, takes=("name", "query", "role"),
        summary="Keep a view of the command page."),
    Own(verb="delete", path="/v1/views/{view_id}", id="DropView", tag=_DESK, status=204, summary="Keep a view no longer."),
    Own(verb="post", path="/v1/presence", id="BePresent", tag=_DESK, status=204, takes=("caseId", "doing"),
        summary="Say that one looks at a case, writes there, or has left."),
    Own(verb="get", path="/v1/accounts", id="FindAccounts", tag=_ADMIN, takes=("text", "kind", "after"),
        summary="Accounts by a part of login, name or code. Needs accounts.read."),
    Own(verb="post", path="/v1/accounts", id="TakeInAccount", tag=_ADMIN, status=201,
        takes=("login", "name", "nameEn", "kind", "subject", "language", "password"), summary="A new account. Needs accounts.write."),
    Own(verb="post", path="/v1/accounts/{login}:close", id="CloseAccount", tag=_ADMIN, status=204, summary="Close an account; its stays end."),
    Own(verb="post", path="/v1/accounts/{login}:open", id="OpenAccount", tag=_ADMIN, status=204, summary="Open a closed account again."),
    Own(verb="post", path="/v1/accounts/{login}:renew", id="RenewPassword", tag=_ADMIN, status=204, takes=("password",),
        summary="A new password; all stays end."),
    Own(verb="post", path="/v1/accounts/{login}:unbind", id="UnbindSecondFactor", tag=_ADMIN, status=204,
        summary="Forget the telephone that shows the second proof."),
    Own(verb="get", path="/v1/deeds", id="ListDeeds", tag=_ADMIN, takes=("who", "action", "target", "pageToken"),
        summary="Who signed in, what was done with accounts, which lists were taken along; newest first. Needs audit.read."),
    Own(verb="get", path="/v1/roles", id="ListRoles", tag=_ADMIN, summary="What each role may do."),
    Own(verb="get", path="/open311/discovery.{format}", id="Open311Discovery", tag=_OTHERS, public=True, media=_BOTH,
        summary="GeoReport v2: where the service is and what it speaks."),
    Own(verb="get", path=f"{OPEN311}/services.{{format}}", id="Open311Services", tag=_OTHERS, public=True, media=_BOTH,
        takes=("jurisdiction_id", "locale", "extensions"), summary="GeoReport v2: what can be reported."),
    Own(verb="get", path=f"{OPEN311}/services/{{code}}.{{format}}", id="Open311Definition", tag=_OTHERS, public=True, media=_BOTH,
        takes=("jurisdiction_id", "locale"), summary="GeoReport v2: what a service asks for."),
    Own(verb="get", path=f"{OPEN311}/requests.{{format}}", id="Open311Requests", tag=_OTHERS, public=True, media=_BOTH,
        takes=("service_request_id", "service_code", "start_date", "end_date", "status", "page", "page_size", "lat", "long",
               "radius", "updated_after", "updated_before", "extensions"),
        summary="GeoReport v2: requests; of ninety days at most."),
    Own(verb="post", path=f"{OPEN311}/requests.{{format}}", id="Open311File", tag=_OTHERS, public=True, media=_BOTH,
        sends="application/x-www-form-urlencoded",
        takes=("api_key", "service_code", "description", "lat", "long", "address_string", "email", "first_name", "last_name",
               "phone", "media_url"),
        summary="GeoReport v2: file a request; a token where it is not numbered at once."),
    Own(verb="get", path=f"{OPEN311}/requests/{{number}}.{{format}}", id="Open311Request", tag=_OTHERS, public=True, media=_BOTH,
        summary="GeoReport v2: one request."),
    Own(verb="get", path=f"{OPEN311}/tokens/{{token}}.{{format}}", id="Open311Token", tag=_OTHERS, public=True, media=_BOTH,
        summary="GeoReport v2: the number a token became."),
    Own(verb="get", path=f"{OPEN311}/servicerequestupdates.{{format}}", id="Open311Updates", tag=_OTHERS, public=True, media=_BOTH,
        takes=("start_date", "end_date", "api_key"), summary="The FixMyStreet dialect: what happened to requests."),
    Own(verb="post", path=f"{OPEN311}/servicerequestupdates.{{format}}", id="Open311Note", tag=_OTHERS, public=True, media=_BOTH,
        sends="application/x-www-form-urlencoded", takes=("api_key", "service_request_id", "update_id", "description"),
        summary="The FixMyStreet dialect: a note on a request."),
)  # fmt: skip
#: Callers of Open311 are told in the form they asked for.
_FAILED_IN_BOTH: Final[Json] = {
    "default": {"description": "What went wrong.", "content": {kind: {"schema": {}} for kind in _BOTH}}
}
_SCHEMAS: Final[dict[str, Json]] = {"report": REPORT, "step": STEP, "version": {"type": "integer", "format": "int32"}}


def paths() -> dict[str, Json]:
    """All of them, by path and verb."""
    found: dict[str, Json] = {}
    for each in CALLS:
        found.setdefault(each.path, {})[each.verb] = _operation(each)
    return found


def _operation(call: Own) -> Json:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _part(name)} for name in _IN_PATH.findall(call.path)
    ]
    operation: Json = {
        "operationId": call.id,
        "tags": [call.tag],
        "summary": call.summary,
        "responses": {str(call.status): _answer(call), **(_FAILED_IN_BOTH if call.media == _BOTH else FAILED)},
    }
    if call.public:
        operation["security"] = []
    if call.verb == "get":
        parameters += [{"name": name, "in": "query", "schema": TEXT} for name in call.takes]
    elif call.takes:
        body = {"type": "object", "properties": {name: _SCHEMAS.get(name, TEXT) for name in call.takes}}
        operation["requestBody"] = {"required": True, "content": {call.sends: {"schema": body}}}
    elif call.sends != "application/json":
        operation["requestBody"] = {"required": True, "content": {call.sends: {"schema": {"type": "string"}}}}
    if parameters:
        operation["parameters"] = parameters
    return operation


def _part(name: str) -> Json:
    return {"type": "string", "enum": ["json", "xml"]} if name == "format" else TEXT


def _answer(call: Own) -> Json:
    if call.status == 204:
        return {"description": "It is done."}
    return {"description": "The answer.", "content": {kind: {"schema": {}} for kind in call.media}}
