"""Keeps views of the command page: one's own, or shared with everybody in a role."""

from datetime import datetime
from typing import Final
from uuid import UUID

from services.gateway.domain import TooManyViews, ViewInvalid
from services.platform import sql
from services.platform.database import Database
from services.platform.identity import Caller
from services.platform.ids import uuid7

queries = sql.load(__package__)

VIEWS_MAX: Final = 20
SHOWN_MAX: Final = 40
NAME_MAX: Final = 30
QUERY_MAX: Final = 2000


async def views_of(database: Database, caller: Caller) -> list[dict[str, object]]:
    """What somebody may choose from."""
    values = {"subject": caller.subject, "roles": list(caller.roles), "most": SHOWN_MAX}
    async with database.connection() as connection:
        rows = await (await connection.execute(queries.list_views, values)).fetchall()
    return [
        {
            "id": str(row["id"]),
            "name": row["name"],
            "query": row["query"],
            "own": row["subject"] == caller.subject,
            "shared": bool(row["role"]),
        }
        for row in rows
    ]


async def save_view(database: Database, caller: Caller, *, name: str, query: str, role: str, now: datetime) -> None:
    """Keep a view. Fails with VIEW_INVALID, TOO_MANY_VIEWS."""
    if not 1 <= len(name) <= NAME_MAX or not 1 <= len(query) <= QUERY_MAX or (role and role not in caller.roles):
        raise ViewInvalid
    async with database.transaction() as transaction:
        kept = await (await transaction.execute(queries.count_views, {"subject": caller.subject})).fetchone()
        if kept and kept["kept"] >= VIEWS_MAX:
            raise TooManyViews(limit=VIEWS_MAX)
        values = {"id": uuid7(), "subject": caller.subject, "role": role, "name": name, "query": query, "now": now}
        await transaction.execute(queries.save_view, values)


async def drop_view(database: Database, caller: Caller, view_id: UUID) -> None:
    """Keep it no longer; dropping twice does nothing."""
    async with database.transaction() as transaction:
        await transaction.execute(queries.delete_view, {"id": view_id, "subject": caller.subject})
