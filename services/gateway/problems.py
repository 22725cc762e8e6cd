"""Tells what went wrong: the right HTTP status, and words in the language of whoever asked."""

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import any_pb2
from gridward.incidents.v1 import cases_pb2

from services.gateway import transcode
from services.gateway.words import Words
from services.platform import errors

Json = dict[str, Any]

STATUS: Final[Mapping[type[errors.GridwardError], int]] = {
    errors.Invalid: 400,
    errors.NotFound: 404,
    errors.AlreadyExists: 409,
    errors.Conflict: 409,
    errors.Stale: 409,
    errors.Forbidden: 403,
    errors.Unauthenticated: 401,
    errors.Exhausted: 429,
    errors.Unavailable: 503,
}
STATUS_BY_REASON: Final[Mapping[str, int]] = {
    "PHOTO_TOO_LARGE": 413,
    "PHOTO_TOO_MANY_PIXELS": 413,
    "BODY_TOO_LARGE": 413,
    "BODY_TOO_SLOW": 408,
    "METHOD_NOT_OFFERED": 405,
}
RETRY_AFTER_S = 2
#: Details that are codes, and the section that holds their words.
SECTIONS: Final[Mapping[str, str]] = {
    "event": "event",
    "allowed": "event",
    "state": "state",
    "kind": "kind",
    "role": "roles",
    "permitted": "roles",
    "admission": "admission",
    "wanted": "admission",
    "part": "parts",
}


def status_of(error: errors.GridwardError) -> int:
    """The HTTP status of an error."""
    if error.reason in STATUS_BY_REASON:
        return STATUS_BY_REASON[error.reason]
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def message_of(error: errors.GridwardError, words: Words) -> str:
    """The error in words; the English text when a language has none for it."""
    return words.text("errors", error.reason, _said(error, words)) or error.message


def _said(error: errors.GridwardError, words: Words) -> dict[str, str]:
    """The details with every code among them turned into its word."""
    details = {key: _word_for(key, value, words) for key, value in error.details.items()}
    if "problem" in details:
        details["problem"] = _problem(error, words)
    if "field" in details:
        details["field"] = words.text("fields", details["field"].rpartition(".")[2]) or details["field"]
    return details


def _word_for(key: str, value: str, words: Words) -> str:
    section = SECTIONS.get(key)
    if section is None:
        return value
    known = words[section]
    return str(words["ui"]["and"]).join(
        known.get(code.upper(), known.get(code.replace(" ", "_"), code)) for code in value.split(", ")
    )


def _problem(error: errors.GridwardError, words: Words) -> str:
    told = error.details.get("problem", "")
    return words.text("rules", error.details.get("rule", "")) or words.text("problems", told) or told


def to_json(error: errors.GridwardError, *, words: Words, request_id: str) -> Json:
    """The one shape in which every error leaves."""
    told: Json = {
        "reason": error.reason,
        "message": message_of(error, words),
        "details": dict(error.details),
        "request_id": request_id,
    }
    field = error.details.get("field")
    if field:
        told["fields"] = [{"field": field, "problem": _problem(error, words)}]
    if isinstance(error, errors.Stale):
        told["fresh"] = fresh_of(error)
    return told


def fresh_of(error: errors.Stale) -> Json:
    """The fresh case and what may be done with it, when the error carries it."""
    stale = cases_pb2.StaleCase()
    fresh = error.fresh
    if isinstance(fresh, any_pb2.Any) and fresh.Unpack(stale):
        return transcode.to_json(stale)
    return {}


def headers_of(error: errors.GridwardError) -> dict[str, str]:
    """What a client's machinery should know beside the words."""
    status = status_of(error)
    if status in {429, 503}:
        return {"Retry-After": error.details.get("retry_after_s", str(RETRY_AFTER_S))}
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}
