"""Reads every history and says which lines are not as they were written.

Whoever can write to the database could forge a whole history from one line on, seals and all. So each run prints one
fingerprint over all lines up to a moment; kept elsewhere and given to a later run, it shows that too.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.incidents.domain.seal import Fault, SealedLine, faults
from services.platform import sql
from services.platform.database import Database, Row

queries = sql.load(__package__)

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run found."""

    cases: int
    lines: int
    faults: tuple[Fault, ...]
    #: Over the seals of all lines up to the moment asked for.
    fingerprint: str


async def verify(database: Database, *, until: datetime, case_id: UUID | None = None) -> Verdict:
    """Verify all histories, or that of one case; all seen at one moment."""
    cases = lines = 0
    found: list[Fault] = []
    print_of_all = hashlib.sha256()
    async for history in _histories(database, case_id):
        cases += 1
        lines += len(history.lines)
        found += faults(history.case_id, history.lines, version=history.version)
        for line, at in zip(history.lines, history.times, strict=True):
            if at <= until:
                print_of_all.update(line.seal)
    return Verdict(cases=cases, lines=lines, faults=tuple(found), fingerprint=print_of_all.hexdigest())


@dataclass(slots=True, kw_only=True)
class _History:
    """One case, how many lines it must have, those it has, and when they were written."""

    case_id: str
    version: int
    lines: list[SealedLine]
    times: list[datetime]


async def _histories(database: Database, case_id: UUID | None) -> AsyncIterator[_History]:
    async with database.transaction() as transaction, transaction.cursor(name="verify") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        await cursor.execute(queries.read_lines, {"case_id": case_id})
        history: _History | None = None
        async for row in cursor:
            if history is None or history.case_id != row["case_id"]:
                if history is not None:
                    yield history
                history = _History(case_id=row["case_id"], version=row["version"], lines=[], times=[])
            if row["sequence"] is not None:  # a case whose history is gone altogether
                history.lines.append(_line_of(row))
                history.times.append(row["at"])
        if history is not None:
            yield history


def _line_of(row: Row) -> SealedLine:
    return SealedLine(
        case_id=row["case_id"],
        sequence=row["sequence"],
        says=tuple(row["says"]),
        seal=bytes(row["seal"] or b""),
    )
