"""Puts areas on an emergency footing and back, all of it in one step."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from services.platform import audit
from services.platform.audit import Deed
from services.platform.database import Transaction
from services.platform.identity import Caller, service_caller
from services.platform.ids import uuid7
from services.platform.rounds import again_and_again
from services.registry import events
from services.registry.actions.duty import require_may_fill
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import covers, reaches, require_reach
from services.registry.domain.areas import Area
from services.registry.domain.emergencies import (
    Emergency,
    EmergencyOver,
    EmergencyOverlaps,
    EmergencyUnknown,
    called_up,
    stood_down,
)
from services.registry.domain.errors import AreaUnknown, PostUnknown, TaskTypeUnknown
from services.registry.store import areas, changes, emergencies, staff, tasks
from services.registry.store.changes import Writing
from services.registry.store.emergencies import Held

log = structlog.get_logger()

DECLARE: Final = "registry.emergencies.declare"
READ: Final = "registry.staff.read"
#: How long an emergency whose time is up may go on.
LOOK_S: Final = 5.0
TIME_UP: Final = "its time was up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaring:
    """What somebody wants to be different, and where."""

    area_code: str
    title: str
    reason: str
    opened_task_types: tuple[str, ...]
    paused_task_types: tuple[str, ...]
    roster: tuple[tuple[str, str], ...]
    report_minutes: int
    until: datetime


class EmergencyActions:
    """What can be done about emergencies."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def declare(self, declaring: Declaring, *, caller: Caller, asked: Asked[Emergency]) -> bytes:
        """Switch an area over at once.

        Fails with AREA_UNKNOWN, BEYOND_REACH, EMERGENCY_OVERLAPS, EMERGENCY_REFUSED, POST_UNKNOWN, TASK_TYPE_UNKNOWN.
        """
        async with self._office.database.transaction() as transaction:
            await self._alone(transaction)
            answer = await asked.answered(transaction, lambda: self._declare(transaction, declaring, caller))
        await self._office.heads.look_after_change()
        return answer

    async def _alone(self, transaction: Transaction) -> None:
        """Areas and posts both change; whoever changes both takes them in this order."""
        await changes.lock(transaction, Writing.AREAS)
        await changes.lock(transaction, Writing.STAFF)

    async def _declare(self, transaction: Transaction, declaring: Declaring, caller: Caller) -> Emergency:
        area = await areas.find_area(transaction, declaring.area_code)
        if area is None or area.retired:
            raise AreaUnknown(code=declaring.area_code)
        require_reach(caller.scope(DECLARE), subject=area.code, area_path=area.path, department_code="")
        overlapping = await emergencies.find_overlapping(transaction, area.path)
        if overlapping:
            raise EmergencyOverlaps(area_code=overlapping)
        emergency = Emergency(
            id=uuid7(),
            area_code=area.code,
            title=declaring.title,
            reason=declaring.reason,
            opened_task_types=declaring.opened_task_types,
            paused_task_types=declaring.paused_task_types,
            roster=dict(declaring.roster),
            report_minutes=declaring.report_minutes,
            declared_by=caller.subject,
            declared_at=self._office.clock.now(),
            until=declaring.until,
        )
        await self._check_task_types(transaction, emergency)
        await self._check_posts(transaction, emergency, area, caller)
        standing = await emergencies.read_shifts(
            transaction, list(emergency.roster), since=emergency.declared_at, until=emergency.until
        )
        handover = called_up(emergency, standing)
        await emergencies.insert(transaction, emergency, handover.gone)
        await emergencies.hand_over(transaction, handover, list(emergency.roster))
        await emergencies.set_mode(transaction, area.code, emergency)
        await self._tell(transaction, emergency, area.path, caller, at=emergency.declared_at)
        return emergency

    async def _check_task_types(self, transaction: Transaction, emergency: Emergency) -> None:
        codes = [*emergency.opened_task_types, *emergency.paused_task_types]
        known = await tasks.read_newest(transaction, codes)
        for code in codes:
            if code not in known:
                raise TaskTypeUnknown(code=code)
        emergency.require_sensible({code: task_type.admission for code, task_type in known.items()})

    async def _check_posts(self, transaction: Transaction, emergency: Emergency, area: Area, caller: Caller) -> None:
        known = await staff.read_posts(transaction, list(emergency.roster), now=emergency.declared_at)
        for code in emergency.roster:
            stored = known.get(code)
            if stored is None or not covers(area.path, stored.area_path):
                raise PostUnknown(code=code)
            require_may_fill(caller, stored)

    async def stand_down(self, emergency_id: UUID, *, reason: str, caller: Caller, asked: Asked[Emergency]) -> bytes:
        """Switch back; fails with EMERGENCY_UNKNOWN, EMERGENCY_OVER."""

        async def end(transaction: Transaction) -> Emergency:
            held = await emergencies.lock(transaction, emergency_id)
            if held is None or not reaches(caller.scope(DECLARE), held.area_path):
                raise EmergencyUnknown
            if held.emergency.ended_at is not None:
                raise EmergencyOver(ended_at=f"{held.emergency.ended_at:%Y-%m-%d %H:%M}Z")
            return await self._end(transaction, held, by=caller.subject, reason=reason, caller=caller)

        async with self._office.database.transaction() as transaction:
            await self._alone(transaction)
            answer = await asked.answered(transaction, lambda: end(transaction))
        await self._office.heads.look_after_change()
        return answer

    async def _end(self, transaction: Transaction, held: Held, *, by: str, reason: str, caller: Caller) -> Emergency:
        now = self._office.clock.now()
        ended = replace(held.emergency, ended_at=now, ended_by=by, end_reason=reason)
        posts = list(ended.roster)
        roster = await emergencies.read_shifts(transaction, posts, since=ended.declared_at, until=ended.until)
        mine = [placed for placed in roster if placed.shift.staff_code == ended.roster[placed.post_code]]
        await emergencies.hand_over(transaction, stood_down(ended, held.gave_way, mine), posts)
        await emergencies.end(transaction, ended)
        await emergencies.set_mode(transaction, ended.area_code, None)
        await self._tell(transaction, ended, held.area_path, caller, at=now)
        return ended

    async def _tell(
        self, transaction: Transaction, emergency: Emergency, area_path: str, caller: Caller, *, at: datetime
    ) -> None:
        """Everybody hears of it, and it is on record for good."""
        stored = await staff.read_posts(transaction, list(emergency.roster), now=at)
        await events.publish_posts_changed(transaction, list(stored.values()), at=at)
        await events.publish_emergency_changed(transaction, emergency, at=at)
        over = emergency.ended_at is not None
        deed = Deed(
            action="emergency_ended" if over else "emergency_declared",
            target=str(emergency.id),
            area_path=area_path,
            purpose=emergency.end_reason if over else emergency.reason,
            details={"title": emergency.title, "report_minutes": str(emergency.report_minutes)},
        )
        await audit.write(transaction, deed, caller=caller, at=at)
        log.info(deed.action, emergency_id=str(emergency.id), area_code=emergency.area_code)

    async def list_emergencies(self, *, area_code: str, in_force_only: bool, caller: Caller) -> list[Emergency]:
        """Those of an area, of all inside it and of all around it; fails with AREA_UNKNOWN."""
        drawn = await self._office.atlas.current()
        scope = caller.scope(READ)
        root = drawn.areas.get(area_code)
        if area_code and root is None:
            raise AreaUnknown(code=area_code)
        path = root.path if root else ""
        seen = [
            area.code
            for area in drawn.areas.values()
            if (covers(path, area.path) or covers(area.path, path))
            and (reaches(scope, area.path) or any(covers(area.path, held) for held in scope.area_paths))
        ]
        async with self._office.database.connection() as connection:
            return await emergencies.list_emergencies(connection, seen, in_force_only=in_force_only)

    async def run(self) -> None:
        """End what nobody ended in time, again and again until cancelled."""
        await again_and_again(self.end_due, every_s=LOOK_S, waiting="emergencies_wait")

    async def end_due(self) -> int:
        """End each emergency whose time is up; how many."""
        async with self._office.database.connection() as connection:
            due = await emergencies.list_due(connection, self._office.clock.now())
        for emergency_id in due:
            async with self._office.database.transaction() as transaction:
                await self._alone(transaction)
                held = await emergencies.lock(transaction, emergency_id)
                if held is not None and held.emergency.ended_at is None:
                    own = service_caller("registry")
                    await self._end(transaction, held, by="", reason=TIME_UP, caller=own)
        if due:
            await self._office.heads.look_after_change()
        return len(due)
