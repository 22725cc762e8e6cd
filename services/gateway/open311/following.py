"""Writes down what happens to published cases, so that other systems can ask what changed since they last did."""

from typing import Final, TypeVar

from google.protobuf.message import Message
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2

from services.gateway.backends import Backends
from services.gateway.open311 import store, telling
from services.platform import consume
from services.platform.database import Database

GROUP: Final = "gateway.open311"
TYPES: Final = ["incident_reported", "case_advanced"]
WORDS_MAX: Final = 500

Payload = TypeVar("Payload", bound=Message)


async def follow(backends: Backends, database: Database) -> None:
    """Follow the cases until cancelled."""

    async def handle(event: events_pb2.Event) -> None:
        async with database.transaction() as transaction:
            if await consume.first_time(transaction, source=GROUP, event_id=event.id):
                case, name, words = what_happened(event)
                await store.add_update(
                    transaction,
                    number=case.number,
                    task_type=case.task_type,
                    state=telling.state_name(case.state),
                    event=name,
                    words=words,
                    happened_at=telling.moment(event.occurred_at),
                )

    await consume.follow(backends.own_channel("incidents"), group=GROUP, types=TYPES, handle=handle)


def what_happened(event: events_pb2.Event) -> tuple[cases_pb2.Case, str, str]:
    """The case, the step, and what its reporter was told with it."""
    if event.payload.Is(cases_pb2.IncidentReported.DESCRIPTOR):
        return _unpacked(event, cases_pb2.IncidentReported()).case, "REPORT", ""
    advanced = _unpacked(event, cases_pb2.CaseAdvanced())
    name = cases_pb2.CaseEvent.Name(advanced.entry.event).removeprefix("CASE_EVENT_")
    words = telling.masked(advanced.entry.opinion)[:WORDS_MAX] if name in telling.ANSWERS else ""
    return advanced.case, name, words


def _unpacked(event: events_pb2.Event, payload: Payload) -> Payload:
    event.payload.Unpack(payload)
    return payload
