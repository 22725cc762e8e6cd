"""What the answers of GeoReport v2 must look like, in JSON and in XML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

SERVICE = {"service_code": str, "service_name": str, "description": str, "metadata": bool, "type": str}
TYPES = {"realtime", "batch", "blackbox"}
ATTRIBUTE = {
    "variable": bool,
    "code": str,
    "datatype": str,
    "required": bool,
    "datatype_description": str,
    "order": int,
    "description": str,
}
DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}
REQUEST = {
    "service_request_id": str,
    "status": str,
    "service_name": str,
    "service_code": str,
    "requested_datetime": str,
    "lat": float,
    "long": float,
}
OPTIONAL_TEXTS = (
    "status_notes",
    "description",
    "agency_responsible",
    "service_notice",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "media_url",
)


class NotConforming(AssertionError):
    """The endpoint does not do what the standard says."""


def hold(right: bool, what: str) -> None:
    """Fail with these words unless it is so."""
    if not right:
        raise NotConforming(what)


def has(thing: Mapping[str, Any], wanted: Mapping[str, type], where: str) -> None:
    """Every wanted field is there with its type; numbers may be whole."""
    for name, kind in wanted.items():
        hold(name in thing, f"{where} has no {name}")
        value = thing[name]
        fits = (
            isinstance(value, int | float) and not isinstance(value, bool) if kind is float else isinstance(value, kind)
        )
        hold(fits, f"{where}.{name} is {value!r}, not {kind.__name__}")


def is_moment(text: str, where: str) -> None:
    """A W3C date-time with its zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NotConforming(f"{where} is {text!r}, not a date-time") from None
    hold(at.tzinfo is not None, f"{where} is {text!r}, without a zone")


def check_service(service: Mapping[str, Any]) -> None:
    """One service of the list."""
    has(service, SERVICE, "service")
    hold(service["type"] in TYPES, f"service.type is {service['type']}")


def check_definition(definition: Mapping[str, Any]) -> None:
    """One definition."""
    has(definition, {"service_code": str, "attributes": list}, "service_definition")
    for attribute in definition["attributes"]:
        has(attribute, ATTRIBUTE, "attribute")
        hold(attribute["datatype"] in DATATYPES, f"attribute.datatype is {attribute['datatype']}")
        if attribute["datatype"].endswith("valuelist"):
            hold(bool(attribute.get("values")), f"{attribute['code']} is a list without values")
            for value in attribute["values"]:
                has(value, {"key": str, "name": str}, "value")


def check_request(request: Mapping[str, Any]) -> None:
    """One service request."""
    has(request, REQUEST, "request")
    hold(request["status"] in {"open", "closed"}, f"status is {request['status']}")
    is_moment(request["requested_datetime"], "requested_datetime")
    for name in OPTIONAL_TEXTS:
        hold(isinstance(request.get(name) or "", str), f"request.{name} is {request.get(name)!r}, not text")
    for name in ("updated_datetime", "expected_datetime"):
        if request.get(name):
            is_moment(request[name], name)


def tree(content: bytes) -> ET.Element:
    """An XML answer."""
    try:
        return ET.fromstring(content)
    except ET.ParseError as error:
        raise NotConforming(f"not XML: {error}") from None


def texts(element: ET.Element) -> dict[str, str]:
    """The children of an element as texts."""
    return {child.tag: child.text or "" for child in element}


def items(root: ET.Element, outer: str, inner: str) -> list[ET.Element]:
    """The items of a list with these names."""
    hold(root.tag == outer, f"the root is <{root.tag}>, not <{outer}>")
    strange = {child.tag for child in root} - {inner}
    hold(not strange, f"<{outer}> holds {strange}")
    return list(root)
