"""Takes steps with a case, all of them or none, unless somebody else was faster."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from psycopg import errors as postgres_errors

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
from services.incidents.messages import answers
from services.incidents.messages.outgoing import case_message
from services.incidents.store.reading import Stored, find_case
from services.incidents.store.writing import Answer, Change, answers_given, save_cases
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, GridwardError, RequestReused, Stale
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.outbox import PackedEvent

PERMISSION: Final = "incidents.advance"
#: A timer that fires between reading and writing makes the steps be judged again, not refused.
TRIES_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The steps somebody wants to take, and the version of the case they looked at."""

    key: RequestKey
    case_name: str
    version: int
    steps: tuple[Step, ...]


class Advancing:
    """Carries cases on."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def advance(self, wish: Wish, caller: Caller) -> bytes:
        """Take the steps; the answer, also when the same request was answered before."""
        self._city.view.require_complete()
        async with self._database.connection() as connection:
            try:
                return await self._advance(connection, wish, caller)
            except (GridwardError, postgres_errors.UniqueViolation) as error:
                answer = await _answer_before(connection, wish.key)
                if answer is None:
                    raise (error if isinstance(error, GridwardError) else Exhausted(retry_after_s=1)) from error
                return answer

    async def _advance(self, connection: Transaction, wish: Wish, caller: Caller) -> bytes:
        actor = Actor(id=caller.subject, grants=caller.grants)
        for _ in range(TRIES_MAX):
            stored = await find_case(connection, wish.case_name, subject=caller.subject, scope=caller.scope(PERMISSION))
            if stored is None:
                raise CaseUnknown(case_id=wish.case_name)
            if stored.case.version != wish.version:
                raise self._stale(stored, actor)
            change, answer = self._judge(stored, wish, actor)
            written = await save_cases(connection, [change], Answer(key=wish.key, content=answer))
            if written:
                self._database.committed.set()
                return answer
        raise Exhausted(retry_after_s=1)

    def _judge(self, stored: Stored, wish: Wish, actor: Actor) -> tuple[Change, bytes]:
        walk = _Walk(self._city, stored, actor, self._clock.now())
        for step in wish.steps:
            walk.take(step)
        seen, entries = for_actor(walk.case, walk.entries, actor)
        message = case_message(
            seen, view=self._city.view, now=walk.at, rules=self._city.rulebook.signal_rules, evidence=walk.evidence
        )
        return walk.change(), answers.advanced(message, entries, steps_open_to(walk.case, actor, self._city))

    def _stale(self, stored: Stored, actor: Actor) -> Stale:
        seen, _ = for_actor(stored.case, (), actor)
        message = case_message(
            seen,
            view=self._city.view,
            now=self._clock.now(),
            rules=self._city.rulebook.signal_rules,
            evidence=stored.evidence,
        )
        return Stale(
            fresh=answers.stale(message, steps_open_to(stored.case, actor, self._city)),
            case_id=stored.case.id,
            version=stored.case.version,
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
        outcome = apply(
            before,
            self._completed(step),
            actor=self._actor,
            at=self.at,
            task_type=self._task_type(step),
            rulebook=self._city.rulebook,
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

    def _completed(self, step: Step) -> Step:
        """An escalation goes to whoever is on duty in the next loop."""
        if step.event is not Event.ESCALATE:
            return step
        receiver = self._city.next_receiver(
            loop_level=self.case.loop_level + 1,
            grid_code=self.case.grid_code,
            department_code=self.case.department_code,
            at=self.at,
        )
        return replace(step, receiver=receiver)

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


def steps_open_to(case: Case, actor: Actor, city: City) -> tuple[LegalStep, ...]:
    """What somebody may do with a case now."""
    task_type = city.view.task_type(case.task_type, case.task_type_version)
    return legal_steps(case, actor, task_type=task_type, rulebook=city.rulebook)


def for_actor(case: Case, entries: Sequence[HistoryEntry], actor: Actor) -> tuple[Case, tuple[HistoryEntry, ...]]:
    """A case and lines of its history as somebody may see them."""
    if privacy.knows_reporter(case, actor):
        return case, tuple(entries)
    hidden = tuple(privacy.line_without_reporter(entry, case.reporter) for entry in entries)
    return privacy.without_reporter(case), hidden


async def _answer_before(connection: Transaction, key: RequestKey) -> bytes | None:
    given = await answers_given(connection, [key])
    digest, answer = given.get((key.subject, key.request_id), (b"", None))
    if digest and digest != key.body_digest:
        raise RequestReused(request_id=key.request_id)
    return answer
