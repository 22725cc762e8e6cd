"""The patrol itself: keeps the queue of what is due, sends visits out, and takes what they bring."""

import asyncio
import contextlib
import random
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Final

import structlog
from prometheus_client import Gauge, Histogram

from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, Unavailable
from services.platform.lifecycle import end, finish, together
from services.platform.seal import Sealer
from services.video.domain.errors import Problem
from services.video.domain.pace import Queue, rest_s
from services.video.domain.tours import Round, due_at, next_round, round_at
from services.video.domain.view import View
from services.video.patrol import plan as plans
from services.video.patrol.keeper import Keeper
from services.video.patrol.leases import Leases
from services.video.patrol.outcome import Missed, Outcome, Pictures
from services.video.patrol.plan import Assignment, Key, Plan
from services.video.patrol.visit import Visits
from services.video.sources.capture import Captures
from services.video.store import watches

log = structlog.get_logger()

IDLE_S: Final = 0.5
#: What giving the cameras back may take; where it fails, others take them over when the leases end.
LEAVE_S: Final = 3.0
#: Failures for which nobody at all answered: these speak for a dead recorder.
_DEAD: Final = frozenset({Problem.REFUSED, Problem.TIMED_OUT, Problem.NAME_UNKNOWN})

LATENESS = Histogram(
    "video_visit_lateness_seconds", "How late visits are", buckets=(0.1, 0.3, 1, 2, 5, 10, 30, 60, 300)
)
CAMERAS = Gauge("video_cameras_toured", "Views that this replica tours")


class Touring:
    """Tours the cameras of the shards this replica holds."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        captures: Captures,
        leases: Leases,
        keeper: Keeper,
        visits: Visits,
        zone: tzinfo,
        at_once: int,
        host_at_once: int,
    ) -> None:
        self._database, self._clock, self._sealer, self._captures = database, clock, sealer, captures
        self._leases, self._keeper, self._visits, self._zone = leases, keeper, visits, zone
        self._plan = Plan()
        self._mine: dict[Key, Assignment] = {}
        self._views: dict[Key, View] = {}
        self._pictures: dict[Key, Pictures] = {}
        self._queue: Queue[Key] = Queue(at_once=at_once, host_at_once=host_at_once)
        self._due: dict[Key, float] = {}
        self._rounds: dict[tuple[str, Key], Round] = {}
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._chance = random.Random()  # noqa: S311 spreads load, guards nothing

    async def run(self) -> None:
        """Until cancelled; then everything is given back at once."""
        try:
            await together(self._keeper.run(), self._hold(), self._dispatch())
        finally:
            await end(list(self._running.values()))
            await finish(self._leases.leave(), within_s=LEAVE_S)

    async def _hold(self) -> None:
        """Keep the leases, and follow what they and the plan bring."""
        while True:
            try:
                await self._leases.step()
                await self.refresh()
            except (Unavailable, Exhausted):
                log.warning("patrol_waits")
            await asyncio.sleep(self._leases.every_s)

    async def refresh(self) -> None:
        """See what is to be visited now."""
        version = self._plan.version
        self._plan = await plans.load(self._database, self._sealer, self._captures, self._plan)
        mine = self._plan.of_shards(set(self._leases.held))
        new = [key for key in mine if key not in self._mine]
        if new:
            async with self._database.connection() as connection:
                stored = await watches.views_of(connection, sorted({key[0] for key in new}))
            for key in new:
                found = stored.get(key)
                self._views[key] = found.view if found else View()
                self._remember_rounds(key, mine[key])
                self._pictures[key] = (
                    Pictures(usual_day=found.usual_day, usual_night=found.usual_night) if found else Pictures()
                )
        for key in [key for key in self._mine if key not in mine]:
            self._queue.drop(key)
            self._views.pop(key, None)
            self._pictures.pop(key, None)
        if self._plan.version != version:
            await self._forget_what_was_forgotten(mine)
        changed = [key for key in mine if self._mine.get(key) != mine[key]]
        self._mine = mine
        CAMERAS.set(len(mine))
        for key in changed:
            if key not in self._running:
                self._schedule(key)

    def _remember_rounds(self, key: Key, assignment: Assignment) -> None:
        """The rounds in which another replica saw a view that is ours now; they are not made a second time."""
        seen_at = self._views[key].seen_at
        if seen_at is None:
            return
        for route, _ in assignment.tours:
            found = round_at(route, seen_at, self._zone)
            if found is not None:
                self._rounds[route.id, key] = found

    async def _forget_what_was_forgotten(self, mine: dict[Key, Assignment]) -> None:
        """Views that another replica was asked to learn anew have lost their rows."""
        async with self._database.connection() as connection:
            known = await watches.known_keys(connection, sorted({key[0] for key in mine}))
        for key in mine:
            if key not in known and key not in self._running and self._views[key].visits:
                self._views[key], self._pictures[key] = View(), Pictures()

    def forget(self, camera_id: str) -> None:
        """What a camera used to look like; it is learned anew."""
        for key in [key for key in self._mine if key[0] == camera_id]:
            self._views[key], self._pictures[key] = View(), Pictures()

    def hasten(self, camera_id: str) -> bool:
        """Put a camera before all others; False when another replica tours it."""
        found = [key for key in self._mine if key[0] == camera_id]
        now_s = self._now_s()
        for key in found:
            self._queue.put(key, due_s=now_s, deadline_s=0.0, host=self._mine[key].host)
            self._due[key] = now_s
        self._wake.set()
        return bool(found)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()

    def _schedule(self, key: Key) -> None:
        """When a view is due next: in the earliest round in which it was not seen, and not while it rests."""
        assignment = self._mine.get(key)
        if assignment is None:
            return
        now = self._clock.now()
        view = self._views[key]
        best: tuple[datetime, datetime] | None = None
        for route, position in assignment.tours:
            found = round_at(route, now, self._zone)
            seen = self._rounds.get((route.id, key))
            if found is None or (seen is not None and (seen.day, seen.number) >= (found.day, found.number)):
                found = next_round(route, now, self._zone)
            due = due_at(route, position, found)
            if best is None or due < best[0]:
                best = (due, found.ends_at)
        if best is None:
            return
        due_s = best[0].timestamp()
        if view.resting_until is not None:
            due_s = max(due_s, view.resting_until.timestamp())
        self._due[key] = max(due_s, now.timestamp()) if view.resting_until else due_s
        self._queue.put(key, due_s=due_s, deadline_s=best[1].timestamp(), host=assignment.host)
        self._wake.set()

    async def _dispatch(self) -> None:
        while True:
            taken = self._queue.take(self._now_s()) if self._leases.held else None
            if taken is None:
                await self._sleep()
                continue
            key, host = taken
            assignment = self._mine.get(key)
            if assignment is None or key in self._running:
                self._queue.done(host)
                continue
            task = asyncio.create_task(self._visit(key, assignment, host))
            self._running[key] = task
            task.add_done_callback(partial(self._ended, key))

    async def _sleep(self) -> None:
        self._wake.clear()
        coming_s = self._queue.next_due_s(self._now_s())
        pause_s = IDLE_S if coming_s is None else min(IDLE_S, max(0.005, coming_s - self._now_s()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._wake.wait()

    def _ended(self, key: Key, task: "asyncio.Task[None]") -> None:
        self._running.pop(key, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("visit_broke", camera_id=key[0], exc_info=error)
        self._schedule(key)

    async def _visit(self, key: Key, assignment: Assignment, host_name: str) -> None:
        now = self._clock.now()
        late_s = max(0.0, now.timestamp() - self._due.get(key, now.timestamp()))
        LATENESS.observe(late_s)
        rounds = [
            (route.id, found)
            for route, _ in assignment.tours
            if (found := round_at(route, now, self._zone)) is not None
        ]
        budget_s = min((found.ends_at - now).total_seconds() for _, found in rounds) if rounds else 60.0
        host = self._queue.host(host_name)
        try:
            outcome, pictures = await self._visits.make(
                assignment, self._views[key], self._pictures[key], at=now, budget_s=max(budget_s, 3.0)
            )
            host.note(assignment.camera.id, self._now_s(), dead=outcome.problem in _DEAD)
        finally:
            self._queue.done(host_name)
            self._wake.set()
        outcome = self._accounted(key, replace(outcome, late_s=late_s, rounds=rounds))
        view = await self._keeper.keep(outcome)
        if view is not None and key in self._mine:
            self._views[key] = view
            self._pictures[key] = pictures

    def _accounted(self, key: Key, outcome: Outcome) -> Outcome:
        """With the rounds it met, those it missed before, and how long the camera is left alone after a failure."""
        missed = []
        for route_id, found in outcome.rounds:
            before = self._rounds.get((route_id, key))
            gap = found.number - before.number - 1 if before is not None and before.day == found.day else 0
            if outcome.problem:
                continue
            if gap > 0:
                reason = self._views[key].problem or Problem.OVERLOAD
                missed.append(Missed(route_id=route_id, round=found, count=gap, reason=reason))
            self._rounds[route_id, key] = found
        if not outcome.problem:
            return replace(outcome, missed=missed)
        locked = outcome.problem == Problem.LOCKED_OUT
        rest = timedelta(seconds=rest_s(outcome.view.failures, self._chance.random(), locked=locked))
        return replace(outcome, view=replace(outcome.view, resting_until=outcome.at + rest))
