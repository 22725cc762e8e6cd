"""Serves gRPC the same way in every process: guarded, watched, healthy, and gone without a dropped call."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from gridward.events.v1 import events_pb2, events_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection
from prometheus_client import start_http_server

from services.platform import housekeeping, memory, transport
from services.platform.database import Database
from services.platform.events import EventsServicer
from services.platform.identity import TokenVerifier
from services.platform.interceptor import CallInterceptor
from services.platform.lifecycle import Drain, end
from services.platform.outbox import Sequencer
from services.platform.rules import rules_of
from services.platform.settings import ServiceSettings
from services.platform.tracing import tracing

log = structlog.get_logger()

MESSAGE_BYTES_MAX = 4 * 1024 * 1024
HEALTH_CHECK_S = 2.0
#: The name under which a probe asks whether the process lives, whatever it stands on.
LIVE = "live"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Background = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True, kw_only=True)
class Offer:
    """A service to serve: its descriptor and how its servicer is added to a server."""

    descriptor: ServiceDescriptor
    add: Callable[[grpc.aio.Server], None]


@dataclass(slots=True, kw_only=True)
class Process:
    """A process of the suite: what it serves, what it does beside, and what it must have to be healthy."""

    name: str
    settings: ServiceSettings
    offers: Sequence[Offer]
    database: Database | None = None
    background: Sequence[Background] = ()
    ready: Callable[[], Awaitable[bool]] | None = None
    drain: Drain = field(default_factory=Drain)
    #: What a process of its own reads in once it serves, because calls can be answered without it.
    later: Sequence[Callable[[], None]] = ()
    port: int = 0
    health_port: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _server: grpc.aio.Server | None = None
    _health: HealthServicer = field(default_factory=HealthServicer)
    _second_door: grpc.aio.Server | None = None
    #: A process of its own; one that is part of a test shares its memory with others.
    _unsettled: bool = False

    async def start(self) -> int:
        """Begin to serve; the port taken."""
        offers = list(self.offers)
        background = list(self.background)
        if self.database is not None:
            background += self._event_tasks(self.database, offers)
        rules = rules_of(offer.descriptor for offer in offers)
        verifier = TokenVerifier.from_file(self.settings.trust_file)
        self._server = grpc.aio.server(
            interceptors=[CallInterceptor(rules, verifier, calls_max=self.settings.calls_max)],
            options=[
                ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
                ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
                ("grpc.so_reuseport", 0),
                ("grpc.keepalive_time_ms", 30_000),
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
                ("grpc.keepalive_permit_without_calls", 1),
                *self._renewal(),
            ],
        )
        for offer in offers:
            offer.add(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [offer.descriptor.full_name for offer in offers]
        reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], self._server)
        credentials = transport.server_credentials(self.settings)
        self.port = (
            self._server.add_insecure_port(self.settings.listen)
            if credentials is None
            else self._server.add_secure_port(self.settings.listen, credentials)
        )
        for name in (LIVE, transport.WELCOME):
            await self._health.set(name, SERVING)
        await self._open_second_door()
        await self._server.start()
        self._tasks = [asyncio.create_task(self._guarded(task)) for task in [*background, self._watch_health]]
        log.info("serving", port=self.port, services=names)
        return self.port

    def _renewal(self) -> list[tuple[str, int]]:
        """Connections end in good order after a while and are made anew, also to replicas that have come since."""
        if not self.settings.connection_s:
            return []
        return [("grpc.max_connection_age_ms", round(self.settings.connection_s * 1000))]

    async def _open_second_door(self) -> None:
        """Health alone, in plain text: a cluster's probes bring no certificate."""
        if not self.settings.health_listen:
            return
        self._second_door = grpc.aio.server()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._second_door)
        self.health_port = self._second_door.add_insecure_port(self.settings.health_listen)
        await self._second_door.start()

    def _event_tasks(self, database: Database, offers: list[Offer]) -> list[Background]:
        """Every service with a schema tells its events, and clears up behind itself."""
        sequencer = Sequencer(database, service=self.name)
        servicer = EventsServicer(database, sequencer, drain=self.drain)
        offers.append(
            Offer(
                descriptor=events_pb2.DESCRIPTOR.services_by_name["EventsService"],
                add=lambda server: events_pb2_grpc.add_EventsServiceServicer_to_server(servicer, server),
            )
        )
        tasks: list[Background] = [sequencer.run, lambda: housekeeping.run(database)]
        if self.settings.amqp_url is not None:
            from services.platform import broker  # noqa: PLC0415 only a city with RabbitMQ needs what it stands on

            url = self.settings.amqp_url.get_secret_value()
            tasks.append(lambda: broker.relay(database, sequencer, amqp_url=url))
        return tasks

    async def _guarded(self, task: Background) -> None:
        """A background task that breaks takes the process down; the supervisor starts it afresh."""
        try:
            await task()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("background_task_broke", task=getattr(task, "__qualname__", str(task)))
            self.drain.begin()
            raise

    async def _watch_health(self) -> None:
        while not self.drain.begun:
            healthy = (self.database is None or await self.database.ready()) and (
                self.ready is None or await self.ready()
            )
            await self._health.set("", SERVING if healthy else NOT_SERVING)
            if healthy and self._unsettled:
                self._unsettled = False
                for read in self.later:
                    await asyncio.to_thread(read)
                memory.settle()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.drain.wait(), HEALTH_CHECK_S if healthy else 0.1)

    async def stop(self) -> None:
        """Send clients elsewhere, take no new calls, let running ones finish, then end what runs beside.

        A server that stops while calls are still being sent to it drops those it had not looked at yet.
        """
        self.drain.begin()
        for name in ("", transport.WELCOME):
            await self._health.set(name, NOT_SERVING)
        await asyncio.sleep(self.settings.leave_s)
        await self._health.enter_graceful_shutdown()
        if self._server is not None:
            await self._server.stop(self.settings.drain_s)
        if self._second_door is not None:
            await self._second_door.stop(None)
        await self._end_tasks()
        if self.database is not None:
            await self.database.close()
        log.info("stopped")

    async def _end_tasks(self) -> None:
        await end(self._tasks)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain.begin)
        start_http_server(self.settings.metrics_port, self.settings.metrics_host)
        transport.end_when_renewed(self.settings)
        tracing.begin(self.name, endpoint=self.settings.otlp_endpoint, share=self.settings.trace_share)
        self._unsettled = True
        await self.start()
        await self.drain.wait()
        await self.stop()
        await asyncio.to_thread(tracing.end)
