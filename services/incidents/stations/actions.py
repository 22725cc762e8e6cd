"""Asks and answers questions of law, carries items through the council, and takes the votes of households."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import Message

from services.incidents.cityview.city import City
from services.incidents.once import once
from services.incidents.reach import path_in, roles_at
from services.incidents.stations.domain import (
    CandidateUnknown,
    HouseholdVoted,
    ItemDecided,
    ItemStale,
    ItemUnknown,
    QuestionAnswered,
    QuestionStale,
    QuestionUnknown,
    SelectionClosed,
    SelectionInvalid,
    SelectionUnknown,
    lawyer_for,
    require_parties,
)
from services.incidents.stations.households import Households
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Row, Transaction
from services.platform.errors import Forbidden
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7

queries = sql.load(__package__)

ANSWER: Final = "stations.answer"
COUNCIL: Final = "stations.council"

Told = Callable[[Row], Message]


class Stations:
    """One verb for each thing that is done in a grid station."""

    def __init__(self, database: Database, city: City, households: Households, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._households = households
        self._clock = clock

    async def ask(
        self, key: RequestKey, grid_code: str, words: str, caller: Caller, told: Told, *, by_hotline: bool
    ) -> bytes:
        """Ask a question of law; it goes to the lawyer on duty."""
        path, now = path_in(self._city, grid_code), self._clock.now()
        chain = self._city.view.location(grid_code).chain
        lawyer = lawyer_for(chain, self._city.view, now, desk=self._city.rulebook.dispatch_desk)
        id_ = uuid7()
        parameters = {
            "id": id_,
            "grid_code": grid_code,
            "area_path": path,
            "words": words,
            "by_hotline": by_hotline,
            "by": caller.subject,
            "at": now,
            "receiver": lawyer.receiver,
            "lawyer": lawyer.staff_code,
        }

        async def work(transaction: Transaction) -> Message:
            await transaction.execute(queries.insert_question, parameters)
            return told((await self._questions(transaction, caller, id=id_))[0])

        return await once(self._database, key, work)

    async def answer(
        self, key: RequestKey, question_id: str, answer: str, caller: Caller, told: Told, *, seen: int
    ) -> bytes:
        """Answer it, once; fails with QUESTION_UNKNOWN, QUESTION_ANSWERED, QUESTION_STALE."""
        areas = list(caller.scope(ANSWER).area_paths)
        parameters = {
            "id": question_id,
            "version": seen,
            "answer": answer,
            "by": caller.subject,
            "at": self._clock.now(),
            "areas": areas,
        }

        async def work(transaction: Transaction) -> Message:
            done = await (await transaction.execute(queries.answer_question, parameters)).fetchone()
            found = await self._questions(transaction, caller, id=question_id)
            if not found:
                raise QuestionUnknown(question_id=question_id)
            if done is None and seen not in {0, found[0]["version"]}:
                raise QuestionStale(fresh=told(found[0]), version=found[0]["version"])
            if done is None:
                raise QuestionAnswered(question_id=question_id)
            return told(found[0])

        return await once(self._database, key, work)

    async def questions(self, caller: Caller, *, open_only: bool) -> list[Row]:
        """Questions the caller may see, newest first."""
        async with self._database.connection() as connection:
            return await self._questions(connection, caller, open_only=open_only)

    async def propose(
        self, key: RequestKey, grid_code: str, title: str, caller: Caller, told: Told, *, kind: str
    ) -> bytes:
        """Bring a matter before the council."""
        path = self._within(caller, grid_code)
        id_ = uuid7()
        parameters = {
            "id": id_,
            "grid_code": grid_code,
            "area_path": path,
            "kind": kind,
            "title": title,
            "by": caller.subject,
            "at": self._clock.now(),
        }

        async def work(transaction: Transaction) -> Message:
            await transaction.execute(queries.insert_item, parameters)
            return told(await self._item(transaction, caller, id_))

        return await once(self._database, key, work)

    async def join(self, key: RequestKey, item_id: str, party: str, caller: Caller, told: Told, *, seen: int) -> bytes:
        """A party takes its seat; fails with COUNCIL_ITEM_UNKNOWN, COUNCIL_ITEM_DECIDED, COUNCIL_ITEM_STALE."""

        async def work(transaction: Transaction) -> Message:
            await self._open_item(transaction, caller, item_id, told, seen=seen)
            await transaction.execute(queries.seat_party, {"id": item_id, "party": party})
            return told(await self._item(transaction, caller, item_id))

        return await once(self._database, key, work)

    async def decide(
        self, key: RequestKey, item_id: str, decision: str, caller: Caller, told: Told, *, adopted: bool, seen: int
    ) -> bytes:
        """Decide; fails with COUNCIL_ITEM_UNKNOWN, COUNCIL_ITEM_DECIDED, COUNCIL_ITEM_STALE, PARTIES_MISSING."""

        async def work(transaction: Transaction) -> Message:
            require_parties((await self._open_item(transaction, caller, item_id, told, seen=seen))["parties"])
            parameters = {
                "id": item_id,
                "decision": decision,
                "adopted": adopted,
                "by": caller.subject,
                "at": self._clock.now(),
            }
            await transaction.execute(queries.decide_item, parameters)
            return told(await self._item(transaction, caller, item_id))

        return await once(self._database, key, work)

    async def items(self, caller: Caller, *, open_only: bool) -> list[Row]:
        """Items within reach, newest first."""
        async with self._database.connection() as connection:
            return await self._items(connection, caller, open_only=open_only)

    async def open_selection(
        self,
        key: RequestKey,
        area_code: str,
        title: str,
        candidates: Sequence[str],
        closes_at: datetime,
        *,
        caller: Caller,
        told: Told,
    ) -> bytes:
        """Let households select; fails with SELECTION_INVALID."""
        path, now = self._within(caller, area_code), self._clock.now()
        if closes_at <= now:
            raise SelectionInvalid
        id_ = uuid7()
        parameters = {
            "id": id_,
            "area_code": area_code,
            "area_path": path,
            "title": title,
            "candidates": list(candidates),
            "closes_at": closes_at,
            "by": caller.subject,
            "at": now,
        }

        async def work(transaction: Transaction) -> Message:
            await transaction.execute(queries.insert_selection, parameters)
            return told(await self._selection(transaction, caller, id_))

        return await once(self._database, key, work)

    async def vote(
        self, key: RequestKey, selection_id: str, caller: Caller, told: Told, *, household_code: str, candidate: str
    ) -> bytes:
        """Take the vote of a household that lives there.

        Fails with SELECTION_CLOSED, CANDIDATE_UNKNOWN, HOUSEHOLD_UNKNOWN, HOUSEHOLD_VOTED.
        """
        selection = await self.selection(selection_id, caller)
        # Asked before anything is locked: registry may take its time.
        await self._households.require(selection["area_code"], household_code)

        async def work(transaction: Transaction) -> Message:
            found = await self._selection(transaction, caller, selection_id)
            if found["closes_at"] <= self._clock.now():
                raise SelectionClosed(closed_at=found["closes_at"].isoformat())
            if candidate not in found["candidates"]:
                raise CandidateUnknown(candidate=candidate)
            parameters = {
                "id": selection_id,
                "household_code": household_code,
                "candidate": candidate,
                "by": caller.subject,
                "at": self._clock.now(),
            }
            if await (await transaction.execute(queries.cast_vote, parameters)).fetchone() is None:
                raise HouseholdVoted(household_code=household_code)
            return told(await self._selection(transaction, caller, selection_id))

        return await once(self._database, key, work)

    async def selection(self, selection_id: str, caller: Caller) -> Row:
        """A selection with its votes; fails with SELECTION_UNKNOWN."""
        async with self._database.connection() as connection:
            return await self._selection(connection, caller, selection_id)

    async def selections(self, caller: Caller, *, open_only: bool) -> list[Row]:
        """Selections within reach with their votes, the last to close first."""
        parameters = {
            "open_only": open_only,
            "now": self._clock.now(),
            "areas": list(caller.scope(COUNCIL).area_paths),
        }
        async with self._database.connection() as connection:
            return await (await connection.execute(queries.list_selections, parameters)).fetchall()

    def _within(self, caller: Caller, area_code: str) -> str:
        path = path_in(self._city, area_code)
        if not roles_at(caller, COUNCIL, path):
            raise Forbidden(permission=COUNCIL)
        return path

    @staticmethod
    async def _questions(
        connection: Transaction, caller: Caller, *, id: UUID | str | None = None, open_only: bool = False
    ) -> list[Row]:
        parameters: dict[str, Any] = {
            "id": id,
            "open_only": open_only,
            "subject": caller.subject,
            "areas": list({*caller.scope(ANSWER).area_paths, *caller.scope(COUNCIL).area_paths}),
        }
        return await (await connection.execute(queries.list_questions, parameters)).fetchall()

    @staticmethod
    async def _items(
        connection: Transaction, caller: Caller, *, id: UUID | str | None = None, open_only: bool = False
    ) -> list[Row]:
        parameters = {"id": id, "open_only": open_only, "areas": list(caller.scope(COUNCIL).area_paths)}
        return await (await connection.execute(queries.list_items, parameters)).fetchall()

    async def _item(self, connection: Transaction, caller: Caller, item_id: UUID | str) -> Row:
        found = await self._items(connection, caller, id=item_id)
        if not found:
            raise ItemUnknown(item_id=item_id)
        return found[0]

    async def _open_item(self, transaction: Transaction, caller: Caller, item_id: str, told: Told, *, seen: int) -> Row:
        await transaction.execute(queries.hold_item, {"id": item_id})
        item = await self._item(transaction, caller, item_id)
        if seen not in {0, item["version"]}:
            raise ItemStale(fresh=told(item), version=item["version"])
        if item["decided_at"] is not None:
            raise ItemDecided(item_id=item_id)
        return item

    @staticmethod
    async def _selection(connection: Transaction, caller: Caller, selection_id: UUID | str) -> Row:
        parameters = {"id": selection_id, "areas": list(caller.scope(COUNCIL).area_paths)}
        found = await (await connection.execute(queries.find_selection, parameters)).fetchone()
        if found is None:
            raise SelectionUnknown(selection_id=selection_id)
        votes = await (await connection.execute(queries.count_votes, {"id": selection_id})).fetchall()
        return {**found, "votes": {row["candidate"]: row["count"] for row in votes}}
