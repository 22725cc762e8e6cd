"""Keeps marks, findings and published standings."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.incidents.assessment.domain import OWN_SOURCES, SAME_PLACE_M, Finding, Kind, Mention, Part, Standing
from services.incidents.domain.case import Point
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)

FINDINGS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark of a grid or a worker."""

    code: str
    part: str
    area_path: str
    score: Decimal
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A published month."""

    edition: int
    newest: int
    published_at: datetime
    published_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Which standings: who, when, where."""

    kind: Kind
    period: str
    area_code: str
    area_path: str

    @property
    def columns(self) -> dict[str, Any]:
        """As parameters."""
        return {"kind": self.kind, "period": self.period, "area_code": self.area_code, "under": self.area_path}


async def set_grid_marks(
    transaction: Transaction, period: str, marks: Sequence[Mark], *, by: str, at: datetime
) -> None:
    """Keep marks of grids."""
    rows = [_mark_columns(mark) | {"grid_code": mark.code, "source": mark.part} for mark in marks]
    await transaction.execute(queries.set_grid_marks, {"period": period, "marks": json.dumps(rows), "by": by, "at": at})


async def set_worker_marks(
    transaction: Transaction, period: str, marks: Sequence[Mark], *, by: str, at: datetime
) -> set[tuple[str, str]]:
    """Keep marks of workers; the workers and parts that were kept, the others being somebody else's."""
    rows = [_mark_columns(mark) | {"staff_code": mark.code, "part": mark.part} for mark in marks]
    cursor = await transaction.execute(
        queries.set_worker_marks, {"period": period, "marks": json.dumps(rows), "by": by, "at": at}
    )
    return {(row["staff_code"], row["part"]) for row in await cursor.fetchall()}


async def list_marks(connection: Transaction, month: Month) -> dict[str, dict[str, Decimal]]:
    """The marks of grids or workers by code and part."""
    query = queries.list_grid_marks if month.kind is Kind.GRID else queries.list_worker_marks
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in await (await connection.execute(query, month.columns)).fetchall():
        found[row["code"]][row["part"]] = row["score"]
    return found


async def count_worker_marks(
    connection: Transaction, month: Month, *, start: datetime, end: datetime
) -> dict[str, dict[str, Decimal]]:
    """What cases and ratings tell of workers, by code and part."""
    cursor = await connection.execute(queries.count_worker_marks, {**month.columns, "start": start, "end": end})
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in await cursor.fetchall():
        found[row["code"]][row["part"]] = row["score"]
    return found


async def deductions(connection: Transaction, month: Month) -> dict[str, Decimal]:
    """What is deducted from each grid."""
    rows = await (await connection.execute(queries.sum_deductions, month.columns)).fetchall()
    return {row["code"]: row["points"] for row in rows}


async def reported_before(connection: Transaction, task_type: str, point: Point, found_at: datetime) -> str | None:
    """The case by which people of the grid had reported it before; None when nobody had."""
    parameters = {
        "task_type": task_type,
        "longitude_deg": point.longitude_deg,
        "latitude_deg": point.latitude_deg,
        "found_at": found_at,
        "sources": [source.value for source in OWN_SOURCES],
        "within_m": SAME_PLACE_M,
    }
    row = await (await connection.execute(queries.find_reported_before, parameters)).fetchone()
    return str(row["id"]) if row else None


async def insert_finding(transaction: Transaction, finding: Finding, point: Point, period: str) -> None:
    """Keep a finding."""
    parameters = {
        "id": finding.id,
        "task_type": finding.task_type,
        "longitude_deg": point.longitude_deg,
        "latitude_deg": point.latitude_deg,
        "grid_code": finding.grid_code,
        "area_path": finding.area_path,
        "period": period,
        "found_at": finding.found_at,
        "found_by": finding.found_by,
        "note": finding.note,
        "points": finding.points,
        "incident_id": finding.case_id or None,
    }
    await transaction.execute(queries.insert_finding, parameters)


async def forgive(
    transaction: Transaction, finding_id: str, *, areas: list[str], reason: str, by: str, at: datetime
) -> bool:
    """Take a deduction back; False when there is no such finding within these areas."""
    parameters = {"id": finding_id, "areas": areas, "reason": reason, "by": by, "at": at}
    return await (await transaction.execute(queries.forgive_finding, parameters)).fetchone() is not None


async def list_findings(
    connection: Transaction, *, areas: list[str], under: str = "", period: str | None = None, id: str | None = None
) -> list[Finding]:
    """Findings within these areas, newest first."""
    parameters = {"areas": areas, "under": under, "period": period, "id": id, "size": FINDINGS_MAX}
    cursor = await connection.execute(queries.list_findings, parameters)
    return [_finding_of(row) for row in await cursor.fetchall()]


async def find_edition(connection: Transaction, month: Month, edition: int | None) -> Edition | None:
    """One edition, or the newest; None when there is none."""
    cursor = await connection.execute(queries.find_edition, month.columns | {"edition": edition})
    row = await cursor.fetchone()
    return Edition(**row) if row else None


async def list_standings(connection: Transaction, month: Month, edition: int) -> list[Standing]:
    """The lines of an edition, best first."""
    cursor = await connection.execute(queries.list_standings, month.columns | {"edition": edition})
    found = [_standing_of(row) for row in await cursor.fetchall()]
    return sorted(found, key=lambda one: (one.score is None, one.rank, one.code))


async def hold(transaction: Transaction, month: Month) -> None:
    """Let nobody else publish this month meanwhile."""
    name = f"standing {month.kind} {month.period} {month.area_code}"
    await transaction.execute(queries.lock_editions, {"name": name})


async def insert_edition(
    transaction: Transaction, month: Month, edition: int, standings: Iterable[Standing], *, by: str, at: datetime
) -> None:
    """Publish."""
    rows = [
        {
            "code": one.code,
            "score": None if one.score is None else str(one.score),
            "rank": one.rank,
            "mention": one.mention,
            "parts": [_part_columns(part) for part in one.parts],
        }
        for one in standings
    ]
    parameters = month.columns | {
        "area_path": month.area_path,
        "edition": edition,
        "at": at,
        "by": by,
        "standings": json.dumps(rows),
    }
    await transaction.execute(queries.insert_edition, parameters)


async def list_year(
    connection: Transaction, *, kind: Kind, area_code: str, year: int
) -> Mapping[str, dict[int, Decimal]]:
    """Scores by code and month, 1 to 12."""
    cursor = await connection.execute(queries.list_year, {"kind": kind, "area_code": area_code, "year": str(year)})
    found: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for row in await cursor.fetchall():
        found[row["code"]][int(row["period"][5:])] = row["score"]
    return found


def _mark_columns(mark: Mark) -> dict[str, str]:
    return {"area_path": mark.area_path, "score": str(mark.score), "note": mark.note}


def _finding_of(row: Row) -> Finding:
    return Finding(
        id=str(row["id"]),
        task_type=row["task_type"],
        grid_code=row["grid_code"],
        area_path=row["area_path"],
        found_at=row["found_at"],
        found_by=row["found_by"],
        note=row["note"],
        points=row["points"],
        case_id=str(row["incident_id"]) if row["incident_id"] else "",
        case_number=row["number"] or "",
        forgiven_reason=row["forgiven_reason"],
        forgiven_by=row["forgiven_by"],
    )


def _standing_of(row: Row) -> Standing:
    return Standing(
        code=row["code"],
        score=row["score"],
        rank=row["rank"],
        mention=Mention(row["mention"]),
        parts=tuple(_part_of(*each) for each in row["parts"]),
    )


def _part_columns(part: Part) -> list[Any]:
    """What was counted says so; a mark is kept as it always was."""
    return [part.part, str(part.score), part.weight, *([True] if part.computed else [])]


def _part_of(part: str, score: str, weight: int, computed: bool = False) -> Part:
    return Part(part=part, score=Decimal(score), weight=weight, computed=computed)
