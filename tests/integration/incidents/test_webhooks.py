"""Other systems that are told of events: signed, in order, again after trouble, and shown to whoever looks after them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from gridward.incidents.v1 import notices_pb2, notices_pb2_grpc

from services.incidents.notices import domain
from services.incidents.notices.carriers import signature
from services.platform import errors
from services.platform.identity import Caller
from tests.conftest import MakeDatabase
from tests.integration.incidents import town
from tests.integration.incidents.conftest import running_hall
from tests.integration.incidents.hall import Hall, eventually
from tests.support.tokens import TestTokens


@pytest.fixture
async def told(
    make_database: MakeDatabase, tokens: TestTokens, manual_clock: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hall]:
    """Incidents with keys to seal what it shares with other systems."""
    monkeypatch.setenv("GRIDWARD_SEAL_FILE", str(tokens.seal_file("incidents")))
    async with running_hall(make_database("incidents"), tokens, manual_clock, timers=False) as hall:  # type: ignore[arg-type]
        yield hall


def stub(hall: Hall, caller: Caller) -> notices_pb2_grpc.NoticesServiceAsyncStub:
    hall.stub(caller)
    return notices_pb2_grpc.NoticesServiceStub(hall.channels[repr(caller)])


@dataclass(slots=True)
class Ear:
    """Another system: refuses so many times, then listens."""

    refusals: int
    heard: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:-2])
        }
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        self.heard.append((headers, body))
        status = "500 Busy" if len(self.heard) <= self.refusals else "204 Fine"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


async def test_another_system_is_told_by_signed_post_again_after_trouble_and_nothing_of_the_reporter(
    told: Hall,
) -> None:
    ear = Ear(refusals=1)
    async with await asyncio.start_server(ear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        chief = stub(told, told.person("duty_chief", subject="chief-1"))
        request = notices_pb2.AddWebhookRequest(
            request_id=town.request_id(),
            url=f"http://127.0.0.1:{port}/hook",
            event_types=["incident_reported"],
            area_code=town.COMMUNITY,
        )
        added = await chief.AddWebhook(request)
        assert (await chief.AddWebhook(request)).secret == ""
        case = await told.report()
        await told.report(grid=town.OTHER_GRID)

        async def refused() -> bool:
            return (await told.rows("SELECT FROM notice WHERE channel = 'webhook' AND problem = 'HTTP 500'")) != []

        await eventually(refused)
        told.clock.advance(timedelta(seconds=30))

        async def arrived() -> bool:
            return (await told.rows("SELECT FROM notice WHERE channel = 'webhook' AND state = 'delivered'")) != []

        await eventually(arrived)
        (first, _), (headers, body) = ear.heard
        assert headers["idempotency-key"] == first["idempotency-key"]
        moment = int(headers["gridward-signature"].partition(",")[0].removeprefix("t="))
        assert headers["gridward-signature"] == signature(added.secret, at_s=moment, body=body)
        event = json.loads(body)
        assert (event["type"], event["data"]["case"]["number"]) == ("incident_reported", case.number)
        assert told.resident.subject not in body
        stopped = await chief.StopWebhook(notices_pb2.StopWebhookRequest(webhook_id=added.webhook.id))
        assert stopped.webhook.stopped
    with pytest.raises(errors.Invalid):
        await chief.AddWebhook(
            notices_pb2.AddWebhookRequest(
                request_id=town.request_id(), url="file:///etc/passwd", event_types=["incident_reported"]
            )
        )


async def test_what_another_system_never_got_is_listed_and_sent_again_once_it_can_listen(
    told: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "TRIES_MAX", 1)
    ear = Ear(refusals=1)
    async with await asyncio.start_server(ear, "127.0.0.1", 0) as server:
        chief = stub(told, told.person("duty_chief", subject="chief-1"))
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        added = await chief.AddWebhook(
            notices_pb2.AddWebhookRequest(request_id=town.request_id(), url=url, event_types=["incident_reported"])
        )
        case = await told.report()
        shown = notices_pb2.ListDeliveriesRequest(webhook_id=added.webhook.id)

        async def given_up() -> bool:
            answer = await chief.ListDeliveries(shown)
            return [each.state for each in answer.deliveries] == [notices_pb2.NOTICE_STATE_FAILED]

        await eventually(given_up)
        (lost,) = (await chief.ListDeliveries(shown)).deliveries
        assert (lost.case_number, lost.problem, lost.try_count) == (case.number, "HTTP 500", 1)
        assert json.loads(lost.text)["type"] == "incident_reported"
        retry = notices_pb2.RetryWebhookRequest(request_id=town.request_id(), webhook_id=added.webhook.id)
        answer = await chief.RetryWebhook(retry)
        assert (answer.retried_count, answer.webhook.waiting_count, answer.webhook.failed_count) == (1, 1, 0)
        assert (await chief.RetryWebhook(retry)).retried_count == 1

        async def arrived() -> bool:
            answer = await chief.ListDeliveries(shown)
            return [each.state for each in answer.deliveries] == [notices_pb2.NOTICE_STATE_DELIVERED]

        await eventually(arrived)
        (first, _), (second, _) = ear.heard
        assert first["idempotency-key"] == second["idempotency-key"]
        shown.failed_only = True
        assert not (await chief.ListDeliveries(shown)).deliveries
        await chief.StopWebhook(notices_pb2.StopWebhookRequest(webhook_id=added.webhook.id))
        retry.request_id = town.request_id()
        with pytest.raises(errors.Conflict):
            await chief.RetryWebhook(retry)
    with pytest.raises(errors.NotFound):
        await chief.ListDeliveries(notices_pb2.ListDeliveriesRequest(webhook_id=str(uuid4())))
