"""Puts a case into another one; both change together, and never in a circle."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from gridward.incidents.v1 import cases_pb2, course_pb2

from services.incidents.actions.advance import PERMISSION, for_actor
from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Case, Event
from services.incidents.domain.errors import CaseUnknown, ChildNotPossible
from services.incidents.domain.step import Outcome, Step
from services.incidents.domain.workflow import apply
from services.incidents.events import Teller
from services.incidents.messages import answers
from services.incidents.messages.outgoing import case_message
from services.incidents.once import once
from services.incidents.store.reading import Stored, find_case, read_cases
from services.incidents.store.writing import Change, save_cases
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, Stale
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Which case takes which other one, and whether it has to wait for it."""

    key: RequestKey
    parent: str
    version: int
    child: str
    blocking: bool
    opinion: str


class Linking:
    """Cases within cases."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def link(self, link: Link, caller: Caller) -> bytes:
        """Put the child into the parent; the answer, also to a repetition."""
        self._city.view.require_complete()
        return await once(self._database, link.key, lambda transaction: self._link(transaction, link, caller))

    async def _link(self, transaction: Transaction, link: Link, caller: Caller) -> course_pb2.LinkChildResponse:
        await transaction.execute(queries.lock_linking)
        named = [await self._visible(transaction, name, caller) for name in (link.parent, link.child)]
        ids = [UUID(stored.case.id) for stored in named]
        await transaction.execute(queries.lock_cases, {"ids": ids})
        fresh = {stored.case.id: stored for stored in await read_cases(transaction, ids)}
        parent, child = (fresh[stored.case.id] for stored in named)
        if parent.case.version != link.version:
            message = self._message(parent.case, Actor(id=caller.subject, grants=caller.grants))
            raise Stale(fresh=answers.stale(message, ()), case_id=parent.case.id, version=parent.case.version)
        await self._require_possible(transaction, parent.case, child.case)
        return await self._linked(transaction, parent, child, link, Actor(id=caller.subject, grants=caller.grants))

    async def _linked(
        self, transaction: Transaction, parent: Stored, child: Stored, link: Link, actor: Actor
    ) -> course_pb2.LinkChildResponse:
        now = self._clock.now()
        above = self._stepped(parent, Step(event=Event.ADD_CHILD, child=child.case.number, opinion=link.opinion), actor)
        joined = replace(child, case=replace(child.case, parent_id=parent.case.id, blocking=link.blocking))
        below = self._stepped(joined, Step(event=Event.JOIN_PARENT, child=parent.case.number), actor)
        changes = [self._change(parent, above, now), self._change(joined, below, now)]
        if len(await save_cases(transaction, changes)) < len(changes):
            raise Exhausted(retry_after_s=1)  # a timer fired between; sent again it succeeds
        waits = (*parent.case.open_children, child.case.number) if link.blocking else parent.case.open_children
        return course_pb2.LinkChildResponse(
            case=self._message(replace(above.case, open_children=tuple(sorted(waits))), actor),
            child=self._message(below.case, actor),
        )

    async def _require_possible(self, transaction: Transaction, parent: Case, child: Case) -> None:
        if child.parent_id:
            raise ChildNotPossible(child=child.number, problem="it is a part of another case already")
        cursor = await transaction.execute(queries.find_ancestors, {"id": UUID(parent.id)})
        if child.id in {str(row["id"]) for row in await cursor.fetchall()}:
            raise ChildNotPossible(child=child.number, problem="the case is a part of it")

    async def _visible(self, transaction: Transaction, name: str, caller: Caller) -> Stored:
        found = await find_case(transaction, name, subject=caller.subject, scope=caller.scope(PERMISSION))
        if found is None:
            raise CaseUnknown(case_id=name)
        return found

    def _stepped(self, stored: Stored, step: Step, actor: Actor) -> Outcome:
        case = stored.case
        return apply(
            case,
            step,
            actor=actor,
            at=self._clock.now(),
            task_type=self._city.view.task_type(case.task_type, case.task_type_version),
            rulebook=self._city.rulebook,
            procedure=self._city.procedure_of(case),
        )

    def _change(self, stored: Stored, outcome: Outcome, now: datetime) -> Change:
        teller = Teller(self._city.view, self._city.rulebook.signal_rules, at=now)
        return Change(
            case=outcome.case,
            revision=stored.revision,
            entries=(outcome.entry,),
            legs=outcome.legs,
            set_timers=outcome.timers.set,
            cancelled=outcome.timers.cancel,
            events=teller.stepped(outcome, from_signal=stored.case.signal, evidence=stored.evidence),
        )

    def _message(self, case: Case, actor: Actor) -> cases_pb2.Case:
        return case_message(
            for_actor(case, (), actor)[0],
            view=self._city.view,
            now=self._clock.now(),
            rules=self._city.rulebook.signal_rules,
            calendar=self._city.calendar_at(case.area_path),
            procedure=self._city.procedure_of(case),
        )
