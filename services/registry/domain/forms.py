"""Checks that the form of a task type is a JSON Schema that can be used safely."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from services.registry.domain.errors import FormInvalid

DEPTH_MAX: Final = 20
PROBLEM_LENGTH_MAX: Final = 300
REFERENCES: Final = ("$ref", "$dynamicRef")


def require_form(form_schema: str, *, code: str) -> None:
    """Fails with FORM_INVALID unless the text is empty or a schema of an object without references."""
    if not form_schema:
        return
    problem = _problem(form_schema)
    if problem:
        raise FormInvalid(code=code, problem=problem[:PROBLEM_LENGTH_MAX])


def _problem(form_schema: str) -> str:
    try:
        schema = json.loads(form_schema)
    except (ValueError, RecursionError):
        return "it is not JSON"
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return 'it must be an object with "type": "object"'
    try:
        for key, value in _members(schema, depth=0):
            if key in REFERENCES and isinstance(value, str):
                return f"{key} is not taken: a form that refers to itself can be read without end"
        Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    except SchemaError as error:
        return f"{error.json_path}: {error.message}"
    except RecursionError:
        return f"it is nested more than {DEPTH_MAX} deep"
    return ""


def _members(value: object, *, depth: int) -> Iterator[tuple[str, object]]:
    if depth > DEPTH_MAX:
        raise RecursionError
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield str(key), member
            yield from _members(member, depth=depth + 1)
    elif isinstance(value, list):
        for member in value:
            yield from _members(member, depth=depth + 1)
