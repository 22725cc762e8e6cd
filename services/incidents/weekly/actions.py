"""Counts a week within what the caller may see."""

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.incidents.assessment.domain import OWN_SOURCES
from services.incidents.cityview.city import City
from services.incidents.domain.rulebook import LOOP_TOP
from services.incidents.reach import path_in, scope_columns
from services.incidents.weekly.domain import DAYS, Counts, Line, Week, busiest_first, growing_first, week_of
from services.platform import sql
from services.platform.database import Database, Row
from services.platform.identity import Caller

queries = sql.load(__package__)

READ: Final = "assessment.read"
#: What GROUPING says of a row: by area, by task type, everything.
BY_AREA, BY_TASK_TYPE, WHOLE = 1, 2, 3


@dataclass(slots=True, kw_only=True)
class Analysis:
    """A week with its lines."""

    week: Week
    whole: Line = field(default_factory=lambda: Line(code=""))
    areas: list[Line] = field(default_factory=list)
    task_types: list[Line] = field(default_factory=list)


class Analysing:
    """Looks at weeks."""

    def __init__(self, database: Database, city: City) -> None:
        self._database = database
        self._city = city

    async def week(self, day: date, area_code: str, caller: Caller) -> Analysis:
        """The week of a day; fails with AREA_NOT_KNOWN."""
        week = week_of(day)
        under = path_in(self._city, area_code)
        start = self._midnight(week.monday)
        parameters = {
            **scope_columns(caller, READ),
            "under": under,
            "depth": len(under.split(".")) if under else 1,
            "start_before": self._midnight(week.monday - timedelta(days=DAYS)),
            "start": start,
            "end": self._midnight(week.monday + timedelta(days=DAYS)),
            "own_sources": [source.value for source in OWN_SOURCES],
            "loop_top": LOOP_TOP,
        }
        async with self._database.connection() as connection:
            rows = await (await connection.execute(queries.count_week, parameters, prepare=False)).fetchall()
        lines = _lines_of(rows)
        return Analysis(
            week=week,
            whole=lines.get((WHOLE, ""), Line(code="")),
            areas=busiest_first(line for (grain, code), line in lines.items() if grain == BY_AREA and code),
            task_types=growing_first(line for (grain, _), line in lines.items() if grain == BY_TASK_TYPE),
        )

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._city.zone)


def _lines_of(rows: list[Row]) -> dict[tuple[int, str], Line]:
    lines: dict[tuple[int, str], Line] = {}
    for row in rows:
        key = (row["grain"], row["key"])
        counts = Counts(**{each.name: row[each.name] for each in fields(Counts)})
        line = lines.get(key, Line(code=row["key"]))
        lines[key] = replace(line, now=counts) if row["is_now"] else replace(line, before=counts)
    return lines
