"""Fires the timers whose moment has come, each exactly once, whichever replica gets to it."""

from collections import defaultdict
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from services.incidents.actions.advance import merged
from services.incidents.cityview.city import City
from services.incidents.domain.case import Case, HistoryEntry, Leg
from services.incidents.domain.firing import Firing, fire
from services.incidents.domain.timers import LOOP_RUNGS, Rung, Timer, TimerPlan
from services.incidents.events import Teller
from services.incidents.store.reading import Stored, read_cases
from services.incidents.store.timers import claim_due, next_due, put_off, take_due
from services.incidents.store.writing import Change, save_cases
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, Unavailable
from services.platform.outbox import PackedEvent

log = structlog.get_logger()

CASES_MAX: Final = 200
PUT_OFF_S: Final = 5.0

TIMERS_FIRED = Counter("timers_fired_total", "Timers that fired", ["rung"])
TIMERS_PUT_OFF = Counter("timers_put_off_total", "Timers that could not fire and are tried again later", ["rung"])
TIMER_LAG_SECONDS = Histogram(
    "timer_lag_seconds", "How late a timer fired", buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600)
)


class FiringDue:
    """Lets time act on cases."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def fire_due(self) -> int:
        """Fire what is due, at most one batch; how many cases were looked at."""
        now = self._clock.now()
        claimed: list[UUID] = []
        try:
            async with self._database.transaction() as transaction:
                claimed = await claim_due(transaction, now=now, size=CASES_MAX)
                await self._fire(transaction, claimed, now)
        except (Unavailable, Exhausted):
            raise
        except Exception as error:  # noqa: BLE001 - one case that cannot be judged must not hold up the others
            log.warning("timer_batch_failed", size=len(claimed), error=str(error)[:200])
            await self._fire_one_by_one(now, len(claimed))
        return len(claimed)

    async def next_due(self) -> datetime | None:
        """The moment of the next timer."""
        async with self._database.connection() as connection:
            return await next_due(connection)

    async def _fire_one_by_one(self, now: datetime, count: int) -> None:
        for _ in range(count):
            claimed: list[UUID] = []
            try:
                async with self._database.transaction() as transaction:
                    claimed = await claim_due(transaction, now=now, size=1)
                    await self._fire(transaction, claimed, now)
            except (Unavailable, Exhausted):
                raise
            except Exception as error:  # tried again later, so that it blocks no other
                log.exception("timer_failed", cases=[str(case_id) for case_id in claimed], exc_info=error)
                await self._put_off(claimed, now)

    async def _put_off(self, case_ids: list[UUID], now: datetime) -> None:
        async with self._database.transaction() as transaction:
            for case_id in case_ids:
                for rung, _ in await put_off(transaction, case_id, now=now, pause_s=PUT_OFF_S):
                    TIMERS_PUT_OFF.labels(rung).inc()

    async def _fire(self, transaction: Transaction, case_ids: list[UUID], now: datetime) -> None:
        if not case_ids:
            return
        due: dict[str, list[Timer]] = defaultdict(list)
        for item in await take_due(transaction, case_ids, now=now):
            due[str(item.case_id)].append(item.timer)
        changes = [
            change
            for stored in await read_cases(transaction, case_ids)
            if (change := self._judge(stored, due[stored.case.id], now))
        ]
        if changes:
            written = await save_cases(transaction, changes)
            if len(written) != len(changes):
                raise RuntimeError("a locked case was written by somebody else")
        for timers in due.values():
            for timer in timers:
                TIMERS_FIRED.labels(timer.rung).inc()
                TIMER_LAG_SECONDS.observe((now - timer.due_at).total_seconds())

    def _judge(self, stored: Stored, timers: list[Timer], now: datetime) -> Change | None:
        """What the due timers make of a case; None when it no longer has any of them."""
        case, evidence = stored.case, stored.evidence
        entries: tuple[HistoryEntry, ...] = ()
        legs: tuple[Leg, ...] = ()
        events: tuple[PackedEvent, ...] = ()
        plans: list[TimerPlan] = []
        teller = Teller(self._city.view, self._city.rulebook.signal_rules, at=now)
        for timer in timers:
            firing = self._fire_rung(case, timer.rung, now)
            if firing is None:
                continue
            case = firing.case
            plans.append(firing.timers)
            events += teller.fired(firing, evidence)
            if firing.outcome is not None:
                entries += (firing.outcome.entry,)
                legs += firing.outcome.legs
        if not plans:
            return None
        set_timers, cancelled = merged(plans)
        return Change(
            case=case,
            revision=stored.revision,
            entries=entries,
            legs=legs,
            set_timers=set_timers,
            cancelled=cancelled,
            events=events,
        )

    def _fire_rung(self, case: Case, rung: Rung, now: datetime) -> Firing | None:
        receiver = ""
        if rung is Rung.URGE or rung in LOOP_RUNGS.values():
            receiver = self._city.next_receiver(
                loop_level=case.loop_level + 1,
                grid_code=case.grid_code,
                department_code=case.department_code,
                at=now,
            )
        return fire(
            case,
            rung,
            at=now,
            task_type=self._city.view.task_type(case.task_type, case.task_type_version),
            rulebook=self._city.rulebook,
            procedure=self._city.procedure_of(case),
            receiver=receiver,
        )
