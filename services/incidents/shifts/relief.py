"""Takes over what is in the hands of somebody who is not there: with a reason, told to them, written in each case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from google.protobuf.message import Message

from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.once import once
from services.incidents.shifts import store
from services.incidents.shifts.absent import (
    RELIEVE,
    Holder,
    Placed,
    ShiftNothingToRelieve,
    mates_of,
    may_relieve,
    said_of_relief,
)
from services.incidents.shifts.actions import TAKEN_MAX, Answer
from services.incidents.shifts.domain import ADVANCE, Desk, Handover, ShiftDeskUnknown, desks_of, taken_over
from services.incidents.shifts.moving import changes_of
from services.incidents.shifts.telling import taken_words, tell
from services.incidents.store.reading import Stored, read_cases
from services.incidents.store.writing import save_cases
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7

log = structlog.get_logger()

LISTED_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What would come over, the most urgent first, and how much would stay."""

    cases: Sequence[Stored]
    left_count: int


class Relief:
    """One verb for each thing that is done for somebody absent."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def holders(self, caller: Caller) -> list[Holder]:
        """From whom the caller could take over, the most overdue first."""
        self._city.view.require_complete()
        mates = mates_of(desks_of(caller.grants), self._placed(self._clock.now()))
        async with self._database.connection() as connection:
            return await store.holders(connection, caller.subject, mates, caller.scope(RELIEVE), size=LISTED_MAX)

    async def prospect(self, caller: Caller, staff: str) -> Prospect:
        """What would come over from one of them; fails with SHIFT_NOTHING_TO_RELIEVE."""
        self._city.view.require_complete()
        async with self._database.connection() as connection:
            ids, _ = await store.in_hand(connection, staff, size=TAKEN_MAX)
            found = {stored.case.id: stored for stored in await read_cases(connection, ids)} if ids else {}
        stored = [found[str(each)] for each in ids if str(each) in found]
        coming = self._coming(stored, caller, staff, self._clock.now())
        if not coming:
            raise ShiftNothingToRelieve(staff=staff)
        return Prospect(cases=coming, left_count=len(stored) - len(coming))

    async def relieve(self, key: RequestKey, caller: Caller, answer: Answer, *, staff: str, reason: str) -> bytes:
        """Take over all that may be; fails with SHIFT_NOTHING_TO_RELIEVE, SHIFT_DESK_UNKNOWN."""
        self._city.view.require_complete()
        desks = desks_of(caller.grants)
        if not desks:
            raise ShiftDeskUnknown

        async def work(transaction: Transaction) -> Message:
            ids, _ = await store.in_hand(transaction, staff, size=TAKEN_MAX)
            stored = await store.held(transaction, ids) if ids else []
            now = self._clock.now()
            changes = changes_of(
                self._coming(stored, caller, staff, now),
                giver=staff,
                taker=Actor(id=caller.subject, grants=caller.grants),
                words=said_of_relief(staff, caller.subject, reason),
                at=now,
                city=self._city,
            )
            if not changes:
                raise ShiftNothingToRelieve(staff=staff)
            await save_cases(transaction, changes)
            taken = Handover(
                id=str(uuid7()),
                from_staff=staff,
                to_staff=caller.subject,
                desk=self._desk_of(staff, now) or desks[0],
                note="",
                standings=await store.standings(transaction, caller.scope(ADVANCE)),
                in_hand_count=len(stored),
                offered_at=now,
                taken_by=caller.subject,
                taken_at=now,
                moved_count=len(changes),
                left_count=len(stored) - len(changes),
                reason=reason,
            )
            await store.insert(transaction, taken)
            await tell(transaction, staff, taken, taken_words(taken), now)
            log.info("shift_relieved", handover_id=taken.id, moved=taken.moved_count, left=taken.left_count)
            return answer(taken)

        return await once(self._database, key, work)

    def _coming(self, stored: Sequence[Stored], caller: Caller, staff: str, now: datetime) -> list[Stored]:
        if staff == caller.subject:
            return []
        mates = staff in mates_of(desks_of(caller.grants), self._placed(now))
        taker = Actor(id=caller.subject, grants=caller.grants)
        return [
            one
            for one in stored
            if may_relieve(one.case, caller.grants, mates=mates)
            and taken_over(one.case, giver=staff, taker=taker) is not None
        ]

    def _placed(self, now: datetime) -> list[Placed]:
        """Who works where, as the city's posts say: whoever holds a post, and whoever stands in on it."""
        view = self._city.view
        return [
            Placed(staff=staff, desk=Desk(role=post.role, area_path=path, department_code=post.department_code))
            for post in view.posts_as_told.values()
            if (path := view.path_of(post.area_code)) is not None
            for staff in {post.staff_code, post.at(now).staff_code} - {""}
        ]

    def _desk_of(self, staff: str, now: datetime) -> Desk | None:
        return next((each.desk for each in self._placed(now) if each.staff == staff), None)
