"""Keeps the answers to a case's form, with a line in its history."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from google.protobuf.message import Message

from services.incidents.answering.domain import require_may_answer, said
from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Event
from services.incidents.domain.errors import CaseUnknown
from services.incidents.domain.step import Step
from services.incidents.forms import Forms
from services.incidents.noting import noted
from services.incidents.once import once
from services.incidents.store.reading import find_case
from services.incidents.store.writing import save_cases
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Stale
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

PERMISSION = "incidents.advance"
queries = sql.load(__package__)

#: The version of the case after it.
Answer = Callable[[int], Message]


class Answering:
    """What can be done with the form of a case."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._forms = Forms()

    async def answer(
        self, key: RequestKey, case_name: str, caller: Caller, answer: Answer, *, version: int, form_answers: str
    ) -> bytes:
        """Put answers in; fails with CASE_UNKNOWN, STALE, FORM_NOT_YOURS, FORM_CASE_ENDED, FORM_ANSWERS_INVALID."""
        self._city.view.require_complete()
        actor = Actor(id=caller.subject, grants=caller.grants)

        async def work(transaction: Transaction) -> Message:
            scope = caller.scope(PERMISSION)
            stored = await find_case(transaction, case_name, subject=caller.subject, scope=scope)
            if stored is None:
                raise CaseUnknown(case_id=case_name)
            case = stored.case
            require_may_answer(case, actor)
            if case.version != version:
                raise Stale(case_id=case.id, version=case.version)
            task_type = self._city.view.task_type(case.task_type, case.task_type_version)
            self._forms.check(task_type, form_answers, demanded=True)
            words, words_en = said(task_type.form_schema, case.form_answers, form_answers)
            step = Step(event=Event.NOTE, opinion=words, opinion_en=words_en)
            answered = replace(case, form_answers=form_answers)
            change = noted(stored, answered, step, actor=actor, at=self._clock.now(), city=self._city)
            if not await save_cases(transaction, [change]):
                raise Stale(case_id=case.id, version=case.version)
            await transaction.execute(queries.keep_answers, {"id": UUID(case.id), "form_answers": form_answers})
            return answer(change.case.version)

        return await once(self._database, key, work)
