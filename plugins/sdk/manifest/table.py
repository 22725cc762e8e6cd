"""Takes values out of a TOML table one by one, and remembers what was missing, wrong or unknown."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from plugins.sdk.manifest.lines import Address

#: Told of a fault: where the value stands or should stand, its name for people, and what is wrong.
Note = Callable[[Address, str, str], None]

_NOTHING: Final[Mapping[str, object]] = {}


class Table:
    """One table of the file; every fault goes to `note` and a harmless value comes back."""

    def __init__(self, values: Mapping[str, object], path: str, note: Note, address: Address = ()) -> None:
        self._values = values
        self._path = path
        self._note = note
        self._address = address
        self._taken: set[str] = set()

    def text(self, key: str, *, max_length: int, pattern: str = "", optional: bool = False) -> str:
        """A text; an optional one may be absent."""
        value = self._take(key)
        if value is None and optional:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(key, "is missing" if value is None else "must be a text that is not empty")
            return ""
        if len(value) > max_length:
            self.fault(key, f"is longer than {max_length} characters")
        if pattern and not re.fullmatch(pattern, value):
            self.fault(key, f"{value!r} does not look like {pattern}")
        return value

    def choice(self, key: str, choices: tuple[str, ...], *, default: str | None = None) -> str:
        """One of several words; needed unless there is a default."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if value not in choices:
            self.fault(key, "is missing" if value is None else f"{value!r} is none of {', '.join(choices)}")
            return choices[0]
        return str(value)

    def whole(self, key: str, *, least: int, most: int, default: int) -> int:
        """A whole number within bounds."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(key, f"must be a whole number from {least} to {most}")
            return default
        return value

    def whole_or_none(self, key: str, *, least: int, most: int) -> int | None:
        """A whole number within bounds; None when absent."""
        if key not in self._values:
            return None
        return self.whole(key, least=least, most=most, default=least)

    def number(self, key: str) -> float | None:
        """A number; None when absent."""
        value = self._take(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self.fault(key, "must be a number")
        return None

    def plain(self, key: str) -> str | int | float | bool | None:
        """A text, a number or a flag; None when absent."""
        value = self._take(key)
        if value is None or isinstance(value, str | int | float | bool):
            return value
        self.fault(key, "must be a text, a number, true or false")
        return None

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            self.fault(key, "must be true or false")
        return value is True

    def texts(self, key: str, *, most: int, pattern: str = "") -> tuple[str, ...]:
        """A list of different texts; empty when absent."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.fault(key, "must be a list of texts")
            return ()
        for item in value:
            if pattern and not re.fullmatch(pattern, item):
                self.fault(key, f"{item!r} does not look like {pattern}")
        if len(value) > most:
            self.fault(key, f"has more than {most} entries")
        self.different(key, value)
        return tuple(value)

    def table(self, key: str, *, optional: bool = False) -> "Table":
        """A table inside this one."""
        value = self._take(key)
        if isinstance(value, dict):
            return Table(value, self._inner(key), self._note, (*self._address, key))
        if value is not None:
            self.fault(key, "must be a table")
        elif not optional:
            self.fault(key, "is missing")
        return Table(_NOTHING, self._inner(key), _ignore)

    def tables(self, key: str, *, least: int, most: int) -> list["Table"]:
        """A list of tables, each named in faults by its code, its name or its place."""
        value = self._take(key)
        if value is None:
            value = []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(key, "must be a list of tables")
            return []
        if not least <= len(value) <= most:
            self.fault(key, f"has {len(value)} entries; {least} to {most} are possible")
        return [
            Table(
                item,
                f"{self._inner(key)}[{item.get('code') or item.get('name') or item.get('value') or place}]",
                self._note,
                (*self._address, key, place),
            )
            for place, item in enumerate(value)
        ]

    def different(self, key: str, values: list[str]) -> None:
        """No value may stand twice."""
        twice = sorted({value for value in values if value and values.count(value) > 1})
        if twice:
            self.fault(key, f"has {', '.join(twice)} more than once")

    def finish(self) -> None:
        """Every key that nobody asked for is a fault: it is misspelt, or meant for another version."""
        for key in sorted(self._values.keys() - self._taken):
            self.fault(key, "is not a key that means anything here")

    def fault(self, key: str, problem: str) -> None:
        """Remember something wrong with a key of this table."""
        self._note((*self._address, key) if key else self._address, self._inner(key), problem)

    def _take(self, key: str) -> object:
        self._taken.add(key)
        return self._values.get(key)

    def _inner(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path and key else self._path or key


def _ignore(_address: Address, _key: str, _problem: str) -> None:
    """The fault is known already: the table itself is missing."""
