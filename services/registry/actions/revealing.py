"""Tells the personal data of one element in clear: for a purpose, on record, and counted."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.platform import audit
from services.platform.audit import Deed
from services.platform.identity import Caller
from services.registry.actions.elements import ElementActions
from services.registry.actions.unmasking import count_reveal
from services.registry.domain.errors import ItemRefused
from services.registry.store import catalogue
from services.registry.store.catalogue import PersonRead

REVEAL: Final = "people.reveal"


async def reveal_element(
    actions: ElementActions, element_id: UUID, *, items: Sequence[str], purpose: str, case_id: str, caller: Caller
) -> dict[str, str]:
    """Personal items in clear, on record before they are told; fails with ELEMENT_UNKNOWN, ITEM_REFUSED.

    Beyond a hundred people a day also with SECOND_APPROVER_NEEDED.
    """
    async with actions.office.database.transaction() as transaction:
        found = await actions.visible(transaction, element_id, caller=caller, permission=REVEAL)
        known = {**found.items, "address": found.address}
        unknown = [code for code in items if not known.get(code)]
        if unknown:
            raise ItemRefused(item=unknown[0], problem="nothing is known of it")
        deed = Deed(
            action="person_revealed",
            target=str(element_id),
            area_path=found.grid_code,
            purpose=purpose,
            fields=sorted(items),
            row_count=1,
            masked=False,
            details={"case": case_id} if case_id else {},
        )
        now = actions.office.clock.now()
        if found.kind.about_people:
            await count_reveal(transaction, element_id, case_id=case_id, caller=caller, now=now)
            read = PersonRead(
                at=now,
                role=next(iter(caller.roles), ""),
                department="",
                action=deed.action,
                purpose=purpose,
                fields=tuple(sorted(items)),
                masked=False,
            )
            await catalogue.insert_person_reads(transaction, [element_id], read)
        await audit.write(transaction, deed, caller=caller, at=now)
    return {code: known[code] for code in items}
