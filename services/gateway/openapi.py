"""Describes the JSON API in the OpenAPI format, from the same contract that serves it."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from gridward.common.v1 import place_pb2

from services.gateway import contract, openapi_own
from services.gateway.contract import Address

Json = dict[str, Any]

TITLE = "Gridward"
VERSION = "1"
TIMESTAMP = "google.protobuf.Timestamp"
ANY = "google.protobuf.Any"
SCALARS: dict[int, Json] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "format": "int32", "minimum": 0},
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "format": "uint64"},
}
_REASON = re.compile(r"\b[A-Z][A-Z]+(?:_[A-Z]+)+\b")


def document() -> Json:
    """The whole description."""
    schemas: dict[str, Json] = {"Error": _error_schema()}
    paths: dict[str, Json] = {}
    for address in contract.addresses():
        paths.setdefault(shown(address.template), {})[address.verb.lower()] = _operation(address, schemas)
    paths |= _own_paths(schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": "Grid-based city governance. Every write may carry its request id as Idempotency-Key.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "gridward"},
                "token": {"type": "http", "scheme": "bearer"},
            },
            "responses": {"Error": _answer("What went wrong, in words.", {"$ref": "#/components/schemas/Error"})},
        },
        "security": [{"session": []}, {"token": []}],
    }


@cache
def shown(template: str) -> str:
    """A path as it is described: tools take a point in a name for an attribute, so a part goes by its own name."""
    return contract.IN_PATH.sub(lambda part: f"{{{_last(part[1])}}}", template)


def _names_twice() -> frozenset[str]:
    """Names that calls of several services have, and so need the service's name before them."""
    times = Counter(name for _, _, name in (key.partition(".") for key in {a.call.key for a in contract.addresses()}))
    return frozenset(name for name, count in times.items() if count > 1)


def _operation(address: Address, schemas: dict[str, Json]) -> Json:
    call, comment = address.call, contract.comments().get(address.full_name, "")
    request = call.takes
    in_path = set(contract.IN_PATH.findall(address.template))
    service, _, name = call.key.partition(".")
    operation: Json = {
        "operationId": name if name not in _names_twice() else f"{service.removesuffix('Service')}{name}",
        "tags": [service.removesuffix("Service")],
        "summary": comment.split(". ")[0].rstrip(".") + ".",
        "description": comment,
        "x-permission": call.permission,
        "x-reasons": sorted(set(_REASON.findall(comment))),
        "parameters": [_path_parameter(request, name) for name in contract.IN_PATH.findall(address.template)],
        "responses": {
            "200": _answer(_about(call.gives), _reference(call.gives, schemas)),
            "default": {"$ref": "#/components/responses/Error"},
        },
    }
    if address.takes_body:
        schema = _message_schema(request, schemas, without=in_path)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    else:
        rest = [field for field in request.fields if field.name not in in_path]
        operation["parameters"] += [_query_parameter(field, schemas) for field in rest]
    return operation


def _path_parameter(request: Descriptor, name: str) -> Json:
    field = request.fields_by_name[name.partition(".")[0]]
    for part in name.split(".")[1:]:
        inner = field.message_type
        assert inner is not None, name
        field = inner.fields_by_name[part]
    return {
        "name": _last(name),
        "in": "path",
        "required": True,
        "description": contract.comments().get(field.full_name, ""),
        "schema": _field_schema(field, {}),
    }


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _query_parameter(field: FieldDescriptor, schemas: dict[str, Json]) -> Json:
    return {
        "name": field.json_name,
        "in": "query",
        "description": contract.comments().get(field.full_name, ""),
        "schema": _field_schema(field, schemas),
    }


def _answer(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _about(descriptor: Descriptor | EnumDescriptor) -> str:
    return contract.comments().get(descriptor.full_name) or descriptor.name


def _reference(descriptor: Descriptor, schemas: dict[str, Json]) -> Json:
    """A reference to a message's schema, which is made on the way."""
    if descriptor.full_name == TIMESTAMP:
        return {"type": "string", "format": "date-time"}
    if descriptor.full_name == ANY:
        return {"type": "object", "additionalProperties": True}
    if descriptor.name not in schemas:
        schemas[descriptor.name] = {}
        schemas[descriptor.name] = _message_schema(descriptor, schemas)
    return {"$ref": f"#/components/schemas/{descriptor.name}"}


def _message_schema(descriptor: Descriptor, schemas: dict[str, Json], *, without: Iterable[str] = ()) -> Json:
    fields = [field for field in descriptor.fields if field.name not in set(without)]
    schema: Json = {
        "type": "object",
        "description": _about(descriptor),
        "properties": {field.json_name: _described_field(field, schemas) for field in fields},
    }
    required = [field.json_name for field in fields if _required(field)]
    if required:
        schema["required"] = required
    return schema


def _described_field(field: FieldDescriptor, schemas: dict[str, Json]) -> Json:
    return {**_field_schema(field, schemas), "description": contract.comments().get(field.full_name, "")}


def _field_schema(field: FieldDescriptor, schemas: dict[str, Json]) -> Json:
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        return {"type": "object", "additionalProperties": _one_schema(entry.fields_by_name["value"], schemas)}
    rules = field.GetOptions().Extensions[validate_pb2.field]
    one = _one_schema(field, schemas) | _limits(rules)
    if not field.is_repeated:
        return one
    counts = {"maxItems": rules.repeated.max_items, "minItems": rules.repeated.min_items}
    return {"type": "array", "items": one} | {name: count for name, count in counts.items() if count}


def _one_schema(field: FieldDescriptor, schemas: dict[str, Json]) -> Json:
    if field.message_type is not None:
        return _reference(field.message_type, schemas)
    if field.enum_type is not None:
        enum = field.enum_type
        if enum.name not in schemas:
            values = [value.name for value in enum.values]
            schemas[enum.name] = {"type": "string", "enum": values, "description": _meanings(enum)}
        return {"$ref": f"#/components/schemas/{enum.name}"}
    return dict(SCALARS[field.type])


def _meanings(enum: EnumDescriptor) -> str:
    scope = enum.full_name
    said = (f"{value.name}: {contract.comments().get(f'{scope}.{value.name}', '')}" for value in enum.values)
    return " ".join([_about(enum), *said])


def _limits(rules: Any) -> Json:
    """The field rules that JSON Schema can say too."""
    kind = rules.WhichOneof("type")
    if kind == "string":
        pairs = {"minLength": rules.string.min_len, "maxLength": rules.string.max_len, "pattern": rules.string.pattern}
        return {name: value for name, value in pairs.items() if value}
    if kind in {"int32", "double"}:
        numbers = getattr(rules, kind)
        names = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
        return {json_name: getattr(numbers, name) for name, json_name in names.items() if numbers.HasField(name)}
    return {}


def _required(field: FieldDescriptor) -> bool:
    rules = field.GetOptions().Extensions[validate_pb2.field]
    return bool(rules.required or rules.string.min_len or rules.repeated.min_items)


def _error_schema() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "The one shape of every error.",
        "required": ["reason", "message", "request_id"],
        "properties": {
            "reason": {**text, "description": "Key of what went wrong."},
            "message": {**text, "description": "The same in words, in the caller's language."},
            "fields": {
                "type": "array",
                "items": {"type": "object", "properties": {"field": text, "problem": text}},
                "description": "The fields at fault.",
            },
            "details": {"type": "object", "additionalProperties": text, "description": "Values the words speak of."},
            "request_id": {**text, "description": "Number of the request, to be told when asking for help."},
            "fresh": {
                "type": "object",
                "description": "With STALE: the case as it is now and what may be done with it.",
            },
        },
    }


TEXT: Json = {"type": "string"}
PICTURE: Json = {"type": "string", "contentMediaType": "image/*"}
FAILED: Json = {"default": {"$ref": "#/components/responses/Error"}}


def _own_paths(schemas: dict[str, Json]) -> dict[str, Json]:
    """What the gateway itself answers."""
    return {
        "/v1/session": _session_paths(),
        "/v1/photos": {"post": _upload(_reference(place_pb2.DESCRIPTOR.message_types_by_name["Evidence"], schemas))},
        "/v1/evidence/{key}": {"get": _show()},
        "/v1/stream": {"get": _watch()},
        **openapi_own.paths(),
    }


def _session_paths() -> Json:
    login = {
        "type": "object",
        "required": ["login", "password"],
        "properties": {
            "login": TEXT,
            "password": TEXT,
            "newPassword": {**TEXT, "description": "The password that holds from here on; due after PASSWORD_GIVEN."},
        },
    }
    return {
        "post": {
            "operationId": "SignIn",
            "summary": "Sign in; the answer carries the bearer token.",
            "security": [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": login}}},
            "responses": {"200": _answer("The session.", {"type": "object"}), **FAILED},
        },
        "get": {
            "operationId": "WhoAmI",
            "summary": "Who is signed in, in which roles.",
            "responses": {"200": _answer("The visitor.", {"type": "object"}), **FAILED},
        },
        "delete": {
            "operationId": "SignOut",
            "summary": "End the session.",
            "responses": {"204": {"description": "It has ended."}, **FAILED},
        },
    }


def _upload(evidence: Json) -> Json:
    kinds = {"name": "kind", "in": "query", "schema": TEXT, "description": "scene, before, after, check"}
    return {
        "operationId": "UploadPhoto",
        "summary": "Store a picture; the answer is the evidence to put in a report or a step.",
        "parameters": [kinds],
        "requestBody": {"required": True, "content": {"image/*": {"schema": PICTURE}}},
        "responses": {"201": _answer("The evidence.", evidence), **FAILED},
    }


def _show() -> Json:
    size = {"name": "size", "in": "query", "schema": {"type": "string", "enum": ["small"]}}
    return {
        "operationId": "ShowEvidence",
        "summary": "A picture as people may see it.",
        "parameters": [{"name": "key", "in": "path", "required": True, "schema": TEXT}, size],
        "responses": {"200": {"description": "The picture.", "content": {"image/*": {"schema": PICTURE}}}, **FAILED},
    }


def _watch() -> Json:
    return {
        "operationId": "WatchCases",
        "summary": "What happens to the cases the caller may see, as server-sent events.",
        "parameters": [{"name": "Last-Event-ID", "in": "header", "schema": TEXT}],
        "responses": {"200": {"description": "Events.", "content": {"text/event-stream": {"schema": TEXT}}}, **FAILED},
    }
