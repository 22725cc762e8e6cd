"""Plans changes of areas, carries them out on their day, and answers what was where on which day."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
import shapely
import structlog

from services.platform import audit
from services.platform.areaindex import AreaIndex
from services.platform.audit import Deed
from services.platform.database import Transaction
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.rounds import again_and_again
from services.registry import events
from services.registry.actions.lookahead import LookAhead, Others
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach, require_citywide
from services.registry.domain import plane as planes
from services.registry.domain.areachange import ChangeState, Wanted
from services.registry.domain.areas import Area, AreaLevel, Fault
from services.registry.domain.errors import (
    AreaChangeRefused,
    AreaChangeStateWrong,
    AreaChangeUnknown,
    AreaUnknown,
    PointOutside,
)
from services.registry.domain.plane import metres_per_degree
from services.registry.neighbours import Neighbours
from services.registry.store import areachanges, areas, changes, councils, force, staff
from services.registry.store.areachanges import Change, Form
from services.registry.store.changes import Writing

log = structlog.get_logger()

WRITE: Final = "registry.areas.write"
READ: Final = "registry.staff.read"
LOOK_S: Final = 30.0
DAYS_CACHED: Final = 4
NEAR_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A grid near a point."""

    area: Area
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMap:
    """All areas as they were on a day, and where each grid lay."""

    areas: Mapping[str, Area]
    index: AreaIndex


class AreaChangeActions:
    """What can be done with changes of areas."""

    def __init__(self, office: Office, neighbours: Neighbours) -> None:
        self._office = office
        self._ahead = LookAhead(office, neighbours)
        self._past: OrderedDict[date, PastMap] = OrderedDict()

    async def plan_change(
        self, wanted: Wanted, *, effective_on: date, reason: str, caller: Caller, asked: Asked[Change]
    ) -> bytes:
        """Write a change down and look ahead; fails with AREA_UNKNOWN, AREA_CHANGE_REFUSED, AREA_IMPORT_REFUSED."""
        require_citywide(caller, WRITE)
        if effective_on < self._today():
            raise AreaChangeRefused(fault_count=1, first=f"{effective_on}: DAY_PAST, that day is over")

        async with self._office.database.connection() as connection:
            given = await asked.given(connection)
            if given is not None:
                return given
            outlook = await self._ahead.look(connection, wanted)
        others = await self._ahead.ask_others(outlook)

        async def plan(transaction: Transaction) -> Change:
            change = Change(
                id=uuid7(),
                wanted=wanted,
                state=ChangeState.PLANNED,
                effective_on=effective_on,
                reason=reason,
                preview=await self._ahead.preview(transaction, outlook, others),
                planned_by=caller.subject,
                planned_at=self._office.clock.now(),
            )
            await areachanges.insert(transaction, change)
            return change

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: plan(transaction))

    async def decide_change(self, change_id: UUID, *, carry_out: bool, caller: Caller, asked: Asked[Change]) -> bytes:
        """Carry it out on its day, or give it up; fails with AREA_CHANGE_UNKNOWN, AREA_CHANGE_STATE."""
        require_citywide(caller, WRITE)

        async def decide(transaction: Transaction) -> Change:
            change = await areachanges.lock(transaction, change_id)
            if change is None:
                raise AreaChangeUnknown
            waiting = {ChangeState.PLANNED} if carry_out else {ChangeState.PLANNED, ChangeState.DECIDED}
            if change.state not in waiting:
                raise AreaChangeStateWrong(state=change.state.name.lower())
            state = ChangeState.DECIDED if carry_out else ChangeState.DROPPED
            decided = replace(change, state=state, decided_by=caller.subject)
            deed = Deed(
                action="area_change_decided",
                target=str(change_id),
                purpose=change.reason,
                details={"state": state.name.lower()},
            )
            if carry_out and change.effective_on <= self._today():
                decided = await self._carry_out(transaction, decided)
            await areachanges.settle(transaction, decided)
            await audit.write(transaction, deed, caller=caller, at=self._office.clock.now())
            return decided

        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.AREAS)
            answer = await asked.answered(transaction, lambda: decide(transaction))
        await self._office.heads.look_after_change()
        return answer

    async def run(self) -> None:
        """Carry out what is due, again and again until cancelled."""
        await again_and_again(self.carry_out_due, every_s=LOOK_S, waiting="area_changes_wait")

    async def carry_out_due(self) -> int:
        """Carry out each decided change whose day has come; how many took effect."""
        async with self._office.database.connection() as connection:
            due = await areachanges.list_due(connection, self._today())
        done = 0
        for change_id in due:
            done += await self._carry_out_one(change_id)
        if done:
            await self._office.heads.look_after_change()
        return done

    async def _carry_out_one(self, change_id: UUID) -> bool:
        try:
            async with self._office.database.transaction() as transaction:
                await changes.lock(transaction, Writing.AREAS)
                change = await areachanges.lock(transaction, change_id)
                if change is None or change.state is not ChangeState.DECIDED:
                    return False
                await areachanges.settle(transaction, await self._carry_out(transaction, change))
        except (Unavailable, Exhausted):
            raise
        except GridwardError as error:
            # The city changed meanwhile so that it fits no more; somebody must plan it anew.
            log.warning("area_change_dropped", change_id=str(change_id), reason=error.reason)
            async with self._office.database.transaction() as transaction:
                change = await areachanges.lock(transaction, change_id)
                if change is not None:
                    preview = {**change.preview, "dropped": error.message}
                    await areachanges.settle(transaction, replace(change, state=ChangeState.DROPPED, preview=preview))
            return False
        return True

    async def _carry_out(self, transaction: Transaction, change: Change) -> Change:
        """Write the new areas, bind what lies in them, move posts and phones, and tell everybody."""
        now = self._office.clock.now()
        outlook = await self._ahead.look(transaction, change.wanted)
        preview = await self._ahead.preview(transaction, outlook, Others.of(change.preview))
        plan, heirs, moved = outlook.plan, outlook.heirs, outlook.moved
        versions = await areas.save_areas(transaction, plan.changed)
        if moved:
            await areachanges.rebind(transaction, moved)
        await force.move_to_heirs(transaction, heirs)
        await councils.move_to_heirs(transaction, heirs)
        posts = await areachanges.move_posts_and_terminals(transaction, heirs, by=f"change:{change.id}", now=now)
        origins = {area.code: change.wanted.from_codes for area in plan.created}
        codes = [area.code for area in plan.changed]
        await areachanges.record_forms(
            transaction, codes, day=change.effective_on, change_id=change.id, origins=origins
        )
        await events.publish_areas_changed(transaction, plan, versions, at=now)
        stored = await staff.read_posts(transaction, posts, now=now)
        await events.publish_posts_changed(transaction, list(stored.values()), at=now)
        await events.publish_areas_reorganised(
            transaction, change.id, begun=[area.code for area in plan.created], heirs=heirs, at=now
        )
        log.info("areas_changed", change_id=str(change.id), areas=len(codes), elements=len(moved), posts=len(posts))
        return replace(change, state=ChangeState.DONE, preview=preview, done_at=now)

    async def list_changes(self) -> list[Change]:
        """The newest changes."""
        async with self._office.database.connection() as connection:
            return await areachanges.list_changes(connection)

    async def locate_on_day(self, point: tuple[float, float], day: date) -> tuple[Area, ...]:
        """The areas a point lay in on a day, the city first; fails with OUT_OF_AREA."""
        past = await self._past_map(day)
        code = past.index.locate_many([point])[0] if past is not None else None
        if past is None or code is None:
            raise PointOutside(longitude_deg=point[0], latitude_deg=point[1])
        return tuple(past.areas[part] for part in past.areas[code].path.split(".") if part in past.areas)

    async def _past_map(self, day: date) -> PastMap | None:
        """The map of a day; days between two changes share one. A day to come may still change, so it is not kept."""
        async with self._office.database.connection() as connection:
            began = await areachanges.last_form_change(connection, day)
            if began is None:
                return None
            kept = self._past.get(began) if day < self._today() else None
            if kept is not None:
                self._past.move_to_end(began)
                return kept
            rows = await areachanges.read_forms_on(connection, day)
        grids = [(row.code, row.outline.encode()) for row in rows if row.level is AreaLevel.GRID and row.outline]
        index = await asyncio.to_thread(AreaIndex.from_geojson, grids)
        drawn = PastMap(areas={row.code: replace(row, outline="") for row in rows}, index=index)
        if day < self._today():
            self._past[began] = drawn
            while len(self._past) > DAYS_CACHED:
                self._past.popitem(last=False)
        return drawn

    async def list_history(self, code: str) -> list[Form]:
        """What became of an area; fails with AREA_UNKNOWN."""
        async with self._office.database.connection() as connection:
            forms = await areachanges.list_forms(connection, code)
        if not forms:
            raise AreaUnknown(code=code)
        return forms

    async def find_near(self, point: tuple[float, float], *, radius_m: float) -> tuple[list[Near], tuple[str, ...]]:
        """Grids that touch a circle, nearest first, and the neighbours of the one that holds its middle."""
        drawn = await self._office.atlas.current()
        east_m, north_m = metres_per_degree(point[1])
        shapes = drawn.index.touching(
            shapely.box(
                point[0] - radius_m / east_m,
                point[1] - radius_m / north_m,
                point[0] + radius_m / east_m,
                point[1] + radius_m / north_m,
            )
        )
        scale = np.array((east_m, north_m))
        near = [
            Near(area=drawn.areas[code], distance_m=metres)
            for code, shape in shapes
            if (metres := shapely.transform(shape, lambda c: (c - point) * scale).distance(shapely.Point(0, 0)))
            <= radius_m
        ]
        near.sort(key=lambda hit: (hit.distance_m, hit.area.code))
        middle = drawn.locate([point])[0]
        return near[:NEAR_MAX], drawn.areas[middle].adjacent_codes if middle else ()

    async def check_areas(self, area_code: str, *, caller: Caller) -> tuple[list[Fault], int]:
        """What is worth a look about the grids of an area; fails with AREA_UNKNOWN."""
        drawn = await self._office.atlas.current()
        grids = grids_in_reach(drawn, caller.scope(READ), area_code=area_code)
        shapes = dict(drawn.index.shapes(grids))
        return await asyncio.to_thread(self._check, [drawn.areas[code] for code in grids], shapes), len(grids)

    def _check(self, grids: Sequence[Area], shapes: Mapping[str, Any]) -> list[Fault]:
        rules = self._office.area_rules
        found = []
        for grid in grids:
            if grid.households and not rules.households_min <= grid.households <= rules.households_max:
                usual = f"usual are {rules.households_min} to {rules.households_max}"
                message = f"{grid.households} households; {usual}"
                found.append(Fault(subject=grid.code, reason="GRID_HOUSEHOLDS_UNUSUAL", message=message))
            reach_m = planes.reach_of_degrees_m(shapes[grid.code]) if grid.code in shapes else 0.0
            if reach_m > rules.reach_m_max:
                message = (
                    f"{reach_m:.0f} m from its middle to its edge; at most {rules.reach_m_max:.0f} m can be walked"
                )
                found.append(Fault(subject=grid.code, reason="GRID_TOO_WIDE", message=message))
        return found

    def _today(self) -> date:
        return self._office.settings.duty_rules.day_of(self._office.clock.now())
