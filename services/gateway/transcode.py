"""Turns JSON into messages of the contract and back, after the rules of proto JSON."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from google.protobuf import json_format, timestamp_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.gateway.contract import INWARD, Address
from services.gateway.domain import BodyNotJson, ParameterUnknown
from services.platform.errors import FieldInvalid

Json = dict[str, Any]

DEPTH_MAX = 20
_FIELD_IN_MESSAGE = re.compile(r"(?:parse|field) ([\w.\[\]]+)(?: field)?")
#: How JSON writes one half of a character beyond the first 65,536; alone it is no text that can be stored or sent.
_HALF_CHARACTER = b"\\ud"
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def request_of(address: Address, *, path: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes) -> Message:
    """The request message of a call. Fails with BODY_NOT_JSON, FIELD_INVALID, PARAMETER_UNKNOWN."""
    request = address.call.request()
    values = parsed_object(body) if address.takes_body else {}
    if not address.takes_body:
        for name, value in query:
            _put_parameter(values, address.call.takes, name, value)
    for name, value in path.items():
        _put_path_value(values, address.call.takes, name.replace(INWARD, "."), value)
    return filled(request, values)


def parsed_object(body: bytes) -> Json:
    """A JSON object; an empty body is an empty one. Fails with BODY_NOT_JSON."""
    if not body.strip():
        return {}
    try:
        values = json.loads(body, parse_constant=_refuse_constant)
        if _HALF_CHARACTER in body.lower():
            json.dumps(values, ensure_ascii=False).encode()  # fails where half of a pair stands alone
    except (ValueError, RecursionError) as error:
        raise BodyNotJson from error
    if not isinstance(values, dict):
        raise BodyNotJson
    return values


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def filled(message: Message, values: Json) -> Message:
    """The message with these values; fails with FIELD_INVALID."""
    try:
        json_format.ParseDict(values, message, max_recursion_depth=DEPTH_MAX)
    except (json_format.ParseError, RecursionError) as error:
        problem = str(error)
        found = _FIELD_IN_MESSAGE.search(problem)
        raise FieldInvalid(field=found[1] if found else "request", problem=problem[:200]) from error
    return message


def _put_path_value(values: Json, descriptor: Descriptor, name: str, value: str) -> None:
    first, _, rest = name.partition(".")
    field = descriptor.fields_by_name[first]
    if rest:
        inner = values.pop(field.json_name, values.pop(first, {}))
        if not isinstance(inner, dict) or field.message_type is None:
            raise FieldInvalid(field=first, problem="it differs from the address")
        _put_path_value(inner, field.message_type, rest, value)
        values[first] = inner
        return
    told = values.pop(field.json_name, values.pop(name, value))
    if told != value:
        raise FieldInvalid(field=name, problem="it differs from the address")
    values[name] = value


def _put_parameter(values: Json, descriptor: Descriptor, name: str, text: str) -> None:
    """Set what a query parameter names; dots lead into messages, a repeated field takes several."""
    first, _, rest = name.partition(".")
    field = _field_called(descriptor, first)
    if field is None:
        raise ParameterUnknown(parameter=name[:60])
    inner = field.message_type
    if inner is not None and inner.full_name != timestamp_pb2.Timestamp.DESCRIPTOR.full_name:
        if field.is_repeated or not rest:
            raise ParameterUnknown(parameter=name[:60])
        _put_parameter(values.setdefault(field.name, {}), inner, rest, text)
        return
    if rest:
        raise ParameterUnknown(parameter=name[:60])
    value = _scalar(field, text)
    if field.is_repeated:
        values.setdefault(field.name, []).append(value)
    elif field.name in values:
        raise FieldInvalid(field=field.name, problem="it is given twice")
    else:
        values[field.name] = value


@cache
def _fields(descriptor: Descriptor) -> Mapping[str, FieldDescriptor]:
    by_name = {field.name: field for field in descriptor.fields}
    return by_name | {field.json_name: field for field in descriptor.fields}


def _field_called(descriptor: Descriptor, name: str) -> FieldDescriptor | None:
    return _fields(descriptor).get(name)


def _scalar(field: FieldDescriptor, text: str) -> Any:
    if field.type != FieldDescriptor.TYPE_BOOL:
        return text
    if text.lower() not in _TRUTHS:
        raise FieldInvalid(field=field.name, problem="true or false is expected")
    return _TRUTHS[text.lower()]


def to_json(message: Message) -> Json:
    """A message as JSON values: names in lowerCamelCase, what is unset left out."""
    return json_format.MessageToDict(message)
