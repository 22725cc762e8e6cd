"""Finds the line on which a value of a TOML file stands, which the parser itself does not tell."""

import re
from collections.abc import Generator, Iterator, Mapping
from functools import lru_cache
from typing import Final

Address = tuple[str | int, ...]

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_\-]+)\s*=\s*(.*)$")
_INLINE_KEY: Final = re.compile(r"(?:^|[{,])\s*([A-Za-z0-9_\-]+)\s*=")
_STRING: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')


@lru_cache(maxsize=4)
def lines_of(text: str) -> Mapping[Address, int]:
    """The line of every table, key and entry of a list, counted from 1."""
    return dict(_walk(text))


def line_at(lines: Mapping[Address, int], address: Address) -> int:
    """The line of a value; of what it would stand in, when it is missing; 1 when even that is not there."""
    for length in range(len(address), 0, -1):
        if address[:length] in lines:
            return lines[address[:length]]
    return 1


def _walk(text: str) -> Iterator[tuple[Address, int]]:
    table: Address = ()
    counts: dict[Address, int] = {}
    inside: Address | None = None
    depth, place = 0, -1
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _STRING.sub('""', raw).split("#")[0]
        if inside is not None:
            place, depth = yield from _entries(line, number, inside, place, depth)
            inside = inside if depth > 0 else None
            continue
        header = _HEADER.match(line)
        if header:
            table = _enter(header[2].split("."), counts, many=header[1] == "[[")
            yield table, number
            continue
        key = _KEY.match(line)
        if key:
            address = (*table, key[1])
            yield address, number
            place, depth = yield from _entries(key[2], number, address, -1, 0)
            inside = address if depth > 0 else None


def _enter(names: list[str], counts: dict[Address, int], *, many: bool) -> Address:
    address: Address = ()
    for name in names[:-1]:
        address = (*address, name)
        if address in counts:
            address = (*address, counts[address])
    address = (*address, names[-1])
    if many:
        counts[address] = counts.get(address, -1) + 1
        address = (*address, counts[address])
    return address


def _entries(
    line: str, number: int, address: Address, place: int, depth: int
) -> Generator[tuple[Address, int], None, tuple[int, int]]:
    """The entries and inline keys that begin on a line; answers at which entry and how deep the line ends."""
    if line.lstrip().startswith("{") and depth == 0:
        yield from (((*address, key), number) for key in _INLINE_KEY.findall(line))
    for part in re.findall(r"\[|\]|\{[^}]*\}|\"\"", line):
        if part == "[":
            depth += 1
        elif part == "]":
            depth -= 1
        elif depth == 1:
            place += 1
            yield (*address, place), number
            yield from (((*address, place, key), number) for key in _INLINE_KEY.findall(part))
    return place, depth
