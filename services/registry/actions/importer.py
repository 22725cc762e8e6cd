"""Reads imports in the background, one after the other; whatever is in a file, the next one is read as well."""

import asyncio
import contextlib
import time
from typing import Final

import structlog

from services.platform.errors import Exhausted, FieldInvalid, Unavailable
from services.registry.actions.office import Office
from services.registry.actions.reading import NotKept, Reading
from services.registry.store import imports
from services.registry.store.imports import BooksMoved, Job

log = structlog.get_logger()

POLL_S: Final = 2.0
READINGS_MAX: Final = 5


class Importer:
    """Takes one import after the other."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something waits."""
        self._woken.set()

    async def run(self) -> None:
        """Take what waits, until cancelled; a database that is away for a while is waited for."""
        while True:
            try:
                while await self.take_one():
                    pass
            except (Unavailable, Exhausted) as error:
                log.warning("importer_waits", reason=error.reason)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_S)
            self._woken.clear()

    async def take_one(self) -> bool:
        """Read the import whose turn it is; whether there was one."""
        async with self._office.database.transaction() as transaction:
            job = await imports.take(transaction)
        if job is None:
            return False
        began_s = time.monotonic()
        reading = await self._read(job)
        if reading.faults or job.opening.dry_run:
            async with self._office.database.transaction() as transaction:
                await imports.finish(
                    transaction, job.opening.id, reading.tally, reading.faults, now=self._office.clock.now()
                )
        log.info(
            "import_read",
            import_id=str(job.opening.id),
            rows=reading.tally.rows_read,
            faults=reading.tally.faults,
            seconds=round(time.monotonic() - began_s, 2),
        )
        return True

    async def _read(self, job: Job) -> Reading:
        """Read it, anew when somebody changed meanwhile what it looked at. Whatever is in a file, it only refuses it."""
        for _ in range(READINGS_MAX):
            reading = Reading(self._office, job)
            try:
                await reading.read()
            except NotKept:
                return reading
            except BooksMoved:
                log.info("import_read_anew", import_id=str(job.opening.id))
                continue
            except (Unavailable, Exhausted):
                raise
            except Exception as error:
                log.exception("import_broke", import_id=str(job.opening.id), rows=reading.tally.rows_read)
                reading.give_up("VALUE_REFUSED" if isinstance(error, FieldInvalid) else "READING_BROKE")
            return reading
        raise Unavailable(part="elements")
