"""Rows behind stars, letters and allowances."""

from collections.abc import Sequence
from datetime import date, datetime

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.honours import Answers, Letter

queries = sql.load(__package__, "honours.sql")


async def answers(
    transaction: Transaction, grids: Sequence[str], *, begin: datetime, end: datetime, hours: int, now: datetime
) -> dict[str, Answers]:
    """By grid, how wishes were answered."""
    values = {"grids": list(grids), "begin": begin, "end": end, "hours": hours, "now": now}
    rows = await (await transaction.execute(queries.list_answers, values)).fetchall()
    return {row["grid_code"]: Answers(wishes=row["wishes"], unanswered=tuple(row["unanswered"])) for row in rows}


async def keep_letter(transaction: Transaction, letter: Letter, *, issued_by: str) -> Letter:
    """The letter of these facts, as it was issued first."""
    values = {name: getattr(letter, name) for name in Letter.__slots__} | {"issued_by": issued_by}
    row = await (await transaction.execute(queries.insert_letter, values)).fetchone()
    assert row is not None
    return Letter(**row)


async def letter(transaction: Transaction, number: str) -> Letter | None:
    """One by its number."""
    row = await (await transaction.execute(queries.read_letter, {"number": number})).fetchone()
    return Letter(**row) if row else None


async def served(
    transaction: Transaction, *, scope_areas: Sequence[str], area: str, from_day: date, until_day: date
) -> list[Row]:
    """subject, teams, orders."""
    values = {"scope_areas": list(scope_areas), "area": area, "from_day": from_day, "until_day": until_day}
    return await (await transaction.execute(queries.list_served, values)).fetchall()
