"""Opens imports, takes their pieces, and says how far they are."""

from typing import Final
from uuid import UUID

import structlog

from services.platform.database import Row, Transaction
from services.platform.identity import Caller
from services.registry.actions.elements import READ_PEOPLE
from services.registry.actions.importer import Importer
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach
from services.registry.domain.coordinates import known_crs
from services.registry.domain.errors import BeyondReach, ImportStateWrong, ImportTooLarge, ImportUnknown
from services.registry.domain.importing import ImportState, Opening, RowFault
from services.registry.store import imports
from services.registry.store.imports import Job

log = structlog.get_logger()

WRITE: Final = "registry.imports.write"


class ImportActions:
    """What can be done with imports."""

    def __init__(self, office: Office, importer: Importer) -> None:
        self._office = office
        self._importer = importer

    async def create_import(self, opening: Opening, *, caller: Caller, asked: Asked[Job]) -> bytes:
        """Open an import; fails with CRS_UNKNOWN, BEYOND_REACH."""
        known_crs(opening.crs)
        drawn = await self._office.atlas.current()
        if not grids_in_reach(drawn, caller.scope(WRITE), for_departments=not opening.kind.about_people):
            raise BeyondReach(subject=READ_PEOPLE if opening.kind.about_people else WRITE)

        async def create(transaction: Transaction) -> Job:
            await imports.insert(transaction, opening, caller=caller, now=self._office.clock.now())
            return await self._own(transaction, opening.id, caller)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: create(transaction))

    async def add_piece(self, job_id: UUID, number: int, content: bytes, *, caller: Caller) -> int:
        """Keep the next piece; the bytes so far. Fails with IMPORT_UNKNOWN, IMPORT_STATE, IMPORT_TOO_LARGE."""
        async with self._office.database.transaction() as transaction:
            row = await self._locked(transaction, job_id, caller)
            if number <= row["piece_count"]:
                return int(row["size_bytes"])
            if row["state"] != ImportState.OPEN or number != row["piece_count"] + 1:
                raise ImportStateWrong(state=f"{_word(row['state'])}, at piece {row['piece_count']}")
            limit_bytes = self._office.settings.element_import_bytes_max
            if row["size_bytes"] + len(content) > limit_bytes:
                raise ImportTooLarge(limit_bytes=limit_bytes)
            return await imports.add_piece(transaction, job_id, number, content, self._office.sealer)

    async def run_import(self, job_id: UUID, *, caller: Caller) -> Job:
        """Let it be read; asking again changes nothing. Fails with IMPORT_UNKNOWN, IMPORT_STATE."""
        async with self._office.database.transaction() as transaction:
            row = await self._locked(transaction, job_id, caller)
            if not row["piece_count"]:
                raise ImportStateWrong(state="without any content")
            await imports.queue(transaction, job_id)
            job = await self._own(transaction, job_id, caller)
        self._importer.wake()
        return job

    async def get_import(self, job_id: UUID, *, caller: Caller) -> tuple[Job, list[RowFault]]:
        """How far an import is, and what is wrong with it; fails with IMPORT_UNKNOWN."""
        async with self._office.database.connection() as connection:
            job = await self._own(connection, job_id, caller)
            return job, await imports.list_faults(connection, job_id)

    async def list_imports(self, *, caller: Caller) -> list[Job]:
        """One's own imports."""
        async with self._office.database.connection() as connection:
            return await imports.list_jobs(connection, opened_by=caller.subject)

    async def _own(self, transaction: Transaction, job_id: UUID, caller: Caller) -> Job:
        job = await imports.find(transaction, job_id, opened_by=caller.subject)
        if job is None:
            raise ImportUnknown
        return job

    async def _locked(self, transaction: Transaction, job_id: UUID, caller: Caller) -> Row:
        row = await imports.lock(transaction, job_id, opened_by=caller.subject)
        if row is None:
            raise ImportUnknown
        return row


def _word(state: int) -> str:
    return ImportState(state).name.lower()
