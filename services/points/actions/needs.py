"""Tells volunteers and social organisations who fit of orders that reach them, ring by ring, each once for an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter

from services.platform.clock import Clock
from services.platform.database import Database, Row
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.points.domain.organisations import SKILLS, community_of
from services.points.neighbours import Needs, Organisations
from services.points.store import needs as store
from services.points.store import rules as rule_rows

log = structlog.get_logger()

#: So many are told in one round; the next round goes on.
TOLD_AT_ONCE: Final = 1000
TOLD_IN_ONE_CALL: Final = 200
ASKED_AT_ONCE: Final = 50
NEEDS_TOLD = Counter("order_needs_told_total", "Volunteers and organisations told of an order they fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedActions:
    """Pushing of needs to those who fit."""

    database: Database
    clock: Clock
    needs: Needs
    organisations: Organisations

    async def push(self) -> int:
        """Tell everybody who fits, is reached by now and was not told; how many. Whoever tells them is waited for."""
        now = self.clock.now()
        async with self.database.connection() as connection:
            rules = await rule_rows.rules_at(connection, now)
            untold = await store.list_untold(connection, ring_minutes=rules.ring_minutes, now=now, size=TOLD_AT_ONCE)
            unasked = await store.list_unasked(connection, ring_minutes=rules.ring_minutes, now=now, size=ASKED_AT_ONCE)
        count = 0
        try:
            for order_id, subjects in untold.items():
                count += await self._tell(order_id, subjects, now)
            for order in unasked:
                count += await self._tell_organisations(order, now)
        except (Unavailable, Exhausted) as error:
            log.warning("needs_wait", reason=error.reason)
        NEEDS_TOLD.inc(count)
        return count

    async def _tell(self, order_id: str, subjects: Sequence[str], now: datetime) -> int:
        for begin in range(0, len(subjects), TOLD_IN_ONE_CALL):
            part = subjects[begin : begin + TOLD_IN_ONE_CALL]
            try:
                await self.needs.tell(order_id, part)
            except (Unavailable, Exhausted):
                raise
            except GridwardError as error:
                # What can never be told holds up nobody else.
                log.exception("need_not_told", order_id=order_id, reason=error.reason)
            async with self.database.transaction() as transaction:
                await store.note_told(transaction, order_id, part, at=now)
        return len(subjects)

    async def _tell_organisations(self, order: Row, now: datetime) -> int:
        """The registered organisations of the order's community that can do it, each once."""
        order_id, community = order["id"], community_of(order["area_path"])
        able: list[str] = []
        if community:
            for skill in SKILLS.get(order["category"], ()):
                able += await self.organisations.able(skill, community)
        async with self.database.connection() as connection:
            told = await store.told_of(connection, order_id, able)
        fresh = [subject for subject in dict.fromkeys(able) if subject not in told and subject != order["owner"]]
        count = await self._tell(order_id, fresh, now)
        async with self.database.transaction() as transaction:
            await store.note_asked(transaction, order_id, at=now)
        return count
