"""A rating becomes points once: told twice, told under two names, or with the listener killed in between."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from gridward.events.v1 import events_pb2, events_pb2_grpc
from gridward.incidents.v1 import cases_pb2

from services.platform.grpc_server import Offer, Process
from services.platform.ids import uuid7
from services.platform.settings import ServiceSettings
from services.points.domain.ledger import available
from tests.integration.points.conftest import Ledger
from tests.support.tokens import TestTokens

WAIT_S = 60.0


def a_rating(
    case_id: str = "0199", *, beneficiary: str = "resident:1", points: int = 10, event_id: str = "", position: int = 1
) -> events_pb2.Event:
    payload = cases_pb2.CaseRated(case=cases_pb2.Case(id=case_id), beneficiary=beneficiary, points=points)
    event = events_pb2.Event(
        id=event_id or str(uuid7()), position=position, type="case_rated", subject=case_id, service="incidents"
    )
    event.occurred_at.FromDatetime(datetime(2026, 3, 2, tzinfo=UTC))
    event.payload.Pack(payload)
    return event


async def test_a_rating_is_credited_to_whom_it_rewards(ledger: Ledger) -> None:
    await ledger.listen(a_rating())
    entry = (await ledger.points.ledger.list_entries(available("resident:1"), before=None, size=0)).entries[0]
    assert (entry.change, entry.reason, entry.cause) == (10, "CASE_RATED", "0199")


async def test_an_event_that_comes_twice_is_credited_once(ledger: Ledger) -> None:
    event = a_rating()
    for _ in range(3):
        await ledger.listen(event)
    assert await ledger.points.ledger.balance("resident:1") == 10


async def test_a_rating_told_under_two_event_ids_is_credited_once(ledger: Ledger) -> None:
    await asyncio.gather(*(ledger.listen(a_rating()) for _ in range(20)))
    assert await ledger.points.ledger.balance("resident:1") == 10
    assert await ledger.value("SELECT count(*) FROM ledger.transfer") == 1


@pytest.mark.parametrize(
    "event",
    [
        a_rating(beneficiary=""),
        a_rating(points=0),
        a_rating(points=-5),
        a_rating(""),
        a_rating(points=2_000_000),
        a_rating(beneficiary="system:mint"),
        events_pb2.Event(id=str(uuid7()), type="case_rated", subject="x"),
    ],
    ids=["nobody", "nothing", "less than nothing", "no case", "too much", "the mint", "no content"],
)
async def test_a_rating_that_cannot_be_credited_is_passed_over(ledger: Ledger, event: events_pb2.Event) -> None:
    await ledger.listen(event)
    assert await ledger.value("SELECT count(*) FROM ledger.transfer") == 0


async def test_a_second_rating_of_the_same_case_changes_nothing(ledger: Ledger) -> None:
    await ledger.listen(a_rating(points=10))
    await ledger.listen(a_rating(points=3))
    assert await ledger.points.ledger.balance("resident:1") == 10


class Incidents(events_pb2_grpc.EventsServiceServicer):
    """Tells the same events until they are acknowledged; can be deaf to acknowledgements."""

    def __init__(self) -> None:
        self.events: list[events_pb2.Event] = []
        self.acknowledged = 0
        self.deaf = False
        self.handled = asyncio.Event()
        self.all_acknowledged = asyncio.Event()
        self.told: dict[str, int] = {}

    async def WatchBatches(
        self, request: events_pb2.WatchBatchesRequest, context: Any
    ) -> AsyncIterator[events_pb2.WatchBatchesResponse]:
        position = self.acknowledged
        while True:
            for event in [event for event in self.events if event.position > position]:
                position = event.position
                self.told[event.id] = self.told.get(event.id, 0) + 1
                yield events_pb2.WatchBatchesResponse(events=[event], position=position)
            await asyncio.sleep(0.02)

    async def Ack(self, request: events_pb2.AckRequest, context: Any) -> events_pb2.AckResponse:
        self.handled.set()
        if self.deaf:
            await asyncio.sleep(WAIT_S)
        self.acknowledged = max(self.acknowledged, request.position)
        if self.acknowledged == self.events[-1].position:
            self.all_acknowledged.set()
        return events_pb2.AckResponse()


@pytest.fixture
async def incidents(tokens: TestTokens) -> AsyncIterator[tuple[Incidents, str]]:
    servicer = Incidents()
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("incidents"), drain_s=0.1)
    offer = Offer(
        descriptor=events_pb2.DESCRIPTOR.services_by_name["EventsService"],
        add=lambda server: events_pb2_grpc.add_EventsServiceServicer_to_server(servicer, server),
    )
    process = Process(name="incidents", settings=settings, offers=[offer])
    port = await process.start()
    yield servicer, f"127.0.0.1:{port}"
    await process.stop()


@asynccontextmanager
async def running_points(
    ledger: Ledger, tokens: TestTokens, incidents_address: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {
        **os.environ,
        "GRIDWARD_TRUST_FILE": str(tokens.trust_file),
        "GRIDWARD_SIGNING_KEY_FILE": str(tokens.key_file("points")),
        "GRIDWARD_SEAL_FILE": str(tokens.seal_file("points")),
        "GRIDWARD_DATABASE_URL": ledger.dsn,
        "GRIDWARD_LEDGER_OWNER_URL": ledger.owner_dsn,
        "GRIDWARD_INCIDENTS_ADDRESS": incidents_address,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.points", env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_listener_killed_before_it_acknowledged_credits_once(
    ledger: Ledger, tokens: TestTokens, incidents: tuple[Incidents, str]
) -> None:
    servicer, address = incidents
    rating = a_rating("0199", position=1)
    servicer.events = [rating]
    servicer.deaf = True
    async with running_points(ledger, tokens, address) as first:
        await asyncio.wait_for(servicer.handled.wait(), WAIT_S)
        first.send_signal(signal.SIGKILL)
        assert await first.wait() == -signal.SIGKILL
    assert (servicer.acknowledged, await ledger.points.ledger.balance("resident:1")) == (0, 10)

    servicer.deaf = False
    servicer.events += [a_rating("0200", position=2)]
    async with running_points(ledger, tokens, address) as second:
        await asyncio.wait_for(servicer.all_acknowledged.wait(), WAIT_S)
        second.send_signal(signal.SIGTERM)
        assert await second.wait() == 0
    assert servicer.told[rating.id] == 2
    assert await ledger.points.ledger.balance("resident:1") == 20
    assert (await ledger.verify()).faults == ()


async def verify(ledger: Ledger, tokens: TestTokens) -> tuple[int, str]:
    environment = {
        **os.environ,
        "GRIDWARD_TRUST_FILE": str(tokens.trust_file),
        "GRIDWARD_SIGNING_KEY_FILE": str(tokens.key_file("points")),
        "GRIDWARD_SEAL_FILE": str(tokens.seal_file("points")),
        "GRIDWARD_DATABASE_URL": ledger.dsn,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.points", "verify", env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_the_operator_is_told_whether_the_books_are_right(ledger: Ledger, tokens: TestTokens) -> None:
    await ledger.credit("resident:1", 10)
    status, output = await verify(ledger, tokens)
    assert status == 0
    assert '"ledger_verified"' in output
    ledger.tamper("UPDATE account SET balance = 12 WHERE owner = 'resident:1'")
    status, output = await verify(ledger, tokens)
    assert status == 1
    assert '"kind": "balance_wrong", "subject": "resident:1", "expected": "10 #1", "found": "12 #1"' in output
