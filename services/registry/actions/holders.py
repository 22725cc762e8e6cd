"""Hands posts over from one person to the next, now or when the day has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from services.platform import audit
from services.platform.audit import Deed
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.rounds import again_and_again
from services.registry import events
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import reaches
from services.registry.actions.staff import READ, WRITE, require_post_in_reach
from services.registry.domain.errors import BeyondReach, PostUnknown
from services.registry.domain.holders import Holding, named
from services.registry.domain.staff import StoredPost
from services.registry.store import changes, holders, staff
from services.registry.store.changes import Writing

log = structlog.get_logger()

LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Whom to name for which post, from when and why."""

    post_code: str
    staff_code: str
    from_at: datetime | None
    reason: str


class HolderActions:
    """What can be done about who holds a post."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def name(self, naming: Naming, *, caller: Caller, asked: Asked[tuple[StoredPost, Holding]]) -> bytes:
        """Name a holder; fails with POST_UNKNOWN, INVALID_REQUEST."""
        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.STAFF)
            answer = await asked.answered(transaction, lambda: self._name(transaction, naming, caller))
        await self._office.heads.look_after_change()
        return answer

    async def _name(self, transaction: Transaction, naming: Naming, caller: Caller) -> tuple[StoredPost, Holding]:
        now = self._office.clock.now()
        found = (await staff.read_posts(transaction, [naming.post_code], now=now)).get(naming.post_code)
        if found is None:
            raise PostUnknown(code=naming.post_code)
        try:
            require_post_in_reach(caller.scope(WRITE), found.post, found.area_path)
        except BeyondReach as error:
            raise PostUnknown(code=naming.post_code) from error
        holding = named(
            naming.post_code,
            naming.staff_code,
            from_at=naming.from_at,
            reason=naming.reason,
            by=caller.subject,
            now=now,
        )
        await holders.note(transaction, [holding])
        saved = found if holding.to_come else await _seat(transaction, holding, now=now)
        deed = Deed(
            action="holder_named",
            target=f"post:{naming.post_code}",
            area_path=found.area_path,
            purpose=naming.reason,
            row_count=1,
            details={
                "before": found.post.staff_code,
                "holder": naming.staff_code,
                "from": holding.from_at.isoformat(timespec="seconds"),
            },
        )
        await audit.write(transaction, deed, caller=caller, at=now)
        return saved, holding

    async def listed(self, post_code: str, *, caller: Caller) -> list[Holding]:
        """The story of a post; fails with POST_UNKNOWN."""
        async with self._office.database.connection() as connection:
            posts = await staff.read_posts(connection, [post_code], now=self._office.clock.now())
            found = posts.get(post_code)
            if found is None or not reaches(caller.scope(READ), found.area_path):
                raise PostUnknown(code=post_code)
            return await holders.listed(connection, post_code)


class Handovers:
    """Looks every few seconds for holders whose day has come. Any number of replicas may do so."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await again_and_again(self.look, every_s=LOOK_EVERY_S, waiting="handovers_wait")

    async def look(self) -> None:
        """Seat everybody whose time has come."""
        now = self._office.clock.now()
        async with self._office.database.connection() as connection:
            if not await holders.find_due(connection, now=now):
                return
        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.STAFF)
            # Another replica may have been here while the lock was waited for.
            for holding in await holders.find_due(transaction, now=now):
                await _seat(transaction, holding, now=now)
                await holders.settle(transaction, holding)
                log.info("post_handed_over", post_code=holding.post_code)
        await self._office.heads.look_after_change()


async def _seat(transaction: Transaction, holding: Holding, *, now: datetime) -> StoredPost:
    await holders.seat(transaction, holding)
    saved = (await staff.read_posts(transaction, [holding.post_code], now=now))[holding.post_code]
    await events.publish_posts_changed(transaction, [saved], at=now)
    return saved
