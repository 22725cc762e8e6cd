"""Tells what went wrong: the right HTTP status, and words in the language of whoever asked."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from google.protobuf import any_pb2
from google.protobuf.message import Message
from gridward.incidents.v1 import cases_pb2

from services.gateway import contract, transcode
from services.gateway.words import Words, words_in
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
#: Details that are codes, and the sections that hold their words, the first that has one counting.
SECTIONS: Final[Mapping[str, Sequence[str]]] = {
    "event": ("event",),
    "allowed": ("event",),
    "state": ("state", "standing"),
    "standing": ("standing",),
    "missing": ("standing",),
    "kind": ("kind", "standing"),
    "item": ("standing",),
    "source": ("standing",),
    "role": ("roles",),
    "permitted": ("roles",),
    "writers": ("roles",),
    "admission": ("admission",),
    "wanted": ("admission",),
    "part": ("parts",),
    "PROPOSAL_STATE.state": ("standing",),
}
FAULT: Final = re.compile(r"([^:]+)(: )([A-Z_]+)(, )(.+)", re.DOTALL)
HOLE: Final = re.compile(r"\\{(\w+)\\}")


def status_of(error: errors.GridwardError) -> int:
    """The HTTP status of an error."""
    if error.reason in STATUS_BY_REASON:
        return STATUS_BY_REASON[error.reason]
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def message_of(error: errors.GridwardError, words: Words) -> str:
    """The error in words; the English text when a language has none for it."""
    return words.text("errors", error.reason, _said(error, words)) or error.message


def _said(error: errors.GridwardError, words: Words) -> dict[str, str]:
    """The details with every code among them turned into its word, and every sentence put into the language."""
    details = {key: _word_for(key, value, words, error.reason) for key, value in error.details.items()}
    if "problem" in details:
        details["problem"] = _problem(error, words)
    if "first" in details:
        details["first"] = _fault(details["first"], words)
    if "field" in details:
        details["field"] = words.text("fields", details["field"].rpartition(".")[2]) or details["field"]
    return details


def _word_for(key: str, value: str, words: Words, reason: str) -> str:
    sections = [words[name] for name in SECTIONS.get(f"{reason}.{key}", SECTIONS.get(key, ()))]
    if not sections:
        return value

    def word(code: str) -> str:
        spelt = (code.upper(), code.replace(" ", "_"), code)
        known = (section[each] for section in sections for each in spelt if each in section)
        return str(next(known, None) or _sentence(code, words))

    whole = next((str(section[value]) for section in sections if value in section), None)
    return whole or str(words["ui"]["and"]).join(word(code) for code in value.split(", "))


def _problem(error: errors.GridwardError, words: Words) -> str:
    told = error.details.get("problem", "")
    return words.text("rules", error.details.get("rule", "")) or words.text("problems", told) or _sentence(told, words)


def _fault(told: str, words: Words) -> str:
    """The first of several faults: where, of what kind, and what is wrong there."""
    match = FAULT.fullmatch(told)
    return "".join(_part(part, words) for part in match.groups()) if match else _sentence(told, words)


def _sentence(told: str, words: Words) -> str:
    """What a service said in English, in the language asked for; as it was said when it is not known."""
    for pattern, sentence in _sentences(words.language):
        if match := pattern.fullmatch(told):
            parts = {hole: _part(part, words) for hole, part in match.groupdict().items()}
            return sentence.format_map(parts)
    return told


def _part(told: str, words: Words) -> str:
    """What stood in a hole of a sentence: codes, a sentence, or something that is the same in every language."""
    known = [words.text("standing", code.replace(" ", "_")) for code in told.split(", ")]
    return str(words["ui"]["and"]).join(filter(None, known)) if all(known) else _sentence(told, words)


@cache
def _sentences(language: str) -> Sequence[tuple[re.Pattern[str], str]]:
    """What services are known to say, ready to be recognised, and how a language says it."""
    told = words_in(language)["told"]
    return [(re.compile(HOLE.sub(r"(?P<\1>.+?)", re.escape(said)), re.DOTALL), text) for said, text in told.items()]


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
    """What is there now, when the error carries it: a case and what may be done with it, or what the call answers."""
    fresh = error.fresh
    if not isinstance(fresh, any_pb2.Any):
        return {}
    kind = _kinds().get(fresh.TypeName())
    told = kind() if kind else None
    return transcode.to_json(told) if told is not None and fresh.Unpack(told) else {}


@cache
def _kinds() -> Mapping[str, type[Message]]:
    """The messages that come as fresh state: of cases, and what any call of the contract answers."""
    answers = {address.call.gives.full_name: address.call.response for address in contract.addresses()}
    return {**answers, cases_pb2.StaleCase.DESCRIPTOR.full_name: cases_pb2.StaleCase}


def headers_of(error: errors.GridwardError) -> dict[str, str]:
    """What a client's machinery should know beside the words."""
    status = status_of(error)
    if status in {429, 503}:
        return {"Retry-After": error.details.get("retry_after_s", str(RETRY_AFTER_S))}
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}
