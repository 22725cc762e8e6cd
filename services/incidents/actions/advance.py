"""Takes steps with a case, all of them or none, unless somebody else was faster."""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from gridward.incidents.v1 import cases_pb2
from psycopg import errors as postgres_errors

from services.incidents.actions.complete import completed
from services.incidents.cityview.city import City
from services.incidents.domain import privacy
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Case, Event, Evidence, HistoryEntry, Leg
from services.incidents.domain.errors import CaseUnknown
from services.incidents.domain.step import Step
from services.incidents.domain.tasktypes import TaskType
from services.incidents.domain.timers import Rung, Timer, TimerPlan
from services.incidents.domain.workflow import LegalStep, apply, legal_steps
from services.incidents.events import Teller
from services.incidents.gathering import Gathering, Waiting
from services.incidents.messages import answers
from services.incidents.messages.outgoing import case_message
from services.incidents.store.reading import Look, Sought, Stored, find_cases, only_noted
from services.incidents.store.writing import Answer, Change, answers_given, save_cases
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, GridwardError, RequestReused, Stale
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.outbox import PackedEvent

log = structlog.get_logger()

PERMISSION: Final = "incidents.advance"
#: A timer that fires between reading and writing makes the steps be judged again, not refused.
TRIES_MAX: Final = 5
GROUP_MAX: Final = 32
RETRY_AFTER_S: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The steps somebody wants to take, and the version of the case they looked at."""

    key: RequestKey
    case_name: str
    version: int
    steps: tuple[Step, ...]

    def is_fresh_for(self, case: Case) -> bool:
        """Whether nothing that matters to the wish happened since; to a note nothing does."""
        return self.version == case.version or (
            self.version < case.version and all(step.event is Event.NOTE for step in self.steps)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A wish with whose it is."""

    wish: Wish
    actor: Actor
    sought: Sought

    @property
    def names(self) -> tuple[Hashable, ...]:
        return self.wish.case_name, (self.wish.key.subject, self.wish.key.request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A wish that may be granted."""

    waiting: Waiting[_Asked]
    change: Change
    answer: Answer


class Advancing:
    """Carries cases on: the steps of all who wait are judged and written together, each case by itself."""

    def __init__(self, database: Database, city: City, *, clock: Clock, waiting_max: int) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._line = Gathering(
            work="steps",
            do=self._together,
            names=lambda asked: asked.names,
            refusal=_refusal,
            group_max=GROUP_MAX,
            waiting_max=waiting_max,
        )

    async def advance(self, wish: Wish, caller: Caller) -> bytes:
        """Take the steps; the answer, also when the same request was answered before."""
        self._city.view.require_complete()
        sought = Sought(name=wish.case_name, subject=caller.subject, scope=caller.scope(PERMISSION))
        actor = Actor(id=caller.subject, grants=caller.grants)
        return await self._line.submit(_Asked(wish=wish, actor=actor, sought=sought))

    async def run(self) -> None:
        """Take what waits, until cancelled; one line, so that groups are large and a group costs little more than one."""
        await self._line.run()

    async def _together(self, group: Sequence[Waiting[_Asked]]) -> None:
        async with self._database.steady() as connection:
            found = await find_cases(connection, [waiting.item.sought for waiting in group])
            harmless = await only_noted(connection, _behind(group, found))
            granted: dict[str, _Judged] = {}
            refused: list[tuple[Waiting[_Asked], GridwardError]] = []
            for waiting, stored in zip(group, found, strict=True):
                if stored is not None and stored.case.id in granted:
                    self._line.again(waiting)  # named by id and by number: the second finds what the first made of it
                    continue
                try:
                    judged = self._judged(waiting, stored, harmless)
                except GridwardError as error:
                    refused.append((waiting, error))
                else:
                    granted[judged.change.case.id] = judged
            await self._write(connection, list(granted.values()))
            await _refuse(connection, refused)

    async def _write(self, connection: Transaction, granted: Sequence[_Judged]) -> None:
        if not granted:
            return
        try:
            written = await save_cases(
                connection, [judged.change for judged in granted], [judged.answer for judged in granted]
            )
        except postgres_errors.UniqueViolation:
            if len(granted) > 1:
                raise
            await _refuse(connection, [(granted[0].waiting, Exhausted(retry_after_s=RETRY_AFTER_S))])
            return
        for judged in granted:
            if judged.change.case.id in written:
                judged.waiting.give(judged.answer.content)
            elif judged.waiting.tries < TRIES_MAX:
                self._line.again(judged.waiting)
            else:
                judged.waiting.refuse(Exhausted(retry_after_s=RETRY_AFTER_S))

    def _judged(self, waiting: Waiting[_Asked], stored: Stored | None, harmless: Collection[Look]) -> _Judged:
        wish, actor = waiting.item.wish, waiting.item.actor
        if stored is None:
            raise CaseUnknown(case_id=wish.case_name)
        if not (wish.is_fresh_for(stored.case) or Look(case_id=stored.case.id, version=wish.version) in harmless):
            raise self._stale(stored, actor)
        change, content = self._judge(stored, wish, actor)
        return _Judged(
            waiting=waiting, change=change, answer=Answer(case_id=stored.case.id, key=wish.key, content=content)
        )

    def _judge(self, stored: Stored, wish: Wish, actor: Actor) -> tuple[Change, bytes]:
        walk = _Walk(self._city, stored, actor, self._clock.now())
        for step in wish.steps:
            walk.take(step)
        seen, entries = for_actor(walk.case, walk.entries, actor)
        message = self._message(seen, walk.evidence, walk.at)
        return walk.change(), answers.advanced(message, entries, steps_open_to(walk.case, actor, self._city, walk.at))

    def _stale(self, stored: Stored, actor: Actor) -> Stale:
        seen, _ = for_actor(stored.case, (), actor)
        now = self._clock.now()
        message = self._message(seen, stored.evidence, now)
        return Stale(
            fresh=answers.stale(message, steps_open_to(stored.case, actor, self._city, now)),
            case_id=stored.case.id,
            version=stored.case.version,
        )

    def _message(self, case: Case, evidence: tuple[Evidence, ...], now: datetime) -> cases_pb2.Case:
        return case_message(
            case,
            view=self._city.view,
            now=now,
            rules=self._city.rulebook.signal_rules,
            evidence=evidence,
            calendar=self._city.calendar_at(case.area_path),
            procedure=self._city.procedure_of(case),
        )


class _Walk:
    """A case on its way through some steps, with all that they leave to be written."""

    def __init__(self, city: City, stored: Stored, actor: Actor, at: datetime) -> None:
        self._city = city
        self._actor = actor
        self._revision = stored.revision
        self.at = at
        self.case: Case = stored.case
        self.evidence: tuple[Evidence, ...] = stored.evidence
        self.entries: tuple[HistoryEntry, ...] = ()
        self._legs: tuple[Leg, ...] = ()
        self._plans: tuple[TimerPlan, ...] = ()
        self._events: tuple[PackedEvent, ...] = ()

    def take(self, step: Step) -> None:
        """Take one step; fails as the rules say."""
        before = self.case
        task_type = self._task_type(step)
        outcome = apply(
            before,
            completed(step, before, task_type, self._city, self.at),
            actor=self._actor,
            at=self.at,
            task_type=task_type,
            rulebook=self._city.rulebook,
            procedure=self._city.procedure(task_type, before.reported_at),
        )
        self.case = outcome.case
        self.evidence += outcome.entry.evidence
        self.entries += (outcome.entry,)
        self._legs += outcome.legs
        self._plans += (outcome.timers,)
        teller = Teller(self._city.view, self._city.rulebook.signal_rules, at=outcome.entry.at)
        self._events += teller.stepped(outcome, from_signal=before.signal, evidence=self.evidence)

    def change(self) -> Change:
        """What is to be written."""
        set_timers, cancelled = merged(self._plans)
        return Change(
            case=self.case,
            revision=self._revision,
            entries=self.entries,
            legs=self._legs,
            set_timers=set_timers,
            cancelled=cancelled,
            events=self._events,
        )

    def _task_type(self, step: Step) -> TaskType:
        if step.task_type not in {"", self.case.task_type}:
            return self._city.view.newest_task_type(step.task_type)
        return self._city.view.task_type(self.case.task_type, self.case.task_type_version)


def merged(plans: Sequence[TimerPlan]) -> tuple[tuple[Timer, ...], tuple[Rung, ...]]:
    """What several plans in a row come to: the timers to set and those to cancel."""
    pending: dict[Rung, Timer] = {}
    cancelled: dict[Rung, None] = {}
    for plan in plans:
        for rung in plan.cancel:
            pending.pop(rung, None)
            cancelled[rung] = None
        for timer in plan.set:
            pending[timer.rung] = timer
            cancelled.pop(timer.rung, None)
    return tuple(pending.values()), tuple(cancelled)


def steps_open_to(case: Case, actor: Actor, city: City, at: datetime) -> tuple[LegalStep, ...]:
    """What somebody may do with a case now."""
    task_type = city.view.task_type(case.task_type, case.task_type_version)
    return legal_steps(
        case, actor, at=at, task_type=task_type, rulebook=city.rulebook, procedure=city.procedure_of(case)
    )


def for_actor(case: Case, entries: Sequence[HistoryEntry], actor: Actor) -> tuple[Case, tuple[HistoryEntry, ...]]:
    """A case and lines of its history as somebody may see them."""
    if privacy.knows_reporter(case, actor):
        return case, tuple(entries)
    hidden = tuple(privacy.line_without_reporter(entry, case.reporter) for entry in entries)
    return privacy.without_reporter(case), hidden


def _behind(group: Sequence[Waiting[_Asked]], found: Sequence[Stored | None]) -> list[Look]:
    """The looks at cases that were taken before the newest line of their history was written."""
    return [
        Look(case_id=stored.case.id, version=waiting.item.wish.version)
        for waiting, stored in zip(group, found, strict=True)
        if stored is not None and waiting.item.wish.version < stored.case.version
    ]


async def _refuse(connection: Transaction, refused: Sequence[tuple[Waiting[_Asked], GridwardError]]) -> None:
    """Refuse, unless the same request was granted before: that stays answered, whatever has changed since."""
    if not refused:
        return
    given = await answers_given(connection, [waiting.item.wish.key for waiting, _ in refused])
    for waiting, error in refused:
        key = waiting.item.wish.key
        digest, answer = given.get((key.subject, key.request_id), (b"", b""))
        if not digest:
            waiting.refuse(error)
        elif digest != key.body_digest:
            waiting.refuse(RequestReused(request_id=key.request_id))
        else:
            waiting.give(answer)


def _refusal(error: Exception) -> GridwardError:
    if isinstance(error, GridwardError):
        return error
    log.error("steps_not_taken", exc_info=error)
    return GridwardError()
