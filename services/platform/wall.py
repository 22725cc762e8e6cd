"""Asks the database itself, as a role that may only read, which rows a caller may see: a second wall behind our own checks.

Our statements find rows by the caller's reach; should one of them forget it, PostgreSQL still shows nobody a row that
lies beyond. What was found is asked for once more by its keys, because policies on the statements themselves would keep
the planner from the indexes of areas and words; what is counted has no keys, so counts are made behind the wall whole.
Where nobody was named, the reading role sees no row at all.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final, LiteralString, TypeVar
from uuid import UUID

import structlog
from psycopg.pq import TransactionStatus

from services.platform import sql
from services.platform.database import Transaction
from services.platform.identity import Caller, Scope

log = structlog.get_logger()
queries = sql.load(__package__, "wall.sql")

#: What rows of a table are told apart by.
Key = TypeVar("Key", UUID, str)
Found = TypeVar("Found")

#: The reading role of a schema is called like its owner and this.
READER: Final = "_reader"
#: Schemas whose reading role was given what it needs, for good: host, port, database and role.
_RAISED: Final[set[tuple[str, int, str, str]]] = set()
#: Those that have none; said once each.
_MISSING: Final[set[tuple[str, int, str, str]]] = set()


class Wall:
    """The wall of one schema; `look` names the rows of one kind by their keys, and nothing else of them."""

    def __init__(self, schema: str, look: LiteralString = "") -> None:
        self._role = f"{schema}{READER}"
        self._look = look

    async def shown(
        self, connection: Transaction, ids: Iterable[Key], *, caller: Caller, permission: str, own: bool = False
    ) -> frozenset[Key]:
        """Those of the ids that the caller may see; a service itself sees all. `own`: everybody sees what is theirs."""
        asked = list(ids)
        if caller.is_service:
            return frozenset(asked)
        scope = caller.scope(permission)
        subject = caller.subject if own or scope.own else ""
        return await self.within(connection, asked, scope, subject=subject)

    async def within(
        self, connection: Transaction, ids: Iterable[Key], scope: Scope, *, subject: str = ""
    ) -> frozenset[Key]:
        """Those of the ids that lie within a scope, or are the subject's own."""
        asked = list(ids)
        if not asked or _is_all(scope) or not await self._stands(connection):
            return frozenset(asked)
        async with connection.transaction(), connection.pipeline():
            await connection.execute(queries.go_behind, self._named(scope, subject))
            seen = await connection.execute(self._look, {"ids": asked})
            await connection.execute(queries.come_back)
            shown = frozenset(row["id"] for row in await seen.fetchall())
        if held_back := len(set(asked)) - len(shown):
            log.error("wall_held", schema=self._role, held_back=held_back, look=self._look.partition("\n")[0])
        return shown

    @contextlib.asynccontextmanager
    async def behind(self, connection: Transaction, scope: Scope) -> AsyncIterator[None]:
        """Until the block ends the connection reads as the reading role: what is counted is what a scope reaches."""
        if _is_all(scope) or not await self._stands(connection):
            yield
            return
        async with connection.transaction():
            await connection.execute(queries.go_behind, self._named(scope, ""))
            yield
            await connection.execute(queries.come_back)

    def _named(self, scope: Scope, subject: str) -> dict[str, str]:
        grants = json.dumps(list(zip(scope.area_paths, scope.departments, strict=True)))
        return {"role": self._role, "subject": subject, "grants": grants}

    async def kept(
        self,
        connection: Transaction,
        found: Sequence[Found],
        *,
        key: Callable[[Found], Key],
        caller: Caller,
        permission: str,
        own: bool = False,
    ) -> list[Found]:
        """Of what our own statements found, in its order, what the database shows this caller as well."""
        keys = [key(each) for each in found]
        seen = await self.shown(connection, keys, caller=caller, permission=permission, own=own)
        return [each for each in found if key(each) in seen]

    async def _stands(self, connection: Transaction) -> bool:
        """Whether there is a reading role; a database made before there was one goes on without, and says so."""
        info = connection.info
        place = (info.host, info.port, info.dbname, self._role)
        if place in _RAISED:
            return True
        if place in _MISSING:
            return False
        row = await (await connection.execute(queries.raise_wall)).fetchone()
        up = bool(row and row["up"])
        if not up:
            _MISSING.add(place)
            log.error("wall_missing", role=self._role)
        elif info.transaction_status is TransactionStatus.IDLE:
            _RAISED.add(place)  # within a transaction it may yet be undone
        return up


def _is_all(scope: Scope) -> bool:
    """Whether it holds the whole of everything, as services alone do: there is nothing to keep from them."""
    return ("", "") in zip(scope.area_paths, scope.departments, strict=True)
