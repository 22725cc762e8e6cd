"""Offers a shift, takes one over with all that is in hand, takes an offer back, and reads the book."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from google.protobuf.message import Message

from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.once import once
from services.incidents.shifts import store
from services.incidents.shifts.domain import (
    ADVANCE,
    Desk,
    Handover,
    ShiftDeskUnknown,
    ShiftOfferOver,
    ShiftOfferUnknown,
    ShiftToOneself,
    Standing,
    desks_of,
    said,
)
from services.incidents.shifts.moving import changes_of
from services.incidents.shifts.telling import declined_words, offered_words, taken_words, tell
from services.incidents.store.reading import Stored, read_cases
from services.incidents.store.writing import save_cases
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7

log = structlog.get_logger()

SHOWN_MAX: Final = 200
#: In one act; nobody has more in hand.
TAKEN_MAX: Final = 2000

Answer = Callable[[Handover], Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift as it is now."""

    desk: Desk | None
    cases: Sequence[Stored]
    in_hand_count: int
    standings: Sequence[Standing]
    offered: Sequence[Handover]
    given: Handover | None


class Shifts:
    """One verb for each thing that is done with shifts."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def now(self, caller: Caller) -> Shift:
        """What the caller has in hand, how their desk stands, and what waits for them."""
        desks = desks_of(caller.grants)
        async with self._database.connection() as connection:
            ids, count = await store.in_hand(connection, caller.subject, size=SHOWN_MAX)
            waiting = await store.waiting(connection, caller.subject, desks)
            found = {stored.case.id: stored for stored in await read_cases(connection, ids)} if ids else {}
            return Shift(
                desk=desks[0] if desks else None,
                cases=[found[str(each)] for each in ids if str(each) in found],
                in_hand_count=count,
                standings=await store.standings(connection, caller.scope(ADVANCE)),
                offered=[each for each in waiting if each.is_for(caller.subject, desks)],
                given=next((each for each in waiting if each.from_staff == caller.subject), None),
            )

    async def offer(self, key: RequestKey, caller: Caller, answer: Answer, *, to_staff: str, note: str) -> bytes:
        """Offer what is in hand; fails with SHIFT_DESK_UNKNOWN, SHIFT_TO_ONESELF."""
        desks = desks_of(caller.grants)
        if not desks:
            raise ShiftDeskUnknown
        if to_staff == caller.subject:
            raise ShiftToOneself

        async def work(transaction: Transaction) -> Message:
            _, count = await store.in_hand(transaction, caller.subject, size=1)
            offered = Handover(
                id=str(uuid7()),
                from_staff=caller.subject,
                to_staff=to_staff,
                desk=desks[0],
                note=note,
                standings=await store.standings(transaction, caller.scope(ADVANCE)),
                in_hand_count=count,
                offered_at=self._clock.now(),
            )
            await store.insert(transaction, offered)
            if to_staff:
                await tell(transaction, to_staff, offered, offered_words(offered), offered.offered_at)
            return answer(offered)

        return await once(self._database, key, work)

    async def take_over(self, key: RequestKey, handover_id: str, caller: Caller, answer: Answer) -> bytes:
        """Take all over that may be; fails with SHIFT_OFFER_UNKNOWN, SHIFT_OFFER_OVER."""
        self._city.view.require_complete()

        async def work(transaction: Transaction) -> Message:
            offered = await _waiting(
                transaction, handover_id, lambda each: each.is_for(caller.subject, desks_of(caller.grants))
            )
            ids, _ = await store.in_hand(transaction, offered.from_staff, size=TAKEN_MAX)
            stored = await store.held(transaction, ids) if ids else []
            now = self._clock.now()
            actor = Actor(id=caller.subject, grants=caller.grants)
            words = said(offered.from_staff, caller.subject)
            changes = changes_of(stored, giver=offered.from_staff, taker=actor, words=words, at=now, city=self._city)
            if changes:
                await save_cases(transaction, changes)
            taken = replace(
                offered,
                taken_by=caller.subject,
                taken_at=now,
                moved_count=len(changes),
                left_count=len(stored) - len(changes),
            )
            await store.settle(transaction, taken)
            await tell(transaction, taken.from_staff, taken, taken_words(taken), now)
            log.info("shift_taken_over", handover_id=taken.id, moved=taken.moved_count, left=taken.left_count)
            return answer(taken)

        return await once(self._database, key, work)

    async def withdraw(self, key: RequestKey, handover_id: str, caller: Caller, answer: Answer) -> bytes:
        """Take an offer back; fails with SHIFT_OFFER_UNKNOWN, SHIFT_OFFER_OVER."""

        async def work(transaction: Transaction) -> Message:
            offered = await _waiting(transaction, handover_id, lambda each: each.from_staff == caller.subject)
            back = replace(offered, withdrawn_at=self._clock.now())
            await store.settle(transaction, back)
            return answer(back)

        return await once(self._database, key, work)

    async def decline(self, key: RequestKey, handover_id: str, caller: Caller, answer: Answer, *, reason: str) -> bytes:
        """Leave it with who offered it to the caller by name; fails with SHIFT_OFFER_UNKNOWN, SHIFT_OFFER_OVER."""

        async def work(transaction: Transaction) -> Message:
            offered = await _waiting(transaction, handover_id, lambda each: each.to_staff == caller.subject)
            declined = replace(offered, withdrawn_at=self._clock.now(), reason=reason)
            await store.settle(transaction, declined)
            await tell(transaction, declined.from_staff, declined, declined_words(declined), self._clock.now())
            return answer(declined)

        return await once(self._database, key, work)

    async def listed(self, caller: Caller, *, before: tuple[datetime, str] | None, size: int) -> list[Handover]:
        """The book of the caller and their desks, newest first."""
        async with self._database.connection() as connection:
            desks = desks_of(caller.grants)
            return await store.listed(connection, caller.subject, desks, before=before, size=size)


async def _waiting(transaction: Transaction, handover_id: str, concerns: Callable[[Handover], bool]) -> Handover:
    """An offer that nobody has settled and that concerns the caller; fails with SHIFT_OFFER_UNKNOWN, SHIFT_OFFER_OVER."""
    offered = await store.hold(transaction, handover_id)
    if offered is None or not concerns(offered):
        raise ShiftOfferUnknown(handover_id=handover_id)
    if not offered.waits:
        raise ShiftOfferOver
    return offered
