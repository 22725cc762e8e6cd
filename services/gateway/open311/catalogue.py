"""Turns the city's task types into Open311 services, and their forms into attributes.

Only matters of the public space are published: classes of components and of events. What concerns a person's life,
such as a visit or a dispute, is neither listed nor shown nor taken in here.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gridward.registry.v1 import tasks_pb2

from services.gateway.open311.faults import ParameterInvalid, ParameterMissing

#: First letters of the national classes that concern the public space: components (部件) and events (事件).
PUBLIC_CLASSES: Final = ("C", "E")
KEYWORDS_MAX: Final = 10

Json = dict[str, Any]


def published(task_types: Iterable[tasks_pb2.TaskType]) -> dict[str, tasks_pb2.TaskType]:
    """The task types that are open to everybody, by code."""
    return {
        kind.code: kind
        for kind in task_types
        if kind.admission == tasks_pb2.ADMISSION_STATE_ADMITTED and kind.category_code.startswith(PUBLIC_CLASSES)
    }


def title_of(kind: tasks_pb2.TaskType, language: str) -> str:
    """The name of a service in the reader's language."""
    return kind.title_en or kind.title if language == "en" else kind.title


def service_of(kind: tasks_pb2.TaskType, *, departments: Mapping[str, str], language: str) -> Json:
    """One service of the list."""
    conditions = [(each.title_en or each.title) if language == "en" else each.title for each in kind.filing_conditions]
    return {
        "service_code": kind.code,
        "service_name": title_of(kind, language),
        "description": "; ".join(conditions),
        "metadata": bool(_properties(kind)),
        "type": "realtime",
        "keywords": ",".join(kind.keywords[:KEYWORDS_MAX]),
        "group": departments.get(kind.department_code, kind.department_code),
    }


def definition_of(kind: tasks_pb2.TaskType, language: str) -> Json:
    """What a service asks beyond place and words."""
    required = set(_schema(kind).get("required", ()))
    attributes = [
        _attribute(name, field, order=order, required=name in required, language=language)
        for order, (name, field) in enumerate(_properties(kind).items(), start=1)
    ]
    return {"service_code": kind.code, "attributes": attributes}


def answers_to_form(kind: tasks_pb2.TaskType, given: Mapping[str, list[str]]) -> str:
    """The attributes of a filing as the form's answers; fails with OPEN311_PARAMETER_MISSING or _INVALID."""
    fields = _properties(kind)
    for name in given:
        if name not in fields:
            raise ParameterInvalid(parameter=f"attribute[{name}]", given="?")
    answers = {name: _value(name, fields[name], values) for name, values in given.items() if any(values)}
    for name in _schema(kind).get("required", ()):
        if name not in answers:
            raise ParameterMissing(parameter=f"attribute[{name}]")
    return json.dumps(answers, ensure_ascii=False) if answers else ""


def _schema(kind: tasks_pb2.TaskType) -> Json:
    schema: Json = json.loads(kind.form_schema or "{}")
    return schema


def _properties(kind: tasks_pb2.TaskType) -> dict[str, Json]:
    return dict(_schema(kind).get("properties", {}))


def _attribute(name: str, field: Json, *, order: int, required: bool, language: str) -> Json:
    title = (language == "en" and (field.get("x-title-en") or field.get("title_en"))) or field.get("title") or name
    attribute = {
        "variable": True,
        "code": name,
        "datatype": _datatype(field),
        "required": required,
        "datatype_description": str(field.get("description", "")),
        "order": order,
        "description": str(title),
    }
    choices = _choices(field, language)
    return {**attribute, "values": choices} if choices else attribute


def _datatype(field: Json) -> str:
    if field.get("type") == "array":
        return "multivaluelist"
    if field.get("enum") or field.get("type") == "boolean":
        return "singlevaluelist"
    if field.get("type") in {"integer", "number"}:
        return "number"
    if field.get("format") in {"date-time", "date"}:
        return "datetime"
    return "text" if field.get("maxLength", 0) > 200 else "string"


def _choices(field: Json, language: str) -> list[Json]:
    if field.get("type") == "boolean":
        return [{"key": "true", "name": "true"}, {"key": "false", "name": "false"}]
    source = field.get("items", {}) if field.get("type") == "array" else field
    keys = source.get("enum", ())
    titles = (
        (language == "en" and source.get("x-labels-en")) or source.get("x-labels") or source.get("x-enum-titles") or ()
    )
    return [{"key": str(key), "name": str(titles[at] if at < len(titles) else key)} for at, key in enumerate(keys)]


def _value(name: str, field: Json, values: list[str]) -> Any:
    if field.get("type") == "array":
        return values
    text = next((value for value in values if value), "")
    try:
        if field.get("type") == "integer":
            return int(text)
        if field.get("type") == "number":
            return float(text)
    except ValueError:
        raise ParameterInvalid(parameter=f"attribute[{name}]", given=text[:60]) from None
    if field.get("type") == "boolean":
        if text.lower() not in {"true", "false", "1", "0"}:
            raise ParameterInvalid(parameter=f"attribute[{name}]", given=text[:60])
        return text.lower() in {"true", "1"}
    return text
