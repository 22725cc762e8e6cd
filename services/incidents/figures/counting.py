"""Counts, and keeps a count for a few seconds, since many screens ask for the same one."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.incidents.cityview.city import City
from services.incidents.domain.errors import AreaNotKnown
from services.incidents.figures.domain import COUNTED, Counts, Dimension, Span
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Row
from services.platform.identity import Caller, Scope
from services.platform.wall import Wall

queries = sql.load(__package__)

PERMISSION: Final = "incidents.read"
HOLDS: Final = timedelta(seconds=3)
KEPT_MAX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which figures."""

    area_code: str
    dimension: Dimension
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counts of one moment, by key of the part."""

    at: datetime
    span: Span
    parts: dict[str, Counts]

    @property
    def total(self) -> Counts:
        """The whole."""
        return Counts(**{name: sum(getattr(part, name) for part in self.parts.values()) for name in COUNTED})


class Counting:
    """Answers questions about figures."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._wall = Wall("incidents")
        self._kept: OrderedDict[tuple[Question, Scope], Counted] = OrderedDict()

    async def count(self, question: Question, caller: Caller) -> Counted:
        """The figures; at most a few seconds old. Fails with SPAN_INVALID, AREA_NOT_KNOWN."""
        key = (question, caller.scope(PERMISSION))
        now = self._clock.now()
        kept = self._kept.get(key)
        if kept is None or now - kept.at >= HOLDS:
            kept = self._kept[key] = await self._counted(question, key[1], now)
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return kept

    async def _counted(self, question: Question, scope: Scope, now: datetime) -> Counted:
        span = Span(start=question.start or self._today(now), end=question.end or now)
        under = self._path(question.area_code)
        parameters = {
            "start": span.start,
            "end": span.end,
            "now": now,
            "red_sign_misses": self._city.rulebook.signal_rules.red_sign_misses,
            "under": under,
            "areas": list(scope.area_paths),
            "departments": list(scope.departments),
            "dimension": question.dimension.value,
            "depth": len(under.split(".")) if under else 1,
        }
        async with self._database.connection() as connection, self._wall.behind(connection, scope):
            cursor = await connection.execute(queries.count_figures, parameters, prepare=False)
            rows = await cursor.fetchall()
        return Counted(at=now, span=span, parts={row["key"]: _counts_of(row) for row in rows})

    def _today(self, now: datetime) -> datetime:
        return now.astimezone(self._city.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def _path(self, area_code: str) -> str:
        if not area_code:
            return ""
        path = self._city.view.path_of(area_code)
        if path is None:
            raise AreaNotKnown(code=area_code)
        return path


def _counts_of(row: Row) -> Counts:
    return Counts(**{name: row[name] for name in COUNTED})
