"""Pairs volunteers with people in need, and tells when nobody was in touch for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.platform.clock import Clock
from services.platform.database import Database
from services.points.domain.alerts import contact_overdue
from services.points.domain.errors import PairUnknown, VolunteerUnknown
from services.points.domain.orders import CONTACT_DAYS, Pair, check_pair
from services.points.events.orders import tell_overdue
from services.points.store import alerts
from services.points.store import orders as store
from services.points.store import volunteers as people


@dataclass(frozen=True, slots=True, kw_only=True)
class PairActions:
    """What can be done with pairs."""

    database: Database
    clock: Clock

    async def save(self, pair: Pair) -> Pair:
        """Pair, or change a pair. Fails with PAIR_INVALID, VOLUNTEER_UNKNOWN."""
        check_pair(pair)
        async with self.database.transaction() as transaction:
            known = await people.volunteers(transaction, pair.volunteers)
            for subject in pair.volunteers:
                if subject not in known:
                    raise VolunteerUnknown(subject=subject)
            await store.save_pair(transaction, pair)
            return (await store.pairs(transaction, id=pair.id))[0]

    async def search(
        self, *, scope_areas: Sequence[str] | None, volunteer: str, area: str, overdue_only: bool, size: int
    ) -> list[Pair]:
        """Longest without contact first."""
        before = self.clock.now() - timedelta(days=CONTACT_DAYS) if overdue_only else None
        async with self.database.connection() as connection:
            return await store.pairs(
                connection, scope_areas=scope_areas, volunteer=volunteer, area=area, contact_before=before, size=size
            )

    async def record_contact(self, pair_id: UUID, *, subject: str, note: str) -> Pair:
        """There was contact. Fails with PAIR_UNKNOWN."""
        async with self.database.transaction() as transaction:
            found = await store.pairs(transaction, id=pair_id)
            if not found or subject not in found[0].volunteers:
                raise PairUnknown
            await store.record_contact(transaction, pair_id, note=note, at=self.clock.now())
            return (await store.pairs(transaction, id=pair_id))[0]

    async def alert(self) -> int:
        """Tell of every pair without contact for too long, once; how many."""
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            overdue = await store.take_overdue(transaction, until=now - timedelta(days=CONTACT_DAYS), now=now)
            for pair in overdue:
                await tell_overdue(transaction, pair, at=now)
                await alerts.insert(transaction, contact_overdue(pair, at=now), at=now)
        return len(overdue)
