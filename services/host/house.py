"""Holds all departments of the process under one roof: those it began with, and those that come while it runs."""

import contextlib
from typing import Any, Final

import eventlet
import structlog
from eventlet.event import Event
from nameko.runners import ServiceRunner

from services.host import worker
from services.host.feed import CONTEXT, HostContext
from services.host.loader import Department
from services.host.watchdog import Watchdog

log = structlog.get_logger(service="host")

BROKER: Final = "broker"
STREAM: Final = "stream"


class House:
    """A nameko service for each department; one that comes later and breaks takes no other with it."""

    def __init__(self, context: HostContext) -> None:
        settings = context.settings
        self._context = context
        self._watchdog = Watchdog(grace_s=settings.hook_block_s)
        self.source = BROKER if settings.amqp_url else STREAM
        self._runner = ServiceRunner(
            {"max_workers": settings.hook_workers, CONTEXT: context, worker.SOURCE: self.source}
        )
        self.departments: dict[str, Department] = {}
        self._later: list[Any] = []
        self._stopping = Event()

    def add(self, department: Department) -> Any:
        """Give a department its place; the container in which it will run."""
        settings, health = self._context.settings, self._context.health
        health.runs(department.name, version=department.manifest.version, release=settings.plugin_release)
        health.registered(department.name, holds=False)
        service = worker.service_class(department, hook_timeout_s=settings.hook_timeout_s, watchdog=self._watchdog)
        self._runner.add_service(service)
        self.departments[department.name] = department
        return self._runner.service_map[service.name]  # type: ignore[attr-defined]  # nameko's own name

    def take_in(self, department: Department, *, vital: bool = False) -> None:
        """Run one more beside those that run; all end with one that is vital and breaks."""
        container = self.add(department)
        container.start()
        self._later.append(container)
        eventlet.spawn(self._look_after, department.name, container, vital)

    def _look_after(self, name: str, container: Any, vital: bool) -> None:
        try:
            container.wait()
        except Exception as error:
            log.exception("department_broke", plugin=name)
            self._context.health.refused(name, f"{type(error).__name__}: {error}")
            if vital and not self._stopping.ready():
                self._stopping.send_exception(error)

    def start(self) -> None:
        """Run all that were added."""
        self._watchdog.start()
        self._runner.start()

    def stop(self) -> None:
        """Let all finish what they are at."""
        if not self._stopping.ready():
            self._stopping.send(None)
        self._runner.stop()

    def wait(self) -> None:
        """Until all have stopped; fails with what broke one of those it began with."""
        waiting = eventlet.spawn(self._wait)
        while True:
            # A signal that comes while the hub waits on a socket would end this wait; a green thread of its own
            # does not feel it.
            try:
                waiting.wait()
            except InterruptedError:
                continue
            return

    def _wait(self) -> None:
        self._runner.wait()
        # Where it began with none, it waits for the first to come.
        self._stopping.wait()
        for container in self._later:
            # Told to stop with the others; of one that broke it was told when it did.
            with contextlib.suppress(Exception):
                container.wait()
