"""A ledger of its own for each test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from psycopg import conninfo

from services.platform.clock import Clock, ManualClock
from services.platform.database import Database, open_database
from services.platform.errors import NotFound, Unavailable
from services.platform.identity import current_caller
from services.platform.migrate import migrate
from services.platform.seal import KeyRing, Sealer
from services.points.domain.alerts import Alert
from services.points.domain.books import credit
from services.points.domain.honours import BuildingVisits
from services.points.domain.ledger import Audit, Group, Receipt
from services.points.domain.orders import Order, Spot
from services.points.neighbours import Wish
from services.points.store.ledger import Ledger as Books
from services.points.wiring import Points
from tests.conftest import clone_database
from tests.support.servers import PASSWORD, PostgresServer

TEMPLATE = "template_points_and_books"
#: The same for all, as databases are cloned.
SEALER = Sealer(KeyRing.fresh())


class Town:
    """Stands for registry: communities C1, C2, … of one sub-district, and further ones elsewhere."""

    async def path_of(self, area_code: str) -> str:
        if not area_code.startswith("C"):
            raise AreaUnknown(code=area_code)
        return f"999100.999102.999102001.{area_code}"

    def forget(self) -> None:
        """It never changes."""


class FakeBuildings:
    """Stands for registry's visits: what a test says was visited."""

    def __init__(self) -> None:
        self.visits: list[BuildingVisits] = []

    async def visits_of(self, area_code: str, month: str) -> list[BuildingVisits]:
        return self.visits


class FakeCases:
    """Stands for incidents: every wish becomes a case, and every step offered is written down."""

    def __init__(self) -> None:
        self.walked: list[tuple[str, list[int]]] = []

    async def open(self, wish: Wish) -> Order:
        return Order(
            id=f"case-{wish.request_id}", number=f"9991-{wish.request_id}", category=wish.category,
            description=wish.description, place=wish.place, spot=Spot(wish.longitude_deg, wish.latitude_deg),
            area_path="999100.999102.999102001.C1.C1-01", grid_code="C1-01", owner=current_caller().subject,
            minutes=wish.minutes, people=wish.people, opened_at=datetime(2026, 3, 2, 2, tzinfo=UTC),
        )  # fmt: skip

    async def walk(self, case_id: str, steps: Sequence[cases_pb2.Step]) -> None:
        self.walked.append((case_id, [step.event for step in steps]))


class FakeNeeds:
    """Stands for the notices of incidents: who was told of what is written down; while away it tells nobody."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.alerts: list[Alert] = []
        self.away = False

    async def tell(self, case_id: str, subjects: Sequence[str]) -> None:
        if self.away:
            raise Unavailable(part="incidents")
        self.told += [(case_id, subject) for subject in subjects]

    async def alert(self, alert: Alert) -> int:
        if self.away:
            raise Unavailable(part="incidents")
        self.alerts.append(alert)
        return len(alert.subjects) + len(alert.roles)


class FakeOrganisations:
    """Stands for registry's organisations: the accounts of those that a test says are there, by skill and community."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], list[str]] = {}

    async def able(self, skill: str, community_code: str) -> list[str]:
        return self.known.get((skill, community_code), [])


class AreaUnknown(NotFound):
    """There is no area {code}."""

    reason = "AREA_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The service over a database of its own, and a way past all guards."""

    points: Points
    database: Database
    clock: ManualClock
    dsn: str
    owner_dsn: str
    admin_dsn: str

    async def credit(self, owner: str, amount: int = 10, *, key: str = "") -> Receipt:
        leg = credit(key=key or f"{owner}:{amount}", owner=owner, amount=amount, reason="TEST", cause="test")
        return await self.points.ledger.credit(leg)

    async def post(self, *groups: Group) -> list[list[Receipt]]:
        """In one transaction, past the batcher."""
        async with self.database.transaction() as transaction:
            return await Books().post(transaction, groups, at=self.clock.now())

    async def listen(self, event: events_pb2.Event) -> None:
        """What the listener does with an event of incidents."""
        await self.points.listener(frozenset({"volunteer_service_order"})).handle(event)

    async def verify(self) -> Audit:
        return await self.points.ledger.verify()

    def tamper(self, *statements: str) -> None:
        """Do as the server's own administrator could: with all guards off."""
        with psycopg.connect(self.admin_dsn) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET search_path = ledger, points, public")
            for statement in statements:
                connection.execute(statement.encode())

    async def value(self, query: str) -> Any:
        async with self.database.connection() as connection:
            row = await (await connection.execute(query.encode())).fetchone()
            assert row is not None
            return next(iter(row.values()))


@pytest.fixture(scope="session")
def points_template(postgres: PostgresServer) -> str:
    """A database with the schema of points and the books under their own role; made once for all who import this."""
    with psycopg.connect(postgres.dsn_admin) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone():
            return TEMPLATE
    postgres.create_database(TEMPLATE)
    postgres.create_schemas(TEMPLATE, ("points", "ledger"))
    migrate(postgres.dsn(TEMPLATE, "ledger"), "services.points.books")
    migrate(postgres.dsn(TEMPLATE, "points"), "services.platform", "services.points")
    return TEMPLATE


@pytest.fixture
def points_dsn(postgres: PostgresServer, points_template: str) -> str:
    """A fresh database; the DSN of the service's role."""
    return fresh_database(postgres, points_template)


def fresh_database(postgres: PostgresServer, points_template: str) -> str:
    """A clone of the template in which both roles find their schema."""
    dsn = clone_database(postgres, points_template, "points")
    name = str(conninfo.conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(postgres.dsn(name), autocommit=True) as connection:
        connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO points, ledger'.encode())
        for role in ("points", "ledger"):
            connection.execute(f'ALTER ROLE {role} IN DATABASE "{name}" SET search_path = {role}, public'.encode())
    return conninfo.make_conninfo(postgres.dsn(name), user="points", password=PASSWORD)


async def insist(call: Callable[[], Awaitable[Any]]) -> Any:
    """Call as a patient client does: a database too busy to hand out a connection in time is asked again."""
    while True:
        try:
            return await call()
        except Unavailable:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def beside(*tasks: Callable[[], Any]) -> AsyncIterator[None]:
    """Run what runs beside for a while."""
    running = [asyncio.ensure_future(task()) for task in tasks]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def points_over(database: Database, clock: Clock) -> Points:
    """The service over a database, with stand-ins for all its neighbours."""
    return Points.over(
        database, clock, city=Town(), cases=FakeCases(), buildings=FakeBuildings(), needs=FakeNeeds(),
        organisations=FakeOrganisations(), secret=b"tests", sealer=SEALER,
    )  # fmt: skip


@asynccontextmanager
async def opened(dsn: str, postgres: PostgresServer, clock: ManualClock) -> AsyncIterator[Ledger]:
    """The service over a database, with its batcher running and its keeper at rest."""
    database = await open_database(dsn, service="points")
    name = str(conninfo.conninfo_to_dict(dsn)["dbname"])
    points = points_over(database, clock)
    async with beside(points.ledger.batcher.run):
        yield Ledger(
            points=points,
            database=database,
            clock=clock,
            dsn=dsn,
            owner_dsn=postgres.dsn(name, "ledger"),
            admin_dsn=postgres.dsn(name),
        )
    await database.close()


@pytest.fixture
async def ledger(points_dsn: str, postgres: PostgresServer, manual_clock: ManualClock) -> AsyncIterator[Ledger]:
    async with opened(points_dsn, postgres, manual_clock) as ledger:
        yield ledger
