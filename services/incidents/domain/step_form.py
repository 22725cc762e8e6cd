"""Describes what a step asks for as a JSON schema, so that any screen can show a form for any step."""

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from services.incidents.domain.procedure import Proof

Schema = dict[str, Any]  # a JSON schema

_PERSON: Final[Schema] = {
    "type": "string",
    "maxLength": 60,
    "title": "人员",
    "x-title-en": "Person",
    "x-input": "person",
}
_LIMIT: Final[Schema] = {
    "type": "object",
    "title": "时限",
    "x-title-en": "Time",
    "properties": {
        "value": {"type": "number", "exclusiveMinimum": 0},
        "unit": {"enum": ["MINUTE", "URGENT_HOUR", "WORK_HOUR", "WORK_DAY", "NATURAL_DAY"]},
    },
    "required": ["value", "unit"],
}

#: The inputs of steps, by the names they have in the contract.
INPUTS: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        "filing_condition": {
            "type": "string",
            "title": "立案条件",
            "x-title-en": "Filing condition",
            "x-input": "filing_condition",
        },
        "department_code": {
            "type": "string",
            "title": "部门",
            "x-title-en": "Department",
            "x-input": "department",
        },
        "assignee": _PERSON,
        "rating": {"type": "integer", "minimum": 1, "maximum": 5, "title": "评价", "x-title-en": "Rating"},
        "task_type": {"type": "string", "title": "事项类别", "x-title-en": "Task type", "x-input": "task_type"},
        "until": {"type": "string", "format": "date-time", "title": "恢复时间", "x-title-en": "Until"},
        "priority": {"enum": ["ROUTINE", "URGENT"], "title": "缓急", "x-title-en": "Priority"},
        "addressees": {
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "title": "对象",
            "x-title-en": "To whom",
            "items": {
                "type": "object",
                "properties": {
                    "receiver": {
                        "type": "string",
                        "title": "部门、岗位或人员",
                        "x-title-en": "Department, post or person",
                        "x-input": "receiver",
                    },
                    "limit": _LIMIT,
                    "place": {"type": "integer", "minimum": 1, "title": "顺序", "x-title-en": "Order"},
                },
                "required": ["receiver"],
            },
        },
        "part": {"type": "integer", "minimum": 1, "title": "分办序号", "x-title-en": "Part"},
        "move": {"type": "string", "title": "办理环节", "x-title-en": "Move"},
        "point": {
            "type": "object",
            "title": "我的位置",
            "x-title-en": "Where I am",
            "x-input": "here",
            "properties": {"longitude_deg": {"type": "number"}, "latitude_deg": {"type": "number"}},
            "required": ["longitude_deg", "latitude_deg"],
        },
        "child": {"type": "string", "title": "案件编号", "x-title-en": "Case number"},
        "cause": {
            "enum": ["choice", "beyond_authority"],
            "title": "升级原因",
            "x-title-en": "Why it is raised",
        },
    }
)


@cache
def form(fields: tuple[str, ...], choices: tuple[str, ...], words_min: int, within_m: int) -> str:
    """The schema of a step's inputs as text; empty when it asks for nothing but words and files."""
    properties: Schema = {name: INPUTS[name] for name in (*fields, *choices)}
    required = list(fields)
    if within_m:
        properties["point"] = INPUTS["point"]
    if words_min > 1:
        properties["opinion"] = {"type": "string", "minLength": words_min, "title": "意见", "x-title-en": "Words"}
        required.append("opinion")
    if not properties:
        return ""
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return json.dumps(schema, ensure_ascii=False)


def form_for(fields: tuple[str, ...], choices: tuple[str, ...], proof: Proof) -> str:
    """The schema of a step with the proof it asks for."""
    return form(fields, choices, proof.words_min, proof.within_m)
