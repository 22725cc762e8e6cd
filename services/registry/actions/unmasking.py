"""Counts who sees whom in clear, and takes a second person's word for more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.platform import audit
from services.platform.audit import AuditRow, Deed
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import require_citywide
from services.registry.domain.unmasking import ALONE_MAX, DAY, SecondApproverNeeded, Unmasking, UnmaskingUnknown
from services.registry.store import unmasking as store

APPROVE: Final = "people.approve"
#: The deed that stands on record for each look.
REVEALED: Final = "person_revealed"
TRACES_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What somebody wants to see."""

    purpose: str
    case_id: str
    people_max: int
    hours: int


async def count_reveal(
    transaction: Transaction, element_id: UUID, *, case_id: str, caller: Caller, now: datetime
) -> None:
    """Count one more person seen in clear; fails with SECOND_APPROVER_NEEDED beyond what one may see alone.

    A service shows nobody what it reads, and what it reads for (a campaign) was decided by people; its reads stay on
    record with their purpose.
    """
    if caller.is_service:
        return
    others = await store.others_revealed(transaction, caller.subject, element_id, since=now - DAY)
    before = await store.note_revealed(transaction, caller.subject, element_id, now=now)
    again = before is not None and before > now - DAY
    if others < ALONE_MAX or again:
        return
    if not await store.use(transaction, caller.subject, case_id=case_id, now=now):
        raise SecondApproverNeeded(limit=ALONE_MAX)


class UnmaskingActions:
    """What can be done about unmaskings."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def ask(self, asking: Asking, *, caller: Caller, asked: Asked[Unmasking]) -> bytes:
        """Note what somebody wants to see."""

        async def note(transaction: Transaction) -> Unmasking:
            wanted = Unmasking(
                id=uuid7(),
                asked_by=caller.subject,
                purpose=asking.purpose,
                case_id=asking.case_id,
                people_max=asking.people_max,
                hours=asking.hours,
                asked_at=self._office.clock.now(),
            )
            await store.insert(transaction, wanted)
            await self._put_on_record(transaction, "unmasking_asked", wanted, caller)
            return wanted

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: note(transaction))

    async def decide(self, unmasking_id: UUID, *, grant: bool, caller: Caller, asked: Asked[Unmasking]) -> bytes:
        """Approve or refuse; fails with UNMASKING_UNKNOWN, UNMASKING_DECIDED, UNMASKING_OWN, BEYOND_REACH."""
        require_citywide(caller, APPROVE)

        async def decide(transaction: Transaction) -> Unmasking:
            wanted = await store.lock(transaction, unmasking_id)
            if wanted is None:
                raise UnmaskingUnknown
            decided = wanted.decided(grant=grant, by=caller.subject, now=self._office.clock.now())
            await store.decide(transaction, decided)
            await self._put_on_record(transaction, "unmasking_decided", decided, caller)
            return decided

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: decide(transaction))

    async def listed(self, *, waiting_only: bool, caller: Caller) -> list[Unmasking]:
        """What was asked for; fails with BEYOND_REACH."""
        require_citywide(caller, APPROVE)
        async with self._office.database.connection() as connection:
            return await store.listed(connection, waiting_only=waiting_only)

    async def own(self, *, caller: Caller) -> tuple[list[Unmasking], int, list[AuditRow]]:
        """What somebody asked for, how many people they saw within a day, and what stands on record of that."""
        since = self._office.clock.now() - DAY
        async with self._office.database.connection() as connection:
            return (
                await store.listed_own(connection, caller.subject),
                await store.count_seen(connection, caller.subject, since=since),
                await audit.read(connection, who=caller.subject, action=REVEALED, size=TRACES_MAX),
            )

    def over(self, unmasking: Unmasking) -> bool:
        """Whether it was approved and holds no more."""
        ended = unmasking.until is not None and unmasking.until <= self._office.clock.now()
        return bool(unmasking.granted) and (ended or unmasking.people_used >= unmasking.people_max)

    async def _put_on_record(self, transaction: Transaction, action: str, told: Unmasking, caller: Caller) -> None:
        deed = Deed(
            action=action,
            target=f"unmasking:{told.id}",
            purpose=told.purpose,
            row_count=told.people_max,
            masked=not told.granted,
            details={"asked_by": told.asked_by, "hours": str(told.hours), "granted": str(told.granted).lower()},
        )
        await audit.write(transaction, deed, caller=caller, at=self._office.clock.now())
