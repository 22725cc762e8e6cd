"""Keeps a department registered: joins, renews the lease, joins again when it was lost or the registry was away."""

# mypy: disable-error-code="misc"
# nameko tells nothing of its types, so its classes can be inherited from only without them.

import os
import socket
import time
from typing import Final
from uuid import uuid4

import eventlet
import structlog
from eventlet.event import Event
from gridward.registry.v1 import plugins_pb2, tasks_pb2
from nameko.extensions import DependencyProvider

from plugins.sdk import SDK_VERSION
from services.host.core import plugin_caller
from services.host.feed import CONTEXT, HostContext
from services.host.items import errand_of
from services.host.loader import Department
from services.host.offer import items_to, task_type_to
from services.platform.errors import AlreadyExists, Forbidden, GridwardError, Invalid, NotFound, Unavailable

log = structlog.get_logger(service="host")

WITHDRAWN: Final = "PLUGIN_WITHDRAWN"
#: What asking again does not change.
NOES: Final = (Invalid, NotFound, AlreadyExists, Forbidden)
RETRY_S_MIN: Final = 0.2
RETRY_S_MAX: Final = 5.0
ITEMS_RETRY_S_MIN: Final = 1.0
ITEMS_RETRY_S_MAX: Final = 60.0
HEAR_EVERY_S: Final = 0.1
#: A lease is renewed this many times within its life, so that two renewals may fail.
RENEWALS: Final = 3


class Membership(DependencyProvider):
    """One for each department; what the hooks see of it is nothing."""

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        self.context: HostContext = self.container.config[CONTEXT]
        self.department: Department = self.container.service_cls.department
        self._stopping = Event()
        self._instance_id = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._caller = plugin_caller(self.department.manifest)
        self._log = log.bind(plugin=self.department.name)

    def start(self) -> None:
        """Called by nameko."""
        self.container.spawn_managed_thread(self._stay, identifier=f"{self.department.name} lease")
        if self.department.manifest.inspection_items:
            self.container.spawn_managed_thread(self._bring_items, identifier=f"{self.department.name} items")

    def stop(self) -> None:
        """Called by nameko; the lease is left to run out, for a restart comes back before that."""
        self._stopping.send(None)

    def _stay(self) -> None:
        pause_s = RETRY_S_MIN
        while self.context.hear_before_joining and not self._hears() and not self._stopping.ready():
            self._rest(HEAR_EVERY_S)
        while not self._stopping.ready():
            try:
                lease = self._join()
                pause_s = RETRY_S_MIN
                self._keep(lease)
            except GridwardError as error:
                if error.reason == WITHDRAWN:
                    self.context.orders_of(self.department.name).turned_away()
                    self._show_standing()
                self.context.health.registered(
                    self.department.name, holds=False, problem=error.message, turned_away=isinstance(error, NOES)
                )
                self._log.warning("not_registered", reason=error.reason, message=error.message)
                self._rest(pause_s)
                pause_s = min(pause_s * 2, RETRY_S_MAX)

    def _hears(self) -> bool:
        return self.context.health.plugins[self.department.name].following

    def _join(self) -> tasks_pb2.RegisterPluginResponse:
        manifest = self.department.manifest
        request = tasks_pb2.RegisterPluginRequest(
            plugin=manifest.name,
            plugin_version=manifest.version,
            sdk_version=SDK_VERSION,
            department_code=manifest.department,
            task_types=[task_type_to(task_type, manifest.department) for task_type in manifest.task_types],
            instance_id=self._instance_id,
            release=self.context.settings.plugin_release,
        )
        core = self.context.core
        lease = core.call(core.tasks.RegisterPlugin, request, caller=self._caller)
        self.context.health.registered(self.department.name, holds=True)
        self._log.info("registered", lease_s=lease.lease_s, task_types=len(lease.task_types))
        self._take(lease.orders)
        return lease

    def _keep(self, lease: tasks_pb2.RegisterPluginResponse) -> None:
        """Renew until told to stop; returns with the error that says why the lease is no longer held."""
        request = tasks_pb2.RenewLeaseRequest(lease_id=lease.lease_id)
        core = self.context.core
        renewed_s = time.monotonic()
        while not self._stopping.ready():
            self._rest(lease.lease_s / RENEWALS)
            try:
                answer = core.call(core.tasks.RenewLease, request, caller=self._caller)
            except Unavailable:
                if time.monotonic() - renewed_s > lease.lease_s:
                    raise
            else:
                renewed_s = time.monotonic()
                self._take(answer.orders)

    def _take(self, told: plugins_pb2.PluginOrders) -> None:
        orders = self.context.orders_of(self.department.name)
        if orders.take(told):
            self._log.info(
                "orders_taken",
                halt=orders.halt,
                areas=orders.area_paths,
                releases=[window.release for window in orders.windows],
            )
        self._show_standing()

    def _show_standing(self) -> None:
        self.context.health.halted(self.department.name, self.context.orders_of(self.department.name).halt)

    def _bring_items(self) -> None:
        """Bring the inspection items. Other departments put some of them right, and may join later or never."""
        manifest, pause_s = self.department.manifest, ITEMS_RETRY_S_MIN
        errand = errand_of(manifest.name, items_to(manifest), core=self.context.core, caller=self._caller)
        while not (self._stopping.ready() or errand.go()):
            self._rest(pause_s)
            pause_s = min(pause_s * 2, ITEMS_RETRY_S_MAX)

    def _rest(self, seconds: float) -> None:
        with eventlet.Timeout(seconds, exception=False):
            self._stopping.wait()
