"""Clears away what nobody needs any more: old answers, events every reader has passed, marks of handled events."""

import asyncio

import structlog

from services.platform import sql
from services.platform.database import Database
from services.platform.errors import GridwardError

queries = sql.load(__package__)
log = structlog.get_logger()

EVERY_S = 600.0
SLICE = 5000
ANSWERS_KEPT_H = 24 * 7
EVENTS_KEPT_D = 14
READERS_FORGOTTEN_D = 30
HANDLED_KEPT_D = 30


async def run(database: Database) -> None:
    """Clear away a bounded slice now and then, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await clear(database)
        except GridwardError as error:
            log.warning("housekeeping_waits", reason=error.reason)


async def clear(database: Database) -> None:
    """Clear away one slice of each."""
    async with database.connection() as connection:
        await connection.execute(queries.delete_old_answers, {"hours": ANSWERS_KEPT_H, "size": SLICE})
        await connection.execute(
            queries.delete_old_events, {"days": EVENTS_KEPT_D, "reader_days": READERS_FORGOTTEN_D, "size": SLICE}
        )
        await connection.execute(queries.delete_old_handled, {"days": HANDLED_KEPT_D, "size": SLICE})
