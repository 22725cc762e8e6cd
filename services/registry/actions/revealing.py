"""Tells the personal data of one element in clear: for a purpose, for a short time, on record, and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.platform import audit
from services.platform.audit import Deed
from services.platform.errors import Unavailable
from services.platform.identity import Caller
from services.registry.actions.elements import ElementActions
from services.registry.actions.unmasking import count_reveal
from services.registry.domain.errors import CaseRequired, CaseUnknown, ItemRefused
from services.registry.neighbours import Neighbours
from services.registry.store import catalogue
from services.registry.store.catalogue import PersonRead

REVEAL: Final = "people.reveal"
#: Who has this visits people at home, or answers for those who do; everybody else sees people because of a case.
VISIT: Final = "registry.visits.write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Whom somebody wants to see in clear, which items, and what for."""

    element_id: UUID
    items: Sequence[str]
    purpose: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """Items in clear, and until when they may be shown."""

    items: dict[str, str]
    shown_until: datetime


class Revealing:
    """The one way to personal data in clear."""

    def __init__(self, actions: ElementActions, neighbours: Neighbours) -> None:
        self._actions = actions
        self._office = actions.office
        self._neighbours = neighbours

    async def reveal(self, look: Look, *, caller: Caller) -> Revealed:
        """Items in clear, on record before they are told; fails with ELEMENT_UNKNOWN, ITEM_REFUSED, CASE_REQUIRED, CASE_UNKNOWN.

        Beyond a hundred people a day also with SECOND_APPROVER_NEEDED.
        """
        case_checked = await self._check_case(look.case_id, caller)
        async with self._office.database.transaction() as transaction:
            found = await self._actions.visible(transaction, look.element_id, caller=caller, permission=REVEAL)
            known = {**found.items, "address": found.address}
            unknown = [code for code in look.items if not known.get(code)]
            if unknown:
                raise ItemRefused(item=unknown[0], problem="nothing is known of it")
            now = self._office.clock.now()
            shown_until = now + timedelta(seconds=self._office.settings.reveal_shown_s)
            deed = Deed(
                action="person_revealed",
                target=str(look.element_id),
                area_path=found.grid_code,
                purpose=look.purpose,
                fields=sorted(look.items),
                row_count=1,
                masked=False,
                details=_details(look.case_id, case_checked, shown_until),
            )
            if found.kind.about_people:
                await count_reveal(transaction, look.element_id, case_id=look.case_id, caller=caller, now=now)
                read = PersonRead(
                    at=now,
                    role=next(iter(caller.roles), ""),
                    department="",
                    action=deed.action,
                    purpose=look.purpose,
                    fields=tuple(sorted(look.items)),
                    masked=False,
                )
                await catalogue.insert_person_reads(transaction, [look.element_id], read)
            await audit.write(transaction, deed, caller=caller, at=now)
        return Revealed(items={code: known[code] for code in look.items}, shown_until=shown_until)

    async def _check_case(self, case_id: str, caller: Caller) -> bool:
        """Whether the case is known to exist; where nobody can say so, the look goes on record as not checked."""
        if not case_id:
            if not caller.is_service and not caller.permits(VISIT):
                raise CaseRequired
            return False
        try:
            known = await self._neighbours.case_known(case_id)
        except Unavailable:
            return False
        if not known:
            raise CaseUnknown(case_id=case_id)
        return True


def _details(case_id: str, case_checked: bool, shown_until: datetime) -> dict[str, str]:
    details = {"shown_until": shown_until.isoformat(timespec="seconds")}
    if case_id:
        details |= {"case": case_id, "case_checked": str(case_checked).lower()}
    return details
