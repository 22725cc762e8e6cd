"""A plan that was made while the city was new still fits when it is not: each statement of all day reads what it needs."""

from __future__ import annotations

from datetime import UTC, datetime

from services.incidents.domain.case import Point
from services.incidents.duplicates import store
from services.platform.database import Database

SOMEWHERE = store.Around(
    point=Point(longitude_deg=119.8, latitude_deg=38.6), distance_m=50.0, since=datetime(2026, 3, 1, tzinfo=UTC)
)

USED = "SELECT indexrelname AS name FROM pg_stat_user_indexes WHERE relname = 'incident' AND idx_scan > 0"


async def test_in_an_empty_city_too_likes_are_looked_for_by_their_cell_and_not_among_all_open_cases(
    database: Database,
) -> None:
    async with database.steady() as connection:
        await store.find_open_around(connection, [SOMEWHERE])
        await connection.execute("SELECT pg_stat_force_next_flush()")
        cursor = await connection.execute(USED)
        used = {row["name"] for row in await cursor.fetchall()}
    assert used == {"incident_by_cell"}
