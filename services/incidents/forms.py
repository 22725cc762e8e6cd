"""Holds a reporter's answers against the form of the task type."""

import json
from collections import OrderedDict
from typing import Any, Final

import structlog
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.exceptions import SchemaError, best_match

from services.incidents.domain.errors import FormAnswersInvalid
from services.incidents.domain.tasktypes import TaskType

log = structlog.get_logger()

VALIDATORS_MAX: Final = 1000
_WHOLE: Final = "*"


class Forms:
    """Compiles each form once, by task type and version."""

    def __init__(self) -> None:
        self._validators: OrderedDict[tuple[str, int, str], Draft202012Validator | None] = OrderedDict()

    def check(self, task_type: TaskType, answers: str, *, demanded: bool) -> None:
        """Fails with FORM_ANSWERS_INVALID. Without answers only what the form demands is missed, and only if asked."""
        if not answers and not demanded:
            return
        given = _parsed(answers) if answers else {}
        validator = self._validator(task_type)
        fault = best_match(validator.iter_errors(given)) if validator else None
        if fault is not None:
            raise FormAnswersInvalid(field=_field_of(fault), problem=fault.message[:200])

    def _validator(self, task_type: TaskType) -> Draft202012Validator | None:
        key = (task_type.code, task_type.version, task_type.form_schema)
        if key not in self._validators:
            self._validators[key] = _compiled(task_type)
            if len(self._validators) > VALIDATORS_MAX:
                self._validators.popitem(last=False)
        return self._validators[key]


def _compiled(task_type: TaskType) -> Draft202012Validator | None:
    if not task_type.form_schema:
        return None
    try:
        schema = json.loads(task_type.form_schema)
        Draft202012Validator.check_schema(schema)
    except (ValueError, SchemaError) as error:
        log.warning("form_not_usable", task_type=task_type.code, version=task_type.version, error=str(error)[:200])
        return None
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _parsed(answers: str) -> dict[str, Any]:
    try:
        given = json.loads(answers, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FormAnswersInvalid(field=_WHOLE, problem="is not JSON") from error
    if not isinstance(given, dict):
        raise FormAnswersInvalid(field=_WHOLE, problem="is not a JSON object")
    return given


def _refuse(word: str) -> None:
    raise ValueError(word)


def _field_of(fault: ValidationError) -> str:
    path = [str(part) for part in fault.absolute_path]
    if fault.validator == "required" and isinstance(fault.instance, dict):
        demanded: list[str] = fault.schema.get("required", []) if isinstance(fault.schema, dict) else []
        path += [name for name in demanded if name not in fault.instance][:1]
    return ".".join(path) or _WHOLE
