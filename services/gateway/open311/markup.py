"""Writes an answer as XML or as JSON after the standard's rules: in JSON the names of list items vanish."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

#: How one item of a list is called in XML.
ITEMS: Final[Mapping[str, str]] = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
    "notes": "note",
    "photos": "photo",
}
TYPES: Final[Mapping[str, str]] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def written(root: str, value: Any, format: str) -> bytes:
    """The whole answer in one of the two formats."""
    if format == "json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return "".join(['<?xml version="1.0" encoding="utf-8"?>', *_element(root, value)]).encode()


def _element(name: str, value: Any) -> Iterator[str]:
    yield f"<{name}>"
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _element(key, inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _element(ITEMS[name], item)
    else:
        yield escape(_NOT_IN_XML.sub("", _text(value)))
    yield f"</{name}>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
