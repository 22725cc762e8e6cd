"""Reads named SQL statements from a package's `queries.sql`, so that no statement is ever put together in code."""

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString

_BLOCK = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class Queries:
    """The statements of one file; each is an attribute with the name given in its `-- name:` line."""

    def __init__(self, statements: dict[str, LiteralString]) -> None:
        self._statements = statements

    def __getattr__(self, name: str) -> LiteralString:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(f"no query is named {name}") from None

    def names(self) -> tuple[str, ...]:
        """All names, in the file's order."""
        return tuple(self._statements)


@cache
def load(package: str, filename: str = "queries.sql") -> Queries:
    """The statements in a package's file."""
    return Queries(parse(files(package).joinpath(filename).read_text()))


def parse(text: str) -> dict[str, LiteralString]:
    """Split a file into named statements; a name used twice is an error."""
    statements: dict[str, LiteralString] = {}
    marks = list(_BLOCK.finditer(text))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        body = text[mark.end() : following.start() if following else len(text)].strip().rstrip(";")
        # Without its indentation a long statement stays below the 4096 characters that psycopg keeps prepared.
        body = "\n".join(line.strip() for line in body.splitlines())
        if mark["name"] in statements:
            raise ValueError(f"query {mark['name']} is defined twice")
        statements[mark["name"]] = body
    return statements
