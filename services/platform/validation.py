"""Holds every request against the field rules written in its .proto."""

from google.protobuf.message import Message
from protovalidate import ValidationError, Validator

from services.platform.errors import FieldInvalid

_validator = Validator()


def check(message: Message) -> None:
    """Fails with FIELD_INVALID naming the first field at fault, the rule it breaks, and how many faults there are."""
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


def _path_of(violation: object) -> str:
    path = getattr(violation, "field", None)
    parts: list[str] = []
    for element in getattr(path, "elements", None) or ():
        name = element.field_name
        subscript = getattr(element, "subscript", None)
        index = getattr(subscript, "value", None) if subscript is not None else None
        parts.append(f"{name}[{index}]" if index is not None else name)
    return ".".join(parts) or "request"
