"""Tells whether every department is registered, hears its events and gets on with them, and counts what its hooks do."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

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
EVENTS_ASIDE = Gauge("host_events_aside", "Events that wait for a person", ["plugin"])
EVENTS_TWICE = Counter("host_events_twice_total", "Events told again after they were handled", ["plugin"])
EVENTS_IN_FLIGHT = Gauge("host_events_in_flight", "Events taken up and not yet handled", ["plugin"])
LETTERS = Counter(
    "host_letters_total", "Letters to departments' systems: sent, tried, put_aside", ["plugin", "outcome"]
)
REGISTERED = Gauge("host_plugin_registered", "1 while the plugin holds a lease", ["plugin"])
FOLLOWING = Gauge("host_plugin_following", "1 while the plugin hears its events", ["plugin"])
HALTED = Gauge("host_plugin_halted", "1 while the plugin is suspended, withdrawn or has not joined", ["plugin"])
DEGRADED = Gauge(
    "host_plugin_degraded", "1 while the plugin's hooks keep failing or events wait for a person", ["plugin"]
)

#: A plugin is degraded when at least half of its latest calls failed, of which there must be this many.
CALLS_REMEMBERED: Final = 20
CALLS_LEAST: Final = 4
FAILED: Final = "failed"
WITHDRAWN: Final = "withdrawn"
HALTS: Final = frozenset({"suspended", WITHDRAWN})

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass(slots=True, kw_only=True)
class PluginHealth:
    """How one plugin is."""

    registered: bool = False
    following: bool = False
    problem: str = ""
    #: Its manifest, the operator or the city says no to it, and will until somebody changes something.
    turned_away: bool = False
    #: Events that wait for a person, by where they lie: on the desk, in the broker.
    asides: dict[str, int] = field(default_factory=dict)
    #: Why it does nothing: suspended or withdrawn by the centre.
    halt: str = ""
    version: str = ""
    release: str = ""
    #: Another version of it that is installed, and runs when the host is started again.
    installed: str = ""
    calls: deque[str] = field(default_factory=lambda: deque(maxlen=CALLS_REMEMBERED))

    @property
    def aside(self) -> int:
        """Events that wait for a person."""
        return sum(self.asides.values())

    @property
    def ok(self) -> bool:
        """Nothing is missing. What the centre has withdrawn is as it should be."""
        return self.halt == WITHDRAWN or (self.registered and self.following)

    @property
    def failing(self) -> bool:
        """At least half of its latest calls failed."""
        failed = sum(outcome == FAILED for outcome in self.calls)
        return len(self.calls) >= CALLS_LEAST and failed * 2 >= len(self.calls)

    @property
    def degraded(self) -> bool:
        """Its hooks keep failing, or events wait for a person."""
        return self.aside > 0 or self.failing

    @property
    def state(self) -> str:
        """In one word: suspended, withdrawn, refused, offline, degraded or well."""
        if self.halt in HALTS:
            return self.halt
        if self.problem and not self.registered:
            return "refused" if not self.following else "offline"
        if not self.ok:
            return "offline"
        return "degraded" if self.degraded else "well"

    def told(self) -> dict[str, str | bool | int]:
        """As the page shows it."""
        return {
            "registered": self.registered,
            "following": self.following,
            "state": self.state,
            "aside": self.aside,
            "failing": self.failing,
            "version": self.version,
            "release": self.release,
            "installed": self.installed,
            "problem": self.problem,
        }


@dataclass(slots=True)
class Health:
    """How all plugins are, those that could not be loaded included."""

    plugins: dict[str, PluginHealth] = field(default_factory=dict)
    #: Those that another host serves while this one stands by, as that one told of them.
    elsewhere: dict[str, dict[str, object]] = field(default_factory=dict)
    #: Answers what departments' own systems post; told the WSGI environment.
    inbound: Callable[[dict[str, Any]], Any] | None = None
    #: Shows people what was put aside, and has it told anew.
    counter: Callable[[dict[str, Any]], tuple[HTTPStatus, object]] | None = None

    @property
    def ok(self) -> bool:
        """Every plugin is registered and hears its events. A degraded one is no reason to restart the others.

        Neither is one that is turned away, as long as there are others to run.
        """
        wanted = [plugin for plugin in self.plugins.values() if plugin.ok or not plugin.turned_away]
        return all(plugin.ok for plugin in wanted or self.plugins.values())

    def refused(self, plugin: str, problem: str) -> None:
        """A plugin could not be loaded."""
        self.plugins[plugin] = PluginHealth(problem=problem, turned_away=True)

    def gone(self, plugin: str) -> None:
        """A plugin that could not be loaded was taken away."""
        self.plugins.pop(plugin, None)

    def registered(self, plugin: str, *, holds: bool, problem: str = "", turned_away: bool = False) -> None:
        """A plugin holds a lease now, or does not, and why."""
        entry = self._entry(plugin)
        entry.registered, entry.problem, entry.turned_away = holds, problem, turned_away
        REGISTERED.labels(plugin).set(holds)

    def following(self, plugin: str, *, hears: bool) -> None:
        """A plugin hears its events now, or does not."""
        self._entry(plugin).following = hears
        FOLLOWING.labels(plugin).set(hears)

    def called(self, plugin: str, hook: str, outcome: str) -> None:
        """A hook was called, and how it went."""
        HOOK_CALLS.labels(plugin, hook, outcome).inc()
        self._entry(plugin).calls.append(outcome)
        self._show(plugin)

    def put_aside(self, plugin: str) -> None:
        """An event was put aside for a person."""
        EVENTS_PUT_ASIDE.labels(plugin).inc()

    def stands_by(self, plugin: str, told: Mapping[str, object]) -> None:
        """Another host serves a plugin; what it told of it last."""
        self.elsewhere[plugin] = dict(told) or {"state": "offline"}

    def takes_over(self, plugin: str) -> None:
        """It is served here from now on."""
        self.elsewhere.pop(plugin, None)

    def runs(self, plugin: str, *, version: str, release: str) -> None:
        """A version of a plugin runs here, in a release."""
        entry = self._entry(plugin)
        entry.version, entry.release = version, release

    def waits_for_a_start(self, plugin: str, version: str) -> None:
        """Another version of a plugin that runs here is installed; none, when empty."""
        if plugin in self.plugins and self.plugins[plugin].installed != version:
            self.plugins[plugin].installed = version
            log.info("newer_installed", plugin=plugin, version=version)

    def halted(self, plugin: str, halt: str) -> None:
        """A plugin may act now, or may not, and why."""
        self._entry(plugin).halt = halt
        HALTED.labels(plugin).set(bool(halt))

    def aside(self, plugin: str, count: int, *, place: str = "desk") -> None:
        """So many events of a plugin wait for a person at a place."""
        entry = self._entry(plugin)
        entry.asides[place] = count
        EVENTS_ASIDE.labels(plugin).set(entry.aside)
        self._show(plugin)

    def letter(self, plugin: str, outcome: str) -> None:
        """A letter was sent, tried or put aside."""
        LETTERS.labels(plugin, outcome).inc()

    def _show(self, plugin: str) -> None:
        DEGRADED.labels(plugin).set(self._entry(plugin).degraded)

    def _entry(self, plugin: str) -> PluginHealth:
        return self.plugins.setdefault(plugin, PluginHealth())

    def page(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer /livez, /healthz and /metrics, and what is posted to /inbound/<plugin>."""
        path = environ.get("PATH_INFO", "")
        if path == "/livez":
            # That it answers at all is the answer: a department that is away is no reason to start the process anew.
            return _json(start_response, HTTPStatus.OK, {"ok": True})
        if path == "/metrics":
            metrics: Iterable[bytes] = make_wsgi_app()(environ, start_response)
            return metrics
        if path.startswith("/inbound/") and environ.get("REQUEST_METHOD") == "POST" and self.inbound is not None:
            reply = self.inbound(environ)
            return _json(start_response, reply.status, {"reason": reply.reason})
        if path == "/letters" and self.counter is not None:
            status, answer = self.counter(environ)
            return _json(start_response, status, answer)
        if path != "/healthz":
            return _json(start_response, HTTPStatus.NOT_FOUND, {})
        here: dict[str, Mapping[str, object]] = {name: plugin.told() for name, plugin in self.plugins.items()}
        plugins = dict(sorted({**self.elsewhere, **here}.items()))
        status = HTTPStatus.OK if self.ok else HTTPStatus.SERVICE_UNAVAILABLE
        return _json(start_response, status, {"ok": self.ok, "plugins": plugins})

    def serve(self, host: str, port: int) -> int:
        """Answer from now on; the port taken."""
        socket = eventlet.listen((host, port))
        taken = int(socket.getsockname()[1])
        eventlet.spawn(eventlet.wsgi.server, socket, self.page, log_output=False, debug=False)
        log.info("watched", port=taken)
        return taken


def _json(start_response: StartResponse, status: HTTPStatus, body: object) -> list[bytes]:
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json; charset=utf-8")])
    return [json.dumps(body, ensure_ascii=False).encode()]
