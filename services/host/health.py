"""Tells whether every department is registered and hears its events, and counts what its hooks do."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import eventlet
import eventlet.wsgi
import structlog
from prometheus_client import Counter, Gauge, Histogram, make_wsgi_app

log = structlog.get_logger(service="host")

HOOK_SECONDS = Histogram("host_hook_duration_seconds", "Time a hook takes", ["plugin", "hook"])
HOOK_CALLS = Counter(
    "host_hook_calls_total", "Hook calls by outcome: done, failed, away", ["plugin", "hook", "outcome"]
)
EVENTS_PUT_ASIDE = Counter("host_events_put_aside_total", "Events no try could handle; alarm on any", ["plugin"])
EVENTS_TWICE = Counter("host_events_twice_total", "Events told again after they were handled", ["plugin"])
EVENTS_IN_FLIGHT = Gauge("host_events_in_flight", "Events taken up and not yet handled", ["plugin"])
REGISTERED = Gauge("host_plugin_registered", "1 while the plugin holds a lease", ["plugin"])
FOLLOWING = Gauge("host_plugin_following", "1 while the plugin hears its events", ["plugin"])

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass(slots=True, kw_only=True)
class PluginHealth:
    """How one plugin is."""

    registered: bool = False
    following: bool = False
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Nothing is missing."""
        return self.registered and self.following


@dataclass(slots=True)
class Health:
    """How all plugins are, those that could not be loaded included."""

    plugins: dict[str, PluginHealth] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Every plugin is well."""
        return all(plugin.ok for plugin in self.plugins.values())

    def refused(self, plugin: str, problem: str) -> None:
        """A plugin could not be loaded."""
        self.plugins[plugin] = PluginHealth(problem=problem)

    def registered(self, plugin: str, *, holds: bool, problem: str = "") -> None:
        """A plugin holds a lease now, or does not, and why."""
        entry = self._entry(plugin)
        entry.registered, entry.problem = holds, problem
        REGISTERED.labels(plugin).set(holds)

    def following(self, plugin: str, *, hears: bool) -> None:
        """A plugin hears its events now, or does not."""
        self._entry(plugin).following = hears
        FOLLOWING.labels(plugin).set(hears)

    def _entry(self, plugin: str) -> PluginHealth:
        return self.plugins.setdefault(plugin, PluginHealth())

    def page(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer /livez, /healthz and /metrics; whether the process lives depends on nothing else."""
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            metrics: Iterable[bytes] = make_wsgi_app()(environ, start_response)
            return metrics
        known = path in {"/healthz", "/livez"}
        well = self.ok or path == "/livez"
        status = ("200 OK" if well else "503 Service Unavailable") if known else "404 Not Found"
        body = {"ok": self.ok, "plugins": {name: asdict(plugin) for name, plugin in sorted(self.plugins.items())}}
        start_response(status, [("Content-Type", "application/json; charset=utf-8")])
        return [json.dumps(body if known else {}, ensure_ascii=False).encode()]

    def serve(self, host: str, port: int) -> int:
        """Answer from now on; the port taken."""
        socket = eventlet.listen((host, port))
        taken = int(socket.getsockname()[1])
        eventlet.spawn(eventlet.wsgi.server, socket, self.page, log_output=False, debug=False)
        log.info("watched", port=taken)
        return taken
