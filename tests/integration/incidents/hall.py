"""Incidents running in this process with a real database, and ways to ask it things."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
from google.protobuf.any_pb2 import Any as PackedMessage
from google.protobuf.message import Message
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc

from services.incidents.actions.fire import FiringDue
from services.incidents.cityview.picture import CityView
from services.incidents.domain.case import Point
from services.incidents.domain.routing import NO_OWNER, Owner
from services.platform.clock import ManualClock
from services.platform.database import Database, Row
from services.platform.grpc_client import connect
from services.platform.grpc_server import Process
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.support.tokens import TestTokens

Stub: TypeAlias = "incidents_pb2_grpc.IncidentsServiceAsyncStub"


class AnyTerminal:
    """Lets every terminal write anywhere, unless told otherwise."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.asked: list[str] = []

    async def check(self, terminal_id: str, point: Point) -> None:
        self.asked.append(terminal_id)
        if self.refusal is not None:
            raise self.refusal


class NearComponents:
    """The register of components: the same owner everywhere, nobody unless told otherwise."""

    def __init__(self) -> None:
        self.owner = NO_OWNER

    async def owner_near(self, category_code: str, grid_code: str, point: Point) -> Owner:
        return self.owner


@dataclass(slots=True, kw_only=True)
class Hall:
    """A running incidents and everything a test may want to reach of it."""

    process: Process
    dsn: str
    database: Database
    view: CityView
    clock: ManualClock
    tokens: TestTokens
    terminals: AnyTerminal
    components: NearComponents
    firing: FiringDue
    channels: dict[str, grpc.aio.Channel]

    def stub(self, caller: Caller) -> Stub:
        """Calls as this person."""
        key = repr(caller)
        if key not in self.channels:
            signer = self.tokens.signer("gateway")
            self.channels[key] = connect(f"127.0.0.1:{self.process.port}", signer=signer, caller=caller)
        return incidents_pb2_grpc.IncidentsServiceStub(self.channels[key])

    def person(self, role: str, area_code: str = town.CITY, *, department: str = "", subject: str = "") -> Caller:
        """Somebody with a role at an area."""
        return self.tokens.caller(role, town.path_of(area_code), department=department, subject=subject)

    @property
    def resident(self) -> Caller:
        return self.person("resident", subject="resident-1")

    @property
    def acceptor(self) -> Caller:
        return self.person("acceptor", subject="acceptor-1")

    @property
    def dispatcher(self) -> Caller:
        return self.person("dispatcher", subject="dispatcher-1")

    @property
    def worker(self) -> Caller:
        return self.person("grid_worker", town.GRID, subject=f"S-{town.GRID}")

    def specialist(self, department: str = "D07") -> Caller:
        return self.person("department_specialist", department=department, subject=f"specialist-{department}")

    async def report(self, *, by: Caller | None = None, grid: str = town.GRID, **fields: Any) -> cases_pb2.Case:
        """File a report; the case."""
        answer = await self.stub(by or self.resident).ReportIncident(town.report_request(grid, **fields))
        return answer.case

    async def advance(
        self, case: cases_pb2.Case, *steps: cases_pb2.Step, by: Caller, id: str = "", version: int = 0
    ) -> incidents_pb2.AdvanceCaseResponse:
        """Take steps with a case as it was seen."""
        request = incidents_pb2.AdvanceCaseRequest(
            request_id=id or town.request_id(), case_id=case.id, version=version or case.version, steps=steps
        )
        return await self.stub(by).AdvanceCase(request)

    async def get(self, case: cases_pb2.Case, *, by: Caller) -> incidents_pb2.GetCaseResponse:
        """A case as somebody sees it."""
        return await self.stub(by).GetCase(incidents_pb2.GetCaseRequest(case_id=case.id))

    async def seen_by(self, caller: Caller, **filters: Any) -> set[str]:
        """The ids of all cases that a list shows."""
        answer = await self.stub(caller).ListCases(incidents_pb2.ListCasesRequest(page_size=200, **filters))
        return {case.id for case in answer.cases}

    async def dispatched(self, **fields: Any) -> cases_pb2.Case:
        """A case that lies with its department."""
        case = await self.report(**fields)
        answer = await self.advance(
            case, town.step("accept"), town.step("register", filing_condition="usual"), by=self.acceptor
        )
        answer = await self.advance(answer.case, town.step("dispatch"), by=self.dispatcher)
        return answer.case

    async def closed(self, **fields: Any) -> cases_pb2.Case:
        """A case that was solved, checked and closed."""
        case = await self.dispatched(**fields)
        done = town.photo(place_pb2.EVIDENCE_KIND_AFTER)
        answer = await self.advance(
            case,
            town.step("sign"),
            town.step("dispose", evidence=[done]),
            town.step("feedback", opinion="已清理"),
            by=self.specialist(case.department_code),
        )
        answer = await self.advance(
            answer.case, town.step("send_check", assignee=self.worker.subject), by=self.acceptor
        )
        seen = town.photo(place_pb2.EVIDENCE_KIND_CHECK)
        answer = await self.advance(answer.case, town.step("check_pass", evidence=[seen]), by=self.worker)
        answer = await self.advance(answer.case, town.step("close"), by=self.acceptor)
        return answer.case

    async def refresh(self) -> None:
        """Let the worker that the test holds read what was settled."""
        await self.firing._city.refresh_settlement(self.database)

    async def rows(self, query: str, *values: Any) -> list[Row]:
        """What the database holds."""
        async with self.database.connection() as connection:
            return await (await connection.execute(query.encode(), values)).fetchall()

    async def count(self, table: str) -> int:
        """How many rows a table holds."""
        (row,) = await self.rows(f"SELECT count(*) AS count FROM {table}")
        return int(row["count"])

    async def told(self, case_id: str) -> list[tuple[str, PackedMessage]]:
        """The events about a case, in order."""
        rows = await self.rows("SELECT type, payload FROM outbox WHERE subject = %s ORDER BY inserted", case_id)
        return [(row["type"], PackedMessage.FromString(row["payload"])) for row in rows]


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something comes true; the time limit of the test ends a vain wait."""
    while True:
        if await true():
            return
        await asyncio.sleep(0.01)


def unpacked(payload: PackedMessage, kind: type[Message]) -> Any:
    """What an event says."""
    message = kind()
    assert payload.Unpack(message)
    return message


def event_types(told: Sequence[tuple[str, PackedMessage]]) -> list[str]:
    """The names of events."""
    return [name for name, _ in told]
