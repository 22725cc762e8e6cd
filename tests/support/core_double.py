"""Stands in for registry and incidents where only the host is on trial: remembers all it is asked, forgets nothing told."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf.message import Message
from gridward.events.v1 import events_pb2, events_pb2_grpc
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc
from gridward.registry.v1 import tasks_pb2, tasks_pb2_grpc

from services.platform import status
from services.platform.errors import Conflict, GridwardError, Stale
from services.platform.identity import Caller, TokenVerifier
from services.platform.ids import uuid7

Context = Any
STREAM_SLICE_S = 0.2
LEASE_S = 3


def a_case_message(case_id: str = "", *, description: str = "", task_type: str = "old_wall_damage") -> cases_pb2.Case:
    """A case as incidents tells it."""
    case = cases_pb2.Case(
        id=case_id or str(uuid7()),
        number="9991-20260302-00001",
        version=1,
        state=cases_pb2.CASE_STATE_REPORTED,
        signal=cases_pb2.SIGNAL_GREEN,
        task_type=task_type,
        task_type_version=1,
        description=description,
        place="北门",
        department_code="D17",
        source=cases_pb2.SOURCE_RESIDENT,
        reporter="resident@home",
        form_answers='{"fenced": true}',
    )
    case.reported_at.FromDatetime(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    return case


def an_event(payload: Message, *, case: cases_pb2.Case, type: str = "incident_reported") -> events_pb2.Event:
    """An event as an outbox tells it, still without a position."""
    event = events_pb2.Event(id=str(uuid7()), type=type, subject=case.id, service="incidents", task_type=case.task_type)
    event.occurred_at.FromDatetime(datetime(2026, 3, 2, 2, 0, 1, tzinfo=UTC))
    event.payload.Pack(payload)
    return event


def reported(description: str = "", *, task_type: str = "old_wall_damage") -> events_pb2.Event:
    """Somebody reported."""
    case = a_case_message(description=description, task_type=task_type)
    return an_event(cases_pb2.IncidentReported(case=case), case=case)


@dataclass
class CoreDouble:
    """Both services on one port. Every list may be looked at while they run."""

    trust_file: Path
    events: list[events_pb2.Event] = field(default_factory=list)
    acks: dict[str, int] = field(default_factory=dict)
    registrations: list[tuple[Caller, tasks_pb2.RegisterPluginRequest]] = field(default_factory=list)
    leases: set[str] = field(default_factory=set)
    renewals: int = 0
    watches: list[events_pb2.WatchBatchesRequest] = field(default_factory=list)
    wishes: list[incidents_pb2.AdvanceCaseRequest] = field(default_factory=list)
    answered: dict[str, Message] = field(default_factory=dict)
    cases: dict[str, cases_pb2.Case] = field(default_factory=dict)
    history: dict[str, list[cases_pb2.HistoryEntry]] = field(default_factory=dict)
    reports: list[incidents_pb2.ReportIncidentRequest] = field(default_factory=list)
    refuse: Callable[[str], GridwardError | None] = lambda _method: None
    port: int = 0
    #: Two hosts may ask the same at once; the second is given the first one's answer.
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _server: grpc.Server | None = None

    def start(self) -> None:
        """Serve, on the same port as before when there was one."""
        self._server = grpc.server(ThreadPoolExecutor(40), options=[("grpc.so_reuseport", 0)])
        servicer = _Servicer(self, TokenVerifier.from_file(self.trust_file))
        tasks_pb2_grpc.add_TasksServiceServicer_to_server(servicer, self._server)
        incidents_pb2_grpc.add_IncidentsServiceServicer_to_server(servicer, self._server)
        events_pb2_grpc.add_EventsServiceServicer_to_server(servicer, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()

    def stop(self) -> None:
        """End every call at once."""
        if self._server is not None:
            self._server.stop(0).wait()
            self._server = None

    @property
    def serving(self) -> bool:
        return self._server is not None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def tell(self, *events: events_pb2.Event) -> list[events_pb2.Event]:
        """Events happen."""
        with self._changed:
            for event in events:
                event.position = len(self.events) + 1
                self.events.append(event)
            self._changed.notify_all()
        return list(events)

    def wait_beyond(self, position: int) -> list[events_pb2.Event]:
        """Events after a position, as soon as there are any or a moment has passed."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.events) > position, STREAM_SLICE_S)
            return self.events[position:]


class _Servicer(
    tasks_pb2_grpc.TasksServiceServicer,
    incidents_pb2_grpc.IncidentsServiceServicer,
    events_pb2_grpc.EventsServiceServicer,
):
    def __init__(self, double: CoreDouble, verifier: TokenVerifier) -> None:
        self._double = double
        self._verifier = verifier

    def _admit(self, method: str, context: Context) -> Caller:
        metadata = dict(context.invocation_metadata())
        caller = self._verifier.verify(metadata["authorization"].removeprefix("Bearer "))
        refusal = self._double.refuse(method)
        if refusal is not None:
            self._fail(context, refusal)
        return caller

    @staticmethod
    def _fail(context: Context, error: GridwardError) -> None:
        from grpc_status import rpc_status

        context.abort_with_status(rpc_status.to_status(status.to_status(error)))

    def RegisterPlugin(self, request: tasks_pb2.RegisterPluginRequest, context: Context) -> Any:
        caller = self._admit("RegisterPlugin", context)
        lease = uuid4().hex
        self._double.leases.add(lease)
        self._double.registrations.append((caller, request))
        return tasks_pb2.RegisterPluginResponse(lease_id=lease, lease_s=LEASE_S, task_types=request.task_types)

    def RenewLease(self, request: tasks_pb2.RenewLeaseRequest, context: Context) -> Any:
        self._admit("RenewLease", context)
        if request.lease_id not in self._double.leases:
            error = Conflict()
            error.reason = "LEASE_LOST"
            self._fail(context, error)
        self._double.renewals += 1
        return tasks_pb2.RenewLeaseResponse()

    def WatchBatches(self, request: events_pb2.WatchBatchesRequest, context: Context) -> Iterator[Any]:
        self._admit("WatchBatches", context)
        self._double.watches.append(request)
        position = request.after if request.HasField("after") else self._double.acks.get(request.group, 0)
        while context.is_active():
            waiting = self._double.wait_beyond(position)[: request.batch_size or 200]
            if not waiting:
                continue
            position = waiting[-1].position
            chosen = [event for event in waiting if event.task_type in request.task_types]
            yield events_pb2.WatchBatchesResponse(events=chosen, position=position)

    def Ack(self, request: events_pb2.AckRequest, context: Context) -> Any:
        self._admit("Ack", context)
        known = self._double.acks.get(request.group, 0)
        self._double.acks[request.group] = max(known, request.position)
        return events_pb2.AckResponse()

    def GetCase(self, request: incidents_pb2.GetCaseRequest, context: Context) -> Any:
        self._admit("GetCase", context)
        history = self._double.history.get(request.case_id, [])
        return incidents_pb2.GetCaseResponse(case=self._double.cases[request.case_id], history=history)

    def AdvanceCase(self, request: incidents_pb2.AdvanceCaseRequest, context: Context) -> Any:
        caller = self._admit("AdvanceCase", context)
        with self._double.one_at_a_time:
            return self._advance(request, caller, context)

    def _advance(self, request: incidents_pb2.AdvanceCaseRequest, caller: Caller, context: Context) -> Any:
        self._double.wishes.append(request)
        if request.request_id in self._double.answered:
            return self._double.answered[request.request_id]
        case = self._double.cases.setdefault(request.case_id, cases_pb2.Case(id=request.case_id, version=1))
        only_notes = all(step.event == cases_pb2.CASE_EVENT_NOTE for step in request.steps)
        if case.version != request.version and not only_notes:
            self._fail(context, Stale(cases_pb2.StaleCase(case=case)))
        case.version += 1
        for step in request.steps:
            entry = cases_pb2.HistoryEntry(
                event=step.event, actor=caller.subject, opinion=step.opinion, opinion_en=step.opinion_en
            )
            self._double.history.setdefault(case.id, []).append(entry)
        answer = incidents_pb2.AdvanceCaseResponse()
        answer.case.CopyFrom(case)
        self._double.answered[request.request_id] = answer
        return answer

    def ReportIncident(self, request: incidents_pb2.ReportIncidentRequest, context: Context) -> Any:
        self._admit("ReportIncident", context)
        self._double.reports.append(request)
        return incidents_pb2.ReportIncidentResponse(case=a_case_message(description=request.report.description))
