"""Settles times, and tries them on past cases first."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from services.incidents.cityview.city import City
from services.incidents.domain.arealimits import AreaLimits
from services.incidents.domain.case import State
from services.incidents.domain.rulebook import HELD_STAGES, Stage
from services.incidents.once import once
from services.incidents.reach import path_in, roles_at
from services.incidents.store.beside import dealings_of
from services.incidents.store.columns import countdown_of
from services.incidents.store.documents import limits_document, limits_of
from services.incidents.timelimits.domain import (
    TRIED_CASES,
    Disposal,
    Effect,
    LimitsStale,
    Passage,
    checked,
    effects_of,
    effects_of_shares,
    stages_of_events,
)
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Row, Transaction
from services.platform.errors import Forbidden
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller

queries = sql.load(__package__)

WRITE: Final = "limits.write"
_ENDS: Final = stages_of_events()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an area settled, once."""

    version: int
    changed_at: datetime
    changed_by: str
    reason: str
    limits: AreaLimits


class SettlingLimits:
    """Times of areas."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock

    async def versions(self, area_code: str) -> list[Version]:
        """What an area settled, newest first; fails with AREA_NOT_KNOWN."""
        path_in(self._city, area_code)
        async with self._database.connection() as connection:
            return await self._versions(connection, area_code)

    async def tried(self, area_code: str, limits: AreaLimits, caller: Caller) -> tuple[list[Effect], int]:
        """What other times would do, and on how many cases they were tried."""
        path = self._writable(area_code, caller)
        rulebook = self._city.rulebook
        after = {**rulebook.area_limits, area_code: checked(limits)}
        async with self._database.connection() as connection:
            passages, count = await self._passages(connection, path)
            disposals = await self._disposals(connection, path)
        effects = effects_of(rulebook, after, path, passages) + effects_of_shares(rulebook, after, path, disposals)
        return effects, count

    async def put(
        self,
        key: RequestKey,
        area_code: str,
        wanted: tuple[int, AreaLimits, str],
        caller: Caller,
        *,
        answer: Callable[[int], Message],
        fresh: Callable[[str, Sequence[Version]], Message],
    ) -> bytes:
        """Settle times (seen version, times, why).

        Fails with AREA_NOT_KNOWN, LIMITS_INVALID, LIMITS_STALE and what is settled by now.
        """
        self._writable(area_code, caller)
        seen, limits, reason = wanted
        checked(limits)

        async def work(transaction: Transaction) -> Message:
            there = await self._versions(transaction, area_code)
            newest = there[0].version if there else 0
            if newest != seen:
                raise LimitsStale(fresh=fresh(area_code, there[:1]), area_code=area_code, version=newest)
            parameters = {
                "area_code": area_code,
                "version": newest + 1,
                "at": self._clock.now(),
                "by": caller.subject,
                "reason": reason,
                "document": json.dumps(limits_document(limits)),
            }
            if await (await transaction.execute(queries.insert_version, parameters)).fetchone() is None:
                there = await self._versions(transaction, area_code)
                raise LimitsStale(fresh=fresh(area_code, there[:1]), area_code=area_code, version=newest + 1)
            return answer(newest + 1)

        told = await once(self._database, key, work)
        await self._city.refresh_settlement(self._database)
        return told

    def _writable(self, area_code: str, caller: Caller) -> str:
        path = path_in(self._city, area_code)
        if not roles_at(caller, WRITE, path):
            raise Forbidden(permission=WRITE)
        return path

    @staticmethod
    async def _versions(connection: Transaction, area_code: str) -> list[Version]:
        rows = await (await connection.execute(queries.list_versions, {"area_code": area_code})).fetchall()
        return [
            Version(
                version=row["version"],
                changed_at=row["changed_at"],
                changed_by=row["changed_by"],
                reason=row["reason"],
                limits=limits_of(row["document"]),
            )
            for row in rows
        ]

    @staticmethod
    async def _disposals(connection: Transaction, path: str) -> list[Disposal]:
        wanted = {"under": path, "size": TRIED_CASES}
        return _disposals_of(await (await connection.execute(queries.list_countdowns, wanted)).fetchall())

    @staticmethod
    async def _passages(connection: Transaction, path: str) -> tuple[list[Passage], int]:
        wanted = {"under": path, "size": TRIED_CASES}
        rows = await (await connection.execute(queries.list_passages, wanted)).fetchall()
        stays = await (await connection.execute(queries.list_stays, wanted)).fetchall()
        passages = [
            Passage(
                loop_level=row["loop_level"], area_path=row["area_path"], start=row["received_at"], end=row["ended_at"]
            )
            for row in stays
        ]
        for row in rows:
            stage = _stage(row["from_state"], row["event"])
            if stage and row["begun_at"]:
                passages.append(
                    Passage(stage=stage, area_path=row["area_path"], start=row["begun_at"], end=row["ended_at"])
                )
        return passages, len({row["id"] for row in rows})


def _disposals_of(rows: list[Row]) -> list[Disposal]:
    return [
        Disposal(priority=dealings_of(row["dealings"]).priority, area_path=row["area_path"], countdown=countdown)
        for row in rows
        if (countdown := countdown_of(row)) is not None
    ]


def _stage(state: str, event: str) -> Stage | None:
    """The stage a line ended; without a line, the stage a case is in now."""
    if event:
        return _ENDS.get((state, event))
    return Stage.DEPARTMENT_SIGN if state == State.DISPATCHED else HELD_STAGES.get(State(state))
