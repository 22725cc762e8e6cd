"""Collects opinions, goes on with them, and counts the mood."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from gridward.incidents.v1 import opinions_pb2

from services.incidents.cityview.city import City
from services.incidents.domain.errors import AreaNotKnown
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.figures.domain import SpanInvalid
from services.incidents.newest_first import NewestFirst
from services.incidents.once import once
from services.incidents.opinions import store
from services.incidents.opinions.domain import (
    DAYS_MAX,
    Mood,
    Opinion,
    OpinionStale,
    OpinionUnknown,
    Taken,
    Tone,
    advanced,
)
from services.incidents.opinions.messages import opinion_message
from services.incidents.reach import path_in, require_reach, scope_columns
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall

READ: Final = "opinions.read"
WRITE: Final = "opinions.write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said, as it is brought."""

    grid_code: str
    words: str
    tone: Tone


class Listening:
    """One verb for each thing that is done with opinions."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._wall = Wall("incidents", sql.load("services.incidents", "wall.sql").look_opinions)

    async def collect(self, key: RequestKey, said: Said, caller: Caller) -> bytes:
        """Take one in; fails with AREA_NOT_KNOWN, BEYOND_REACH."""
        path = path_in(self._city, said.grid_code)
        if self._city.view.level_of(said.grid_code) is not AreaLevel.GRID:
            raise AreaNotKnown(code=said.grid_code)
        require_reach(caller, WRITE, path, code=said.grid_code)

        async def work(transaction: Transaction) -> opinions_pb2.CollectOpinionResponse:
            opinion = Opinion(
                id=str(uuid7()),
                grid_code=said.grid_code,
                area_path=path,
                words=said.words,
                tone=said.tone,
                collected_by=caller.subject,
                collected_at=self._clock.now(),
            )
            await store.insert_opinion(transaction, opinion)
            return opinions_pb2.CollectOpinionResponse(opinion=opinion_message(opinion))

        return await once(self._database, key, work)

    async def advance(self, key: RequestKey, opinion_id: str, version: int, taken: Taken, caller: Caller) -> bytes:
        """Take a step; fails with OPINION_UNKNOWN, OPINION_STALE and the fresh one, and as the step demands."""

        async def work(transaction: Transaction) -> opinions_pb2.AdvanceOpinionResponse:
            opinion = await store.lock_opinion(transaction, opinion_id, scope_columns(caller, WRITE))
            if opinion is None or not await self._shown(transaction, [opinion], caller, WRITE):
                raise OpinionUnknown(opinion_id=opinion_id)
            if opinion.version != version:
                fresh = opinions_pb2.AdvanceOpinionResponse(opinion=opinion_message(opinion))
                raise OpinionStale(fresh=fresh, version=opinion.version)
            changed = advanced(opinion, taken, by=caller.subject, at=self._clock.now())
            await store.save_opinion(transaction, changed)
            return opinions_pb2.AdvanceOpinionResponse(opinion=opinion_message(changed))

        return await once(self._database, key, work)

    async def page(
        self, area_code: str, caller: Caller, asked: NewestFirst, *, open_only: bool
    ) -> tuple[list[Opinion], str]:
        """A page of opinions, and the token of the next."""
        under = path_in(self._city, area_code)
        async with self._database.connection() as connection:
            found = await store.list_opinions(
                connection,
                scope_columns(caller, READ),
                under=under,
                open_only=open_only,
                page=asked,
            )
            found = await self._shown(connection, found, caller, READ)
        return asked.cut(found, lambda opinion: (opinion.collected_at, opinion.id))

    async def _shown(
        self, connection: Transaction, found: Sequence[Opinion], caller: Caller, permission: str
    ) -> list[Opinion]:
        return await self._wall.kept(
            connection, found, key=lambda opinion: opinion.id, caller=caller, permission=permission
        )

    async def moods(self, area_code: str, first: date, last: date, caller: Caller) -> list[Mood]:
        """The mood of each community on each day; fails with AREA_NOT_KNOWN, SPAN_INVALID."""
        if not timedelta(0) <= last - first < timedelta(days=DAYS_MAX):
            raise SpanInvalid(days=DAYS_MAX)
        self._city.view.require_complete()
        async with self._database.connection() as connection:
            counted = await store.count_mood(
                connection,
                scope_columns(caller, READ),
                under=path_in(self._city, area_code),
                first=first,
                last=last,
                zone=self._city.zone.key,
            )
        sums: dict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for day, grid_code, *counts in counted:
            community = self._city.view.ancestor(grid_code, AreaLevel.COMMUNITY) or grid_code
            sums[day, community] = [one + other for one, other in zip(sums[day, community], counts, strict=True)]
        return [
            Mood(area_code=community, day=day, collected=collected, negative=negative, open=left_open)
            for (day, community), (collected, negative, left_open) in sorted(sums.items())
        ]
