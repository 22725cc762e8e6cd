"""Reads and writes opinions."""

from datetime import date
from uuid import UUID

from services.incidents.newest_first import NewestFirst
from services.incidents.opinions.domain import Opinion, State, Tone
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)


async def insert_opinion(transaction: Transaction, opinion: Opinion) -> None:
    """Take one in."""
    await transaction.execute(
        queries.insert_opinion,
        {
            "id": UUID(opinion.id),
            "grid_code": opinion.grid_code,
            "area_path": opinion.area_path,
            "words": opinion.words,
            "tone": opinion.tone,
            "collected_by": opinion.collected_by,
            "collected_at": opinion.collected_at,
        },
    )


async def lock_opinion(transaction: Transaction, opinion_id: str, scope: dict[str, list[str]]) -> Opinion | None:
    """One the caller may see, for a step."""
    row = await (await transaction.execute(queries.lock_opinion, {"id": UUID(opinion_id), **scope})).fetchone()
    return _opinion_of(row) if row else None


async def save_opinion(transaction: Transaction, opinion: Opinion) -> None:
    """Write down what a step changed."""
    await transaction.execute(
        queries.save_opinion,
        {
            "id": UUID(opinion.id),
            "version": opinion.version,
            "state": opinion.state,
            "handler": opinion.handler,
            "answer": opinion.answer,
            "rating": opinion.rating,
            "case_id": opinion.case_id,
            "closed_at": opinion.closed_at,
        },
    )


async def list_opinions(
    connection: Transaction,
    scope: dict[str, list[str]],
    *,
    under: str,
    open_only: bool,
    page: NewestFirst,
) -> list[Opinion]:
    """A page, newest first."""
    parameters = {**scope, **page.columns, "under": under, "open_only": open_only}
    cursor = await connection.execute(queries.list_opinions, parameters)
    return [_opinion_of(row) for row in await cursor.fetchall()]


async def count_mood(
    connection: Transaction, scope: dict[str, list[str]], *, under: str, first: date, last: date, zone: str
) -> list[tuple[date, str, int, int, int]]:
    """Day, grid, collected, negative, left open."""
    parameters = {**scope, "under": under, "from_day": first, "until_day": last, "zone": zone}
    cursor = await connection.execute(queries.count_mood, parameters)
    return [
        (row["day"], row["grid_code"], row["collected"], row["negative"], row["open"])
        for row in await cursor.fetchall()
    ]


def _opinion_of(row: Row) -> Opinion:
    return Opinion(
        id=str(row["id"]),
        version=row["version"],
        state=State(row["state"]),
        grid_code=row["grid_code"],
        area_path=row["area_path"],
        words=row["words"],
        tone=Tone(row["tone"]),
        collected_by=row["collected_by"],
        collected_at=row["collected_at"],
        handler=row["handler"],
        answer=row["answer"],
        rating=row["rating"],
        case_id=row["case_id"],
        closed_at=row["closed_at"],
    )
