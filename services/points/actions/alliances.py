"""Keeps alliances, passes the chair on, and opens no session before the one before has its minutes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from google.protobuf.message import Message

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Stale
from services.platform.identity import Scope
from services.platform.wall import Wall
from services.points.domain.alliances import Alliance, Session, session_of_request
from services.points.domain.errors import AllianceUnknown, NoOpenSession
from services.points.domain.places import within
from services.points.store import alliances as store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllianceActions:
    """What can be done with alliances; `areas` are those the caller may act in."""

    database: Database
    clock: Clock
    wall: Wall

    async def save(self, alliance: Alliance, *, areas: Sequence[str], fresh: Callable[[Alliance], Message]) -> Alliance:
        """Make it, or change it under the version that was seen.

        Fails with ALLIANCE_UNKNOWN, STALE and the alliance as it is.
        """
        async with self.database.transaction() as transaction:
            was = await store.lock(transaction, alliance.code)
            if not within(areas, alliance.area_path) or (was is not None and not within(areas, was.area_path)):
                raise AllianceUnknown(code=alliance.code)
            if alliance.version != (was.version if was else 0):
                raise Stale(fresh=fresh(was) if was else None)
            if not await store.save(transaction, replace(alliance, version=alliance.version + 1), at=self.clock.now()):
                raise Stale(fresh=fresh(await self._locked(transaction, alliance.code, areas)))
            return await self._locked(transaction, alliance.code, areas)

    async def search(self, *, areas: Sequence[str], area: str = "") -> list[Alliance]:
        """By code."""
        async with self.database.connection() as connection, self.wall.behind(connection, _scope(areas)):
            return await store.search(connection, scope_areas=areas, area=area)

    async def get(self, code: str, *, areas: Sequence[str]) -> Alliance:
        """One with its sessions. Fails with ALLIANCE_UNKNOWN."""
        async with self.database.connection() as connection, self.wall.behind(connection, _scope(areas)):
            found = await store.search(connection, scope_areas=areas, area="", code=code)
        if not found:
            raise AllianceUnknown(code=code)
        return found[0]

    async def open_session(self, code: str, *, request_id: str, opened_by: str, areas: Sequence[str]) -> Session:
        """The next session; the same request finds its own. Fails with MINUTES_MISSING, ALLIANCE_UNKNOWN."""
        async with self.database.transaction() as transaction:
            alliance = await self._locked(transaction, code, areas)
            before = session_of_request(alliance.sessions, request_id=request_id, opened_by=opened_by)
            if before is not None:
                return before
            session = alliance.next_session(request_id=request_id, opened_by=opened_by, at=self.clock.now())
            await store.insert_session(transaction, code, session)
        log.info("alliance_session_opened", alliance=code, number=session.number)
        return session

    async def write_minutes(
        self, code: str, number: int, *, minutes: str, agreements: Sequence[str], activities: int, areas: Sequence[str]
    ) -> Session:
        """Minutes of the open session, once; the same again changes nothing. Fails with NO_OPEN_SESSION."""
        async with self.database.transaction() as transaction:
            alliance = await self._locked(transaction, code, areas)
            session = next((one for one in alliance.sessions if one.number == number), None)
            if session is None:
                raise NoOpenSession(number=number)
            written = replace(session, minutes=minutes, agreements=tuple(agreements), activities=activities)
            if written != session and not await store.write_minutes(transaction, code, written):
                raise NoOpenSession(number=number)
        return written

    async def _locked(self, transaction: Transaction, code: str, areas: Sequence[str]) -> Alliance:
        alliance = await store.lock(transaction, code)
        if alliance is None or not within(areas, alliance.area_path):
            raise AllianceUnknown(code=code)
        return alliance


def _scope(areas: Sequence[str]) -> Scope:
    return Scope(area_paths=tuple(areas), departments=("",) * len(areas), own=False)
