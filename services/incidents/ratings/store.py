"""Keeps ratings, and counts them without telling who gave them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.incidents.ratings.domain import Rating
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Means of ratings of one department or worker."""

    rated: str
    grid_path: str
    count: int
    score: float | None
    attitude: float | None
    efficiency: float | None
    quality: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One rating without its rater."""

    score: int
    comment: str
    month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which ratings, within which reach."""

    start: datetime | None
    end: datetime
    under: str
    reach: Mapping[str, list[str]]
    zone: str
    department_code: str = ""

    def columns(self, **more: str) -> dict[str, Any]:
        """As parameters."""
        return {
            "start": self.start,
            "end": self.end,
            "under": self.under,
            "zone": self.zone,
            "department_code": self.department_code,
            **self.reach,
            **more,
        }


async def insert(transaction: Transaction, rating: Rating) -> bool:
    """Keep a rating; False when that side had spoken."""
    cursor = await transaction.execute(queries.insert_rating, asdict(rating))
    return await cursor.fetchone() is not None


async def departments(connection: Transaction, asked: Asked) -> list[Means]:
    """What workers said of departments."""
    rows = await (await connection.execute(queries.rate_departments, asked.columns())).fetchall()
    return [_means_of(row) for row in rows]


async def workers(connection: Transaction, asked: Asked) -> list[Means]:
    """What departments said of workers."""
    rows = await (await connection.execute(queries.rate_workers, asked.columns())).fetchall()
    return [_means_of(row) for row in rows]


async def said(connection: Transaction, asked: Asked, department_code: str) -> list[Said]:
    """Single ratings of a department."""
    cursor = await connection.execute(queries.list_said, asked.columns(department_code=department_code))
    return [Said(**row) for row in await cursor.fetchall()]


def _means_of(row: Row) -> Means:
    means = {
        name: None if row[name] is None else round(float(row[name]), 2)
        for name in ("score", "attitude", "efficiency", "quality")
    }
    return Means(rated=row["rated"], grid_path=row["grid_path"], count=row["count"], **means)
