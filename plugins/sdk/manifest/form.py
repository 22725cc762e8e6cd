"""Turns the questions of a task type into a JSON Schema, the form in which every screen and service knows them."""

import json
from collections.abc import Mapping
from typing import Final

from plugins.sdk.manifest.model import FormField

#: Field types and how an answer to each looks.
FIELD_TYPES: Final[Mapping[str, Mapping[str, object]]] = {
    "string": {"type": "string", "maxLength": 200},
    "text": {"type": "string", "maxLength": 2000},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "enum": {"type": "string"},
    "date": {"type": "string", "format": "date"},
}


def schema_of(fields: tuple[FormField, ...]) -> str:
    """The form as JSON text; empty when there is nothing to ask.

    What a solver must know in the end, a reporter in a hurry need not: so which fields are needed is said by
    `x-required`, for screens, and not by `required`, which would turn a report away. English words stand under
    `x-…-en`; whoever does not know these keys passes over them.
    """
    if not fields:
        return ""
    schema = {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "additionalProperties": False,
        "x-required": [field.name for field in fields if field.required],
    }
    return json.dumps(schema, ensure_ascii=False)


def _property(field: FormField) -> dict[str, object]:
    shape: dict[str, object] = {**FIELD_TYPES[field.type], "title": field.label, "x-title-en": field.label_en}
    if field.options:
        shape["enum"] = [option.value for option in field.options]
        shape["x-labels"] = [option.label for option in field.options]
        shape["x-labels-en"] = [option.label_en for option in field.options]
    if field.minimum is not None:
        shape["minimum"] = field.minimum
    if field.maximum is not None:
        shape["maximum"] = field.maximum
    if field.masked:
        shape["x-masked"] = True
    return shape
