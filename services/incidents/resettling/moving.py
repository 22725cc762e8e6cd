"""Gives open cases of areas that ended the grid that now holds their place, counts their time by its calendar, and notes both."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog
from gridward.events.v1 import events_pb2
from gridward.registry.v1 import events_pb2 as registry_events_pb2

from services.incidents.cityview.city import City
from services.incidents.cityview.picture import Location
from services.incidents.domain.actors import SYSTEM
from services.incidents.domain.case import Case, Event
from services.incidents.domain.errors import OutOfArea
from services.incidents.domain.step import Step
from services.incidents.noting import noted
from services.incidents.store.reading import Stored, read_cases
from services.incidents.store.writing import Change, save_cases
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Unavailable

log = structlog.get_logger()
queries = sql.load(__package__)

GROUP: Final = "incidents.resettling"
TYPES: Final = ["areas_reorganised"]
CASES_MAX: Final = 100


class Resettling:
    """Does nothing the second time: what has moved lies in no area that ended."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def handle(self, event: events_pb2.Event) -> None:
        """Areas were reorganised. Fails with UNAVAILABLE while the new ones are not known here yet."""
        told = registry_events_pb2.AreasReorganised()
        event.payload.Unpack(told)
        heirs = dict(zip(told.ended_codes, told.heir_codes, strict=True))
        if any(self._city.view.area(heir) is None for heir in heirs.values() if heir):
            raise Unavailable(part="registry")
        moved = 0
        while count := await self._move_some(heirs):
            moved += count
        if moved:
            log.info("cases_resettled", change_id=told.change_id, cases=moved)

    async def _move_some(self, heirs: Mapping[str, str]) -> int:
        async with self._database.transaction() as transaction:
            parameters = {"ended": list(heirs), "size": CASES_MAX}
            rows = await (await transaction.execute(queries.find_unsettled, parameters)).fetchall()
            stored = await read_cases(transaction, [row["id"] for row in rows])
            changes = [self._changed(one, heirs) for one in stored]
            if changes:
                await save_cases(transaction, changes)
                await transaction.execute(queries.settle_cases, {"moved": _places(changes)})
        return len(rows)

    def _changed(self, stored: Stored, heirs: Mapping[str, str]) -> Change:
        before = stored.case
        place = self._place_of(before, heirs)
        case = replace(before, grid_code=place.grid_code, area_path=place.area_path)
        step = self._step(before.grid_code, place.grid_code)
        return noted(stored, case, step, actor=SYSTEM, at=self._clock.now(), city=self._city)

    def _place_of(self, case: Case, heirs: Mapping[str, str]) -> Location:
        """The grid that holds the place now; where none does, the heir of the one it was in."""
        try:
            place = self._city.view.locate(case.point)
        except OutOfArea:
            place = self._city.view.location(heirs[case.grid_code])
        if place.grid_code in heirs:
            raise Unavailable(part="registry")  # the old polygons are still in memory; tried again
        return place

    def _step(self, old: str, new: str) -> Step:
        name = self._city.view.area_name(new) or new
        return Step(
            event=Event.RECOUNT,
            opinion=f"网格调整:{old} → {name}({new})",
            opinion_en=f"areas reorganised: {old} → {new}",
        )


def _places(changes: Sequence[Change]) -> str:
    return json.dumps(
        [
            {"id": change.case.id, "grid_code": change.case.grid_code, "area_path": change.case.area_path}
            for change in changes
        ]
    )
