"""Reads one import: a batch of rows at a time, all of the file in one transaction or none of it."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

import numpy as np

from services.platform import audit
from services.platform.audit import Deed
from services.platform.database import Transaction
from services.platform.ids import uuid7
from services.registry import events
from services.registry.actions.elements import CONTAINERS
from services.registry.actions.office import Office
from services.registry.actions.reach import grids_in_reach
from services.registry.domain.coordinates import to_wgs84
from services.registry.domain.elements import KEY, Element, Stand, changed
from services.registry.domain.importing import Columns, ImportFormat, ReadRow, RowFault, Tally, keys_told_twice
from services.registry.domain.tabular import (
    LATITUDE,
    LONGITUDE,
    CsvReader,
    GeoJsonReader,
    RawRow,
    RowReader,
    Unreadable,
    read_workbook,
)
from services.registry.store import imports
from services.registry.store.imports import Job

BATCH_ROWS: Final = 1000
FAULTS_KEPT: Final = 1000
#: A file as bad as this is the wrong file; reading on helps nobody.
FAULTS_MAX: Final = 10_000
PROGRESS_S: Final = 0.5
WRITE: Final = "registry.imports.write"


class NotKept(Exception):
    """Ends the transaction of a dry run, or of a file with faults, without a trace."""


class RowRefused(Exception):
    """A row cannot be stored; why, and the field that shows it."""

    def __init__(self, reason: str, message: str, target: str) -> None:
        self.reason, self.message, self.target = reason, message, target
        super().__init__(reason)


class Reading:
    """One reading of one import."""

    def __init__(self, office: Office, job: Job) -> None:
        self._office = office
        self._job = job
        self._opening = job.opening
        self._columns: Columns | None = None
        self._grids: frozenset[str] = frozenset()
        self._told_s = 0.0
        #: Rows are written by the import; who opened that is told there.
        self._by = f"import:{job.opening.id}"
        self.tally = Tally()
        self.faults: list[RowFault] = []

    async def read(self) -> None:
        """Store the file; ends with NotKept when it is only checked, or has faults."""
        drawn = await self._office.atlas.current()
        people = self._opening.kind.about_people
        scope = self._job.caller.scope(WRITE)
        self._grids = frozenset(grids_in_reach(drawn, scope, for_departments=not people))
        now = self._office.clock.now()
        async with self._office.database.transaction() as transaction:
            await imports.plan_anew(transaction)
            try:
                async for batch in self._batches(transaction):
                    await self._take(transaction, batch, now)
                    await self._tell()
            except Unreadable as error:
                self._add([RowFault(row=error.row, column="", reason="UNREADABLE", message=error.problem)])
            if self.tally.faults or self._opening.dry_run:
                raise NotKept
            await events.publish_elements_imported(transaction, self._opening, self.tally, at=now)
            deed = Deed(
                action="elements_imported",
                target=str(self._opening.id),
                purpose=self._opening.file_name,
                row_count=self.tally.created + self.tally.updated,
            )
            await imports.finish(transaction, self._opening.id, self.tally, (), now=now)
            await audit.write(transaction, deed, caller=self._job.caller, at=now)

    async def _batches(self, transaction: Transaction) -> AsyncIterator[list[RawRow]]:
        if self._opening.format is ImportFormat.XLSX:
            async for batch in self._workbook_batches(transaction):
                yield batch
            return
        reader: RowReader = CsvReader() if self._opening.format is ImportFormat.CSV else GeoJsonReader()
        waiting: list[RawRow] = []
        for number in range(1, self._job.piece_count + 1):
            piece = await imports.read_piece(transaction, self._opening.id, number, self._office.sealer)
            waiting += await asyncio.to_thread(reader.feed, piece)
            self.tally.read_bytes += len(piece)
            for start in range(0, len(waiting), BATCH_ROWS):
                yield waiting[start : start + BATCH_ROWS]
            waiting = []
        yield reader.finish()

    async def _workbook_batches(self, transaction: Transaction) -> AsyncIterator[list[RawRow]]:
        """A workbook can only be read when all of it is there; it waits in a file without a name."""
        with tempfile.TemporaryFile() as file:
            for number in range(1, self._job.piece_count + 1):
                file.write(await imports.read_piece(transaction, self._opening.id, number, self._office.sealer))
            file.seek(0)
            rows: Iterator[RawRow] = read_workbook(file)
            while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH_ROWS))):
                yield batch

    async def _take(self, transaction: Transaction, rows: Sequence[RawRow], now: datetime) -> None:
        """One batch: understand it, look up what is there, and write what is new or different."""
        heading = rows[:1] if self._columns is None else ()
        if self._columns is None and rows:
            self._columns = Columns(self._opening.kind, rows[0].cells, self._opening.columns)
            self._add(self._columns.faults)
            if self._columns.faults:
                raise NotKept
        rows = rows[1:] if heading and self._opening.format is not ImportFormat.GEOJSON else rows
        if not rows or self._columns is None:
            return
        faults: list[RowFault] = []
        columns = self._columns
        read = await asyncio.to_thread(lambda: [told for row in rows if (told := columns.read(row, faults))])
        self._add(faults)
        self.tally.rows_read += len(rows)
        self._check_keys(read)
        before = await imports.find_by_keys(
            transaction, self._office.elements, self._opening.kind, [row.key for row in read if row.key]
        )
        containers = await imports.find_containers(
            transaction,
            self._office.elements,
            sorted(CONTAINERS.get(self._opening.kind, ())),
            [row.within_key for row in read if row.within_key],
        )
        drawn = await self._office.atlas.current()
        points = _in_wgs84(read, self._opening.crs)
        grids = drawn.locate(points) if points else []
        found = dict(zip((row.number for row in read if row.point), zip(points, grids, strict=True), strict=True))
        fresh: list[Element] = []
        differing: list[Element] = []
        for row in read:
            known = before.get(row.key) if row.key else None
            if known is not None and known.updated_by == self._by:
                self._fault(row, "KEY_TWICE", "an earlier row has the same key")
                continue
            try:
                stand = self._stand(row, known, containers, found)
            except RowRefused as refused:
                self._fault(row, refused.reason, refused.message, refused.target)
                continue
            container = containers.get(row.within_key)
            within_id = container.id if container else None
            base = known or Element(id=uuid7(), kind=self._opening.kind, within_id=within_id)
            if container and base.within_id != within_id:
                base = replace(base, within_id=within_id)
            after = changed(base, row.draft, stand)
            if known is None:
                fresh.append(after)
            elif after != known:
                differing.append(after)
            else:
                self.tally.unchanged += 1
        await self._write(transaction, fresh, differing, now)

    def _check_keys(self, read: list[ReadRow]) -> None:
        for position in reversed(keys_told_twice(read)):
            self._fault(read.pop(position), "KEY_TWICE", "an earlier row has the same key")

    def _stand(
        self,
        row: ReadRow,
        known: Element | None,
        containers: dict[str, Element],
        found: dict[int, tuple[tuple[float, float], str | None]],
    ) -> Stand:
        """Where the row stands; fails with RowRefused."""
        container = containers.get(row.within_key)
        if row.within_key and container is None:
            raise RowRefused("CONTAINER_UNKNOWN", "nothing has the key it is said to lie within", "within_key")
        if row.number in found:
            (longitude_deg, latitude_deg), grid_code = found[row.number]
            if grid_code is None:
                raise RowRefused("OUT_OF_AREA", "the point lies in no grid", LONGITUDE)
        elif (place := container or known) is not None:
            grid_code, longitude_deg, latitude_deg = place.grid_code, place.longitude_deg, place.latitude_deg
        else:
            raise RowRefused("MISSING", "the row does not say where it is", LATITUDE)
        if grid_code not in self._grids or (known is not None and known.grid_code not in self._grids):
            raise RowRefused("BEYOND_REACH", "the place lies outside the area you answer for", LONGITUDE)
        return Stand(
            grid_code=grid_code,
            longitude_deg=longitude_deg,
            latitude_deg=latitude_deg,
            address=container.address if container else "",
        )

    async def _write(
        self, transaction: Transaction, fresh: Sequence[Element], differing: Sequence[Element], now: datetime
    ) -> None:
        if self.tally.faults:
            # Nothing will be kept; only what follows is still worth a look.
            self.tally.created += len(fresh)
            self.tally.updated += len(differing)
            return
        if fresh:
            books = self._office.elements
            content = await asyncio.to_thread(
                lambda: imports.copied([books.row(element) for element in fresh], by=self._by, now=now)
            )
            await imports.copy_in(transaction, content)
        if differing:
            await imports.hold(transaction, differing)
        async with transaction.pipeline():
            for element in differing:
                await self._office.elements.save(transaction, element, by=self._by, now=now)
        self.tally.created += len(fresh)
        self.tally.updated += len(differing)

    def give_up(self, reason: str) -> None:
        """Nothing of the file is kept for a cause that no row was found to blame for."""
        row = self.tally.rows_read + 1
        self._add([RowFault(row=row, column="", reason=reason, message="from this row on the file cannot be stored")])

    def _fault(self, row: ReadRow, reason: str, message: str, target: str = "key") -> None:
        columns = self._columns
        column = (columns.heading_of(target) or columns.heading_of(KEY)) if columns else ""
        self._add([RowFault(row=row.number, column=column, reason=reason, message=message)])

    def _add(self, faults: Sequence[RowFault]) -> None:
        self.tally.faults += len(faults)
        self.faults += list(faults)[: FAULTS_KEPT - len(self.faults)]
        if self.tally.faults > FAULTS_MAX:
            raise NotKept

    async def _tell(self) -> None:
        """Progress is told beside the transaction, so that others see it."""
        if time.monotonic() - self._told_s < PROGRESS_S:
            return
        self._told_s = time.monotonic()
        async with self._office.database.connection() as connection:
            await imports.tell_progress(connection, self._opening.id, self.tally)


def _in_wgs84(rows: Sequence[ReadRow], crs: str) -> list[tuple[float, float]]:
    """The points of those rows that have one."""
    given = [row.point for row in rows if row.point]
    if not given:
        return []
    return [(east, north) for east, north in to_wgs84(np.array(given, dtype=np.float64), crs).tolist()]
