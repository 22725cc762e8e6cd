"""Holds every request against the field rules written in its .proto, and against what can be kept at all."""

import math
from functools import cache
from typing import Final

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from protovalidate import ValidationError, Validator

from services.platform.errors import FieldInvalid

_validator = Validator()

#: The years 1800 to 3000: nothing a city writes down lies beyond, and sums with what lies within never leave a calendar.
MOMENT_MIN_S: Final = -5_364_662_400
MOMENT_MAX_S: Final = 32_503_680_000
NANOS_MAX: Final = 999_999_999


def check(message: Message) -> None:
    """Fails with FIELD_INVALID naming the first field at fault, the rule it breaks, and how many faults there are."""
    unsound = _unsound(message)
    if unsound:
        path, problem = unsound
        raise FieldInvalid(field=path, problem=problem, rule="", faults=1)
    try:
        _validator.validate(message)
    except ValidationError as error:
        first = error.violations[0].proto
        raise FieldInvalid(
            field=_path_of(first),
            problem=first.message or first.rule_id,
            rule=first.rule_id,
            faults=len(error.violations),
        ) from error


def _unsound(message: Message) -> tuple[str, str] | None:
    """The first value that no database, calendar or sum can hold, with its path and what is wrong with it.

    Texts with a NUL in them, moments no city knows, and numbers that are none. Said here once, so that no
    service has to think of it for each of its fields.
    """
    if isinstance(message, Timestamp):
        fits = MOMENT_MIN_S <= message.seconds <= MOMENT_MAX_S and 0 <= message.nanos <= NANOS_MAX
        return None if fits else ("", "is out of range")
    for field, value in message.ListFields():
        if _judged_one_by_one(field):
            continue
        for index, each in enumerate(_each_of(value)):
            found = _unsound_value(each)
            if found is not None:
                name = f"{field.name}[{index}]" if field.is_repeated else field.name
                return f"{name}.{found[0]}".rstrip("."), found[1]
    return None


@cache
def _judged_one_by_one(field: FieldDescriptor) -> bool:
    """Whether the contract lets each value of a field fail alone; whoever takes them in checks each."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    return bool(rules.repeated.items.ignore == validate_pb2.IGNORE_ALWAYS)


def _each_of(value: object) -> list[object]:
    """The values of a field; for a map its keys and what they lead to."""
    if isinstance(value, str | bytes | bool | int | float | Message):
        return [value]
    if hasattr(value, "items"):
        return [part for pair in value.items() for part in pair]
    return list(value)  # type: ignore[call-overload,no-any-return]  # the container of a repeated field


def _unsound_value(value: object) -> tuple[str, str] | None:
    if isinstance(value, str):
        return ("", "holds a character or number that cannot be stored") if "\0" in value else None
    if isinstance(value, float):
        return None if math.isfinite(value) else ("", "is out of range")
    return _unsound(value) if isinstance(value, Message) else None


def _path_of(violation: object) -> str:
    path = getattr(violation, "field", None)
    parts: list[str] = []
    for element in getattr(path, "elements", None) or ():
        name = element.field_name
        subscript = getattr(element, "subscript", None)
        index = getattr(subscript, "value", None) if subscript is not None else None
        parts.append(f"{name}[{index}]" if index is not None else name)
    return ".".join(parts) or "request"
