"""Shows personal data so far that people recognise it, and no further."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from services.registry.domain.schema import ItemType

HIDDEN: Final = "***"
#: Characters that a mask hides at least; a shorter value is hidden whole.
HIDDEN_MIN: Final = 3
#: An address is shown to the building: what follows its number is hidden.
_TO_BUILDING: Final = re.compile(r"^.*?([0-9]+号[楼院]?|栋|幢|座)")


def masked(value: str, kind: ItemType) -> str:
    """A value as whoever has no business with it may see it."""
    if not value:
        return ""
    mask = _MASKS.get(kind)
    return mask(value) if mask else HIDDEN


def _name(value: str) -> str:
    return value[:1] + "*" * max(1, len(value) - 1)


def _identity_number(value: str) -> str:
    return _middle(value, head=1, tail=2)


def _phone(value: str) -> str:
    return _middle(value, head=3, tail=4)


def _middle(value: str, *, head: int, tail: int) -> str:
    hidden = len(value) - head - tail
    return HIDDEN if hidden < HIDDEN_MIN else value[:head] + "*" * hidden + value[-tail:]


def _address(value: str) -> str:
    found = _TO_BUILDING.match(value)
    return (found.group() if found else value[:2]) + HIDDEN


def _date(value: str) -> str:
    return value[:4] + "-**-**"


_MASKS: Final[Mapping[ItemType, Callable[[str], str]]] = {
    ItemType.NAME: _name,
    ItemType.IDENTITY_NUMBER: _identity_number,
    ItemType.PHONE: _phone,
    ItemType.ADDRESS: _address,
    ItemType.DATE: _date,
}
