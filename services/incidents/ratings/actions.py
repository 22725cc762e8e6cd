"""Takes ratings of both sides, and tells how departments and workers were rated."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from services.incidents.cityview.city import City
from services.incidents.domain.actors import Actor
from services.incidents.domain.errors import CaseUnknown
from services.incidents.once import once
from services.incidents.ratings import store
from services.incidents.ratings.domain import Rating, RatingGiven, may_see, way_of, worker_of
from services.incidents.ratings.store import Asked, Means, Said
from services.incidents.reach import path_in, roles_at, scope_columns
from services.incidents.store.reading import find_case
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.wall import Wall

RATE: Final = "ratings.rate"
READ: Final = "ratings.read"
READ_STAFF: Final = "registry.staff.read"
READ_CASES: Final = "incidents.read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What somebody says of the other side."""

    score: int
    attitude: int
    efficiency: int
    quality: int
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which ratings are asked for."""

    start: datetime | None
    end: datetime | None
    area_code: str
    department_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentTold:
    """A department's ratings, as far as the caller may see them."""

    means: Means
    said: tuple[Said, ...]
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTold:
    """A worker's ratings; `named` when the caller may know who it is."""

    means: Means
    named: bool


class BothWays:
    """Ratings of the two sides of a case."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._wall = Wall("incidents")

    async def rate(
        self, key: RequestKey, case_id: str, scores: Scores, caller: Caller, answer: Callable[[Rating], Message]
    ) -> bytes:
        """Keep what one side says; fails with CASE_UNKNOWN, RATING_TOO_EARLY, RATING_NOT_YOURS, RATING_GIVEN."""

        async def work(transaction: Transaction) -> Message:
            scope = caller.scope(READ_CASES)
            stored = await find_case(transaction, case_id, subject=caller.subject, scope=scope)
            if stored is None:
                raise CaseUnknown(case_id=case_id)
            case = stored.case
            rating = Rating(
                case_id=case.id,
                way=way_of(case, Actor(id=caller.subject, grants=caller.grants)),
                rater=caller.subject,
                worker=worker_of(case),
                department_code=case.department_code,
                area_path=case.area_path,
                score=scores.score,
                attitude=scores.attitude,
                efficiency=scores.efficiency,
                quality=scores.quality,
                comment=scores.comment,
                rated_at=self._clock.now(),
            )
            if not await store.insert(transaction, rating):
                raise RatingGiven(number=case.number)
            return answer(rating)

        return await once(self._database, key, work)

    async def departments(self, span: Span, caller: Caller) -> list[DepartmentTold]:
        """How departments were rated."""
        asked = self._asked(span, caller)
        own = tuple(grant.department_code for grant in caller.grants if grant.department_code)
        told = []
        async with self._database.connection() as connection, self._wall.behind(connection, caller.scope(READ)):
            for means in await store.departments(connection, asked):
                seen = may_see(means.count, means.rated, own)
                said = await store.said(connection, asked, means.rated) if seen else []
                told.append(DepartmentTold(means=means, said=tuple(said), hidden=not seen))
        return told

    async def workers(self, span: Span, caller: Caller) -> list[WorkerTold]:
        """How workers were rated, named only to those who may read the staff of their grid, and to themselves."""
        async with self._database.connection() as connection, self._wall.behind(connection, caller.scope(READ)):
            found = await store.workers(connection, self._asked(span, caller))
        return [
            WorkerTold(
                means=means,
                named=means.rated == caller.subject or self._may_name(caller, means.grid_path),
            )
            for means in found
        ]

    @staticmethod
    def _may_name(caller: Caller, grid_path: str) -> bool:
        """A department reads staff anywhere, but has no need to know who was rated how by others."""
        of_departments = {grant.role for grant in caller.grants if grant.department_code}
        return any(role not in of_departments for role in roles_at(caller, READ_STAFF, grid_path))

    def _asked(self, span: Span, caller: Caller) -> Asked:
        return Asked(
            start=span.start,
            end=span.end or self._clock.now(),
            under=path_in(self._city, span.area_code),
            reach=scope_columns(caller, READ),
            zone=str(self._city.zone),
            department_code=span.department_code,
        )
