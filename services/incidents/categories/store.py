"""Reads and writes editions of the taxonomy; the first one comes from the program's own files."""

import csv
import json
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Final

from services.incidents.categories.domain import Category, ClassLimit, Edition, Line, read_lines
from services.incidents.domain.limits import Limit
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)

BUILT_IN_TITLE: Final = "随程序附带 as supplied"
_FILES: Final = ("components.csv", "events.csv")


@cache
def built_in() -> tuple[Category, ...]:
    """The classes that come with the program."""
    lines: list[Line] = []
    for name in _FILES:
        text = files(__package__).joinpath("data", name).read_text()
        lines += [Line(number=number, **row) for number, row in enumerate(csv.DictReader(text.splitlines()), start=2)]
    return read_lines(lines, before={}, used={}).categories


def built_in_edition() -> Edition:
    """The edition that comes with the program; it counts until a city brings its own."""
    return Edition(
        version=0,
        title=BUILT_IN_TITLE,
        effective_from=date.min,
        class_count=len(built_in()),
        created_by="",
    )


async def list_editions(connection: Transaction) -> list[Edition]:
    """All editions, newest first."""
    cursor = await connection.execute(queries.list_editions)
    stored = [
        Edition(
            version=row["version"],
            title=row["title"],
            effective_from=row["effective_from"],
            class_count=row["class_count"],
            created_by=row["created_by"],
        )
        for row in await cursor.fetchall()
    ]
    return [*stored, built_in_edition()]


async def read_categories(connection: Transaction, version: int) -> tuple[Category, ...]:
    """The classes of an edition, by code."""
    if version == 0:
        return tuple(sorted(built_in(), key=lambda category: category.code))
    cursor = await connection.execute(queries.read_categories, {"version": version})
    return tuple(_category_of(row) for row in await cursor.fetchall())


async def lock_editions(transaction: Transaction) -> None:
    """Nobody else stores an edition until the transaction ends."""
    await transaction.execute(queries.lock_editions)


async def insert_edition(
    transaction: Transaction, categories: Iterable[Category], *, title: str, effective_from: date, by: str, at: datetime
) -> int:
    """Store an edition; its number."""
    parameters = {"title": title, "effective_from": effective_from, "created_by": by, "created_at": at}
    row = await (await transaction.execute(queries.insert_edition, parameters)).fetchone()
    version = int(row["version"]) if row else 0
    records = [
        {
            "code": category.code,
            "name": category.name,
            "name_en": category.name_en,
            "limits": [[limit.condition, str(limit.limit.value), limit.limit.unit] for limit in category.limits],
            "keywords": category.keywords,
            "examples": category.examples,
            "retired": category.retired,
        }
        for category in categories
    ]
    await transaction.execute(
        queries.insert_categories,
        {"version": version, "categories": json.dumps(records, ensure_ascii=False)},
    )
    return version


def _category_of(row: Row) -> Category:
    return Category(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        limits=tuple(
            ClassLimit(condition=condition, limit=Limit.of(value, unit)) for condition, value, unit in row["limits"]
        ),
        keywords=tuple(row["keywords"]),
        examples=tuple(row["examples"]),
        retired=row["retired"],
    )
