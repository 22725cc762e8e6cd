"""Opens tickets, goes on with them, and shows them to whoever stands at the counter or in the grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from gridward.incidents.v1 import errands_pb2

from services.incidents.cityview.city import City
from services.incidents.domain.errors import AreaNotKnown
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.errands import store
from services.incidents.errands.domain import (
    Consent,
    Errand,
    ErrandStale,
    ErrandUnknown,
    Going,
    Line,
    Mode,
    Place,
    gone_on,
    require_consent,
)
from services.incidents.errands.messages import errand_message
from services.incidents.newest_first import NewestFirst
from services.incidents.once import once
from services.incidents.reach import lies_in, path_in, require_reach, scope_columns
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall

READ: Final = "errands.read"
WRITE: Final = "errands.write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A ticket somebody opens."""

    grid_code: str
    person_id: str
    matter: str
    mode: Mode
    place: Place
    consent: Consent | None


class Helping:
    """One verb for each thing that is done with tickets."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._wall = Wall("incidents", sql.load("services.incidents", "wall.sql").look_errands)

    async def open(self, key: RequestKey, opening: Opening, caller: Caller) -> bytes:
        """Open a ticket; fails with AREA_NOT_KNOWN, BEYOND_REACH, CONSENT_REQUIRED."""
        path = path_in(self._city, opening.grid_code)
        if self._city.view.level_of(opening.grid_code) is not AreaLevel.GRID:
            raise AreaNotKnown(code=opening.grid_code)
        require_reach(caller, WRITE, path, code=opening.grid_code)
        now = self._clock.now()
        errand = Errand(
            id=str(uuid7()),
            mode=opening.mode,
            grid_code=opening.grid_code,
            area_path=path,
            person_id=opening.person_id,
            matter=opening.matter,
            consent=opening.consent,
            opened_at=now,
        )
        require_consent(errand, self._day(now))

        async def work(transaction: Transaction) -> errands_pb2.OpenErrandResponse:
            line = self._line(errand, opening.place, opening.matter, caller)
            await store.insert_errand(transaction, errand, line)
            return errands_pb2.OpenErrandResponse(errand=errand_message(errand, [line], with_consent=True))

        return await once(self._database, key, work)

    async def advance(self, key: RequestKey, errand_id: str, version: int, going: Going, caller: Caller) -> bytes:
        """Go on with a ticket; fails with ERRAND_UNKNOWN, ERRAND_STALE, ERRAND_ENDED, CONSENT_REQUIRED."""

        async def work(transaction: Transaction) -> errands_pb2.AdvanceErrandResponse:
            errand = await store.find_errand(transaction, errand_id, scope_columns(caller, WRITE), lock=True)
            if errand is None or not await self._shown(transaction, [errand], caller, WRITE):
                raise ErrandUnknown(errand_id=errand_id)
            if errand.version != version:
                there = errand_message(errand, await store.list_lines(transaction, errand_id), with_consent=True)
                raise ErrandStale(fresh=errands_pb2.AdvanceErrandResponse(errand=there), version=errand.version)
            changed = gone_on(errand, going, today=self._day(self._clock.now()))
            await store.save_errand(transaction, changed, self._line(changed, going.place, going.words, caller))
            lines = await store.list_lines(transaction, errand_id)
            return errands_pb2.AdvanceErrandResponse(errand=errand_message(changed, lines, with_consent=True))

        return await once(self._database, key, work)

    async def get(self, errand_id: str, caller: Caller) -> errands_pb2.Errand:
        """A ticket with its lines; fails with ERRAND_UNKNOWN."""
        async with self._database.connection() as connection:
            errand = await store.find_errand(connection, errand_id, scope_columns(caller, READ))
            if errand is None or not await self._shown(connection, [errand], caller, READ):
                raise ErrandUnknown(errand_id=errand_id)
            lines = await store.list_lines(connection, errand_id)
        return errand_message(errand, lines, with_consent=_may_go_on(caller, errand))

    async def page(
        self, area_code: str, caller: Caller, asked: NewestFirst, *, open_only: bool
    ) -> tuple[list[errands_pb2.Errand], str]:
        """A page of tickets without their lines, and the token of the next."""
        under = path_in(self._city, area_code)
        async with self._database.connection() as connection:
            found = await store.list_errands(
                connection,
                scope_columns(caller, READ),
                under=under,
                open_only=open_only,
                page=asked,
            )
            found = await self._shown(connection, found, caller, READ)
        page, token = asked.cut(found, lambda errand: (errand.opened_at, errand.id))
        return [errand_message(errand, (), with_consent=_may_go_on(caller, errand)) for errand in page], token

    async def _shown(
        self, connection: Transaction, found: Sequence[Errand], caller: Caller, permission: str
    ) -> list[Errand]:
        return await self._wall.kept(
            connection, found, key=lambda errand: errand.id, caller=caller, permission=permission
        )

    def _line(self, errand: Errand, place: Place, words: str, caller: Caller) -> Line:
        return Line(
            at=self._clock.now(), by=caller.subject, place=place, mode=errand.mode, state=errand.state, words=words
        )

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._city.zone).date()


def _may_go_on(caller: Caller, errand: Errand) -> bool:
    return any(lies_in(errand.area_path, path) for path in caller.scope(WRITE).area_paths)
