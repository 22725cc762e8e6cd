"""Takes in departments that are installed while the host runs: a wheel or a folder is enough, nothing is started anew.

One that runs goes on with the code it began with until the host is started again; that another version is installed is
told meanwhile. One that was refused is looked at again as soon as its files have changed.
"""

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Final

import eventlet
import structlog
from eventlet.event import Event

import plugins
from plugins.sdk.manifest import check
from services.host import loader
from services.host.admission import Operator
from services.host.health import Health
from services.host.loader import Department, Discover

log = structlog.get_logger(service="host")

LOOK_EVERY_S: Final = 1.0
#: An installer writes a folder before what is in it, so that a change is followed by a few more looks.
LOOKS_AFTER_CHANGE: Final = 3

#: How a package lies on the disk: size and time of each file. Two that are alike hold the same.
Shape = frozenset[tuple[str, int, int]]


class Newcomers:
    """Looks at what is installed every so often, and hands over what may run."""

    def __init__(
        self,
        running: Iterable[Department],
        *,
        operator: Operator,
        health: Health,
        take_in: Callable[[Department], None],
        discover: Discover = loader.installed,
    ) -> None:
        self._running = {department.name: department for department in running}
        self._operator = operator
        self._health = health
        self._take_in = take_in
        self._discover = discover
        self._found: dict[str, EntryPoint] = {}
        #: As each looked when it was judged, and when it was last seen.
        self._judged: dict[str, Shape] = {}
        self._seen: dict[str, Shape] = {}
        self._places: tuple[float, ...] = ()
        self._looks_left = 0
        self._stopping = Event()

    def start(self) -> None:
        """Look from now on; what is refused already is judged anew only when it has changed."""
        self._places = _places()
        self._found = {point.name: point for point in self._discover()}
        self._judged = {name: _shape(point) for name, point in self._strangers()}
        eventlet.spawn(self._run)

    def stop(self) -> None:
        """Look no more."""
        if not self._stopping.ready():
            self._stopping.send(None)

    def _run(self) -> None:
        while not self._stopping.ready():
            with eventlet.Timeout(LOOK_EVERY_S, exception=False):
                self._stopping.wait()
                return
            try:
                self.look()
            except Exception:
                log.exception("newcomers_not_seen")

    def look(self) -> None:
        """Judge each newcomer that looks as it did the last time, so that nothing half-written is read."""
        self._discover_anew()
        for name, point in self._strangers():
            shape = _shape(point)
            settled, self._seen[name] = self._seen.get(name) == shape, shape
            if settled and shape and self._judged.get(name) != shape:
                self._judged[name] = shape
                self._judge(point)

    def _strangers(self) -> list[tuple[str, EntryPoint]]:
        return sorted((name, point) for name, point in self._found.items() if name not in self._running)

    def _discover_anew(self) -> None:
        places = _places()
        if places != self._places:
            self._places, self._looks_left = places, LOOKS_AFTER_CHANGE
        if self._looks_left:
            self._looks_left -= 1
            importlib.invalidate_caches()
            self._found = {point.name: point for point in self._discover()}
            for name in self._judged.keys() - self._found.keys() - self._running.keys():
                del self._judged[name]
                self._health.gone(name)
            for name, department in self._running.items():
                found = _version_of(self._found.get(name))
                self._health.waits_for_a_start(name, found if found != department.manifest.version else "")

    def _judge(self, point: EntryPoint) -> None:
        _forget_code(point.module)
        beside = [department.manifest for department in self._running.values()]
        loaded = loader.load([point.name], lambda: [point], self._operator, beside)
        for name, problem in loaded.problems.items():
            self._health.refused(name, problem)
        for department in loaded.departments:
            self._running[department.name] = department
            self._take_in(department)
            log.info("newcomer", plugin=department.name, version=department.manifest.version)


def _version_of(point: EntryPoint | None) -> str:
    """The version of a department as it lies on the disk; empty where it cannot be read."""
    try:
        manifest, _ = check(loader.folder_of(point.module)) if point else (None, ())
    except (loader.FolderMissing, ImportError, OSError, ValueError):
        return ""
    return manifest.version if manifest else ""


def _places() -> tuple[float, ...]:
    """When anything was last put into, or taken out of, each place where packages lie."""
    beside_the_kit = Path(plugins.__path__[0])
    places = [*map(Path, sys.path), beside_the_kit, *sorted(beside_the_kit.iterdir())]
    return tuple(map(_changed_at, places))


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _shape(point: EntryPoint) -> Shape:
    """How a package lies on the disk; empty when it cannot be seen."""
    try:
        return frozenset(_files(loader.folder_of(point.module)))
    except (loader.FolderMissing, ImportError, OSError, ValueError):
        return frozenset()


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            seen = path.stat()
            yield str(path), seen.st_size, seen.st_mtime_ns


def _forget_code(package: str) -> None:
    """What was run of it when it was refused must not stand in for what it is now."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
