"""Gives directives, reads them, and tells who has not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from services.incidents.cityview.city import City
from services.incidents.directives import store
from services.incidents.directives.domain import (
    RECEIVERS,
    Directive,
    DirectiveNotYours,
    DirectiveReachesNobody,
    DirectiveUnknown,
    DirectiveWithdrawn,
    Receipts,
    areas_held,
    reached,
)
from services.incidents.directives.store import Filter, Receiver, Sight
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.once import once
from services.incidents.reach import path_in, roles_at
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Forbidden
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7

ISSUE: Final = "directives.issue"
READ: Final = "directives.read"

Answer = Callable[[Directive, list[Receipts]], Message]


def sight_of(caller: Caller, permission: str = READ) -> Sight:
    """What the caller may see."""
    return Sight(areas=caller.scope(permission).area_paths, held=areas_held(caller.grants))


class Directing:
    """One verb for each thing that is done with directives."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def issue(self, key: RequestKey, wanted: Directive, caller: Caller, answer: Answer) -> bytes:
        """Give a directive; fails with AREA_NOT_KNOWN, DIRECTIVE_REACHES_NOBODY, FORBIDDEN."""
        self._city.view.require_complete()
        code = wanted.area_code or self._city.view.city_code
        path = path_in(self._city, code)
        if not roles_at(caller, ISSUE, path):
            raise Forbidden(permission=ISSUE)
        until = wanted.until_level or AreaLevel.GRID
        areas = reached(self._city.view.areas_below(path), until)
        if not areas:
            raise DirectiveReachesNobody(area_code=code, until_level=until)
        receivers = [
            Receiver(area_code=area.code, area_path=path_in(self._city, area.code), level=area.level) for area in areas
        ]
        given = replace(
            wanted,
            id=str(uuid7()),
            area_code=code,
            area_path=path,
            until_level=until,
            issued_at=self._clock.now(),
            issued_by=caller.subject,
        )

        async def work(transaction: Transaction) -> Message:
            await store.insert(transaction, given, receivers)
            sight = sight_of(caller)
            return answer(
                await self._one(transaction, sight, given.id), await store.receipts(transaction, sight, given.id)
            )

        return await once(self._database, key, work)

    async def listed(self, wanted: Filter, caller: Caller) -> list[Directive]:
        """Directives, newest first."""
        async with self._database.connection() as connection:
            return await store.listed(connection, sight_of(caller), wanted)

    async def one(self, directive_id: str, caller: Caller) -> tuple[Directive, list[Receipts]]:
        """A directive and its receipts; fails with DIRECTIVE_UNKNOWN."""
        sight = sight_of(caller)
        async with self._database.connection() as connection:
            found = await self._one(connection, sight, directive_id)
            return found, await store.receipts(connection, sight, directive_id)

    async def unread(
        self, directive_id: str, caller: Caller, *, level: int, after: tuple[int, str], size: int
    ) -> list[tuple[int, str]]:
        """Levels and areas that have not read it; fails with DIRECTIVE_UNKNOWN."""
        sight = sight_of(caller)
        async with self._database.connection() as connection:
            await self._one(connection, sight, directive_id)
            return await store.unread(connection, sight, directive_id, level=level, after=after, size=size)

    async def acknowledge(
        self, key: RequestKey, directive_id: str, caller: Caller, *, done: bool, reply: str, answer: Answer
    ) -> bytes:
        """It was read, perhaps carried out; fails with DIRECTIVE_UNKNOWN, DIRECTIVE_NOT_YOURS, DIRECTIVE_WITHDRAWN."""
        sight = sight_of(caller)

        async def work(transaction: Transaction) -> Message:
            found = await self._one(transaction, sight, directive_id)
            if not found.own_count:
                raise DirectiveNotYours
            if found.withdrawn_at is not None:
                raise DirectiveWithdrawn
            now = self._clock.now()
            await store.acknowledge(transaction, sight, directive_id, done=done, reply=reply, by=caller.subject, at=now)
            return answer(await self._one(transaction, sight, directive_id), [])

        return await once(self._database, key, work)

    async def withdraw(self, key: RequestKey, directive_id: str, caller: Caller, answer: Answer) -> bytes:
        """Withdraw it; fails with DIRECTIVE_UNKNOWN, FORBIDDEN."""
        sight = sight_of(caller)

        async def work(transaction: Transaction) -> Message:
            found = await self._one(transaction, sight, directive_id)
            if not roles_at(caller, ISSUE, found.area_path):
                raise Forbidden(permission=ISSUE)
            await store.withdraw(transaction, directive_id, by=caller.subject, at=self._clock.now())
            return answer(await self._one(transaction, sight, directive_id), [])

        return await once(self._database, key, work)

    def holder(self, area_code: str, level: int, at: datetime) -> str:
        """Who stands on the post that receives at an area; empty when nobody does."""
        for role in RECEIVERS.get(level, ()):
            for post in self._city.view.posts(area_code, role, at):
                if post.staff_code:
                    return post.staff_code
        return ""

    async def _one(self, connection: Transaction, sight: Sight, directive_id: str) -> Directive:
        found = await store.listed(connection, sight, Filter(id=directive_id))
        if not found:
            raise DirectiveUnknown(directive_id=directive_id)
        return found[0]
