"""Settles what task types count as, and counts what was solved."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from services.incidents.cityview.city import City
from services.incidents.figures.domain import Span
from services.incidents.matters.domain import MatterKind, TypeMatter, kinds_of, months_of
from services.incidents.once import once
from services.incidents.reach import path_in, scope_columns
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

queries = sql.load(__package__)

READ: Final = "incidents.read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What was solved: by month, and in all."""

    months: Mapping[str, Counter[MatterKind]]

    @property
    def total(self) -> Counter[MatterKind]:
        """The whole span."""
        return sum(self.months.values(), Counter())


class Matters:
    """Matters done for people."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def kinds(self) -> tuple[TypeMatter, ...]:
        """What each task type counts as."""
        async with self._database.connection() as connection:
            return await self._kinds(connection)

    async def settle(
        self,
        key: RequestKey,
        wanted: Mapping[str, MatterKind],
        answer: Callable[[Sequence[TypeMatter]], Message],
    ) -> bytes:
        """Settle what task types count as; fails with TASK_TYPE_UNKNOWN."""
        for task_type in wanted:
            self._city.view.newest_task_type(task_type)

        async def work(transaction: Transaction) -> Message:
            rows = [{"task_type": task_type, "kind": kind} for task_type, kind in wanted.items()]
            await transaction.execute(queries.set_matter_kinds, {"kinds": json.dumps(rows)})
            return answer(await self._kinds(transaction))

        return await once(self._database, key, work)

    async def solved(self, start: datetime | None, end: datetime | None, area_code: str, caller: Caller) -> Solved:
        """What was solved; fails with SPAN_INVALID, AREA_NOT_KNOWN."""
        now = self._clock.now()
        span = Span(start=start or self._new_year(now), end=end or now)
        parameters = {
            "zone": str(self._city.zone),
            "start": span.start,
            "end": span.end,
            "under": path_in(self._city, area_code),
            **scope_columns(caller, READ),
        }
        async with self._database.connection() as connection:
            kinds = {each.task_type: each.kind for each in await self._kinds(connection)}
            rows = await (await connection.execute(queries.count_matters, parameters)).fetchall()
        months: dict[str, Counter[MatterKind]] = {
            month: Counter() for month in months_of(span.start, span.end, self._city.zone)
        }
        for row in rows:
            months[row["month"]][kinds.get(row["task_type"], MatterKind.NONE)] += row["count"]
        return Solved(months=months)

    async def _kinds(self, connection: Transaction) -> tuple[TypeMatter, ...]:
        rows = await (await connection.execute(queries.list_matter_kinds)).fetchall()
        view = self._city.view
        classes = {code: view.newest_task_type(code).category_code for code in view.task_type_codes}
        return kinds_of(classes, {row["task_type"]: MatterKind(row["kind"]) for row in rows})

    def _new_year(self, now: datetime) -> datetime:
        local = now.astimezone(self._city.zone)
        return local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
