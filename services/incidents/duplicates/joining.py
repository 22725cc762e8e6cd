"""Makes one what is one: followers join a case, cases end in a master, and nobody who reported is lost on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from gridward.incidents.v1 import cases_pb2, duplicates_pb2

from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Case, Event, State
from services.incidents.domain.errors import CaseUnknown, StepForbidden, StepNotLegal
from services.incidents.domain.step import Step
from services.incidents.duplicates import store
from services.incidents.duplicates.domain import CaseEnded, Likeness, MergeWithItself
from services.incidents.duplicates.messages import glimpse
from services.incidents.messages import answers
from services.incidents.messages.outgoing import case_message
from services.incidents.noting import noted
from services.incidents.once import once
from services.incidents.store.reading import Stored, find_case, read_cases
from services.incidents.store.writing import Change, save_cases
from services.platform import outbox
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, Stale
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

PERMISSION: Final = "incidents.advance"
CASES_MERGED: Final = "cases_merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A case to be merged, in the version its merger looked at."""

    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """What somebody wants to make one, and why."""

    key: RequestKey
    master_name: str
    cases: tuple[Seen, ...]
    opinion: str


class Joining:
    """Follows and merges, each in one transaction."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def follow(self, key: RequestKey, name: str, words: str, caller: Caller) -> bytes:
        """Somebody says "me too" instead of reporting again."""

        async def work(transaction: Transaction) -> duplicates_pb2.FollowCaseResponse:
            case_id = await store.master_of(transaction, case_id_of(name)) or case_id_of(name)
            case = (await store.read_compared(transaction, [case_id])).get(case_id)
            if case is None:
                raise CaseUnknown(case_id=name)
            if case.state.ended:
                raise CaseEnded(number=case.number, state=case.state)
            if case.reporter != caller.subject:
                await store.insert_follower(
                    transaction, case_id=case_id, subject=caller.subject, since=self._clock.now(), words=words
                )
            followed = (await store.read_compared(transaction, [case_id]))[case_id]
            return duplicates_pb2.FollowCaseResponse(case=glimpse(followed, self._city.view, caller))

        self._city.view.require_complete()
        return await once(self._database, key, work)

    async def merge(self, merger: Merger, caller: Caller) -> bytes:
        """End cases in a master; all of them or none."""
        self._city.view.require_complete()
        return await once(self._database, merger.key, lambda transaction: self._merge(transaction, merger, caller))

    async def set_likeness(self, key: RequestKey, task_type: str, likeness: Likeness) -> bytes:
        """Settle what counts as the same for a task type the city knows."""
        self._city.view.newest_task_type(task_type)

        async def work(transaction: Transaction) -> duplicates_pb2.SetLikenessResponse:
            await store.set_likeness(transaction, task_type, likeness)
            return duplicates_pb2.SetLikenessResponse(
                likeness=duplicates_pb2.Likeness(
                    task_type=task_type,
                    distance_m=likeness.distance_m,
                    hours=likeness.hours,
                    recurrence_days=likeness.recurrence_days,
                )
            )

        return await once(self._database, key, work)

    async def _merge(
        self, transaction: Transaction, merger: Merger, caller: Caller
    ) -> duplicates_pb2.MergeCasesResponse:
        names = [merger.master_name, *dict.fromkeys(seen.name for seen in merger.cases)]
        found = [await self._visible(transaction, name, caller) for name in names]
        await store.lock_cases(transaction, [stored.case.id for stored in found])
        fresh = {
            stored.case.id: stored for stored in await read_cases(transaction, [UUID(each.case.id) for each in found])
        }
        master, *others = (fresh[stored.case.id] for stored in found)
        self._check(master.case, others, merger)
        actor = Actor(id=caller.subject, grants=caller.grants)
        changes = [self._ended(stored, master.case, merger.opinion, actor) for stored in others]
        numbers = [stored.case.number for stored in others]
        noted = self._noted(master, numbers, merger.opinion, actor)
        written = await save_cases(transaction, [*changes, *([noted] if noted else [])])
        if len(written) < len(changes) + bool(noted):
            raise Exhausted(retry_after_s=1)  # a timer fired between; sent again it succeeds
        now = self._clock.now()
        await store.insert_merges(
            transaction,
            master_id=master.case.id,
            case_ids=[change.case.id for change in changes],
            by=caller.subject,
            at=now,
            opinion=merger.opinion,
        )
        after = noted.case if noted else master.case
        told = duplicates_pb2.CasesMerged(
            master=self._message(after), merged_ids=[change.case.id for change in changes], merged_numbers=numbers
        )
        await outbox.publish(
            transaction, type=CASES_MERGED, subject=after.id, payload=told, at=now, task_type=after.task_type
        )
        compared = (await store.read_compared(transaction, [after.id]))[after.id]
        return duplicates_pb2.MergeCasesResponse(
            master=glimpse(compared, self._city.view, caller), merged_numbers=numbers
        )

    def _check(self, master: Case, others: Sequence[Stored], merger: Merger) -> None:
        if master.state.ended:
            raise CaseEnded(number=master.number, state=master.state)
        for stored, seen in zip(others, merger.cases, strict=False):
            case = stored.case
            if case.id == master.id:
                raise MergeWithItself(number=case.number)
            if case.version != seen.version:
                raise Stale(fresh=answers.stale(self._message(case), ()), case_id=case.id, version=case.version)
            if case.state.ended:
                raise CaseEnded(number=case.number, state=case.state)

    def _ended(self, stored: Stored, master: Case, opinion: str, actor: Actor) -> Change:
        """The case after it ended: refused while nobody has taken it in, else cancelled."""
        event = Event.REJECT if stored.case.state is State.REPORTED else Event.CANCEL
        words, words_en = f"并入 {master.number}：{opinion}", f"Merged into {master.number}: {opinion}"
        return self._step(stored, Step(event=event, opinion=words, opinion_en=words_en), actor)

    def _noted(self, master: Stored, numbers: Sequence[str], opinion: str, actor: Actor) -> Change | None:
        words = f"{'、'.join(numbers)} 已并入本案：{opinion}"
        words_en = f"Merged into this case: {', '.join(numbers)}. {opinion}"
        try:
            return self._step(master, Step(event=Event.NOTE, opinion=words, opinion_en=words_en), actor)
        except (StepForbidden, StepNotLegal):
            return None

    def _step(self, stored: Stored, step: Step, actor: Actor) -> Change:
        return noted(stored, stored.case, step, actor=actor, at=self._clock.now(), city=self._city)

    async def _visible(self, transaction: Transaction, name: str, caller: Caller) -> Stored:
        stored = await find_case(transaction, name, subject=caller.subject, scope=caller.scope(PERMISSION))
        if stored is None:
            raise CaseUnknown(case_id=name)
        return stored

    def _message(self, case: Case) -> cases_pb2.Case:
        return case_message(
            replace(case, reporter=""),
            view=self._city.view,
            now=self._clock.now(),
            rules=self._city.rulebook.signal_rules,
        )


def case_id_of(name: str) -> str:
    """A case id in its usual form; fails with CASE_UNKNOWN for anything else."""
    try:
        return str(UUID(name))
    except ValueError:
        raise CaseUnknown(case_id=name) from None
