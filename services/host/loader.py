"""Finds the departments that are installed, reads what each offers, and only then lets its code in."""

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

import structlog
from pluggy import PluginValidationError

import plugins
from plugins.sdk.hooks import Hooks
from plugins.sdk.manifest import Fault, Manifest, ManifestInvalid, read
from services.host.admission import Granted, Operator
from services.host.complaints import in_words

log = structlog.get_logger(service="host")

GROUP: Final = "gridward.plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department that may be run: what it offers, and the hooks it has."""

    manifest: Manifest
    hooks: Hooks
    granted: Granted = field(default_factory=Granted)

    @property
    def name(self) -> str:
        """Name of the plugin, which is that of its folder."""
        return self.manifest.name

    @property
    def task_types(self) -> list[str]:
        """Codes of its task types."""
        return [task_type.code for task_type in self.manifest.task_types]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The departments that can be run, and why the others cannot."""

    departments: tuple[Department, ...]
    problems: dict[str, str]


class FolderMissing(Exception):
    """An entry point names a package that is not installed."""


Discover = Callable[[], Iterable[EntryPoint]]


def installed() -> Iterable[EntryPoint]:
    """Every plugin that any installed distribution offers, and every folder with a manifest beside the kit."""
    here = Path(plugins.__path__[0])
    offered = {point.name: point for point in entry_points(group=GROUP) if not _gone(point, here)}
    for path in sorted(here.glob("*/manifest.toml")):
        name = path.parent.name
        offered.setdefault(name, EntryPoint(name=name, value=f"plugins.{name}", group=GROUP))
    return offered.values()


def _gone(point: EntryPoint, here: Path) -> bool:
    """Whether somebody took away the folder of a department that came with the suite."""
    package, _, name = point.module.partition(".")
    return package == plugins.__name__ and not (here / name / "manifest.toml").exists()


class NotAdmitted(Exception):
    """A plugin may not run here as it is; the text lists every reason."""


def load(
    names: list[str],
    discover: Discover = installed,
    operator: Operator | None = None,
    beside: Sequence[Manifest] = (),
) -> Loaded:
    """The departments named, or all when none is; one that is wrong, also `beside` others, is passed over with its reasons."""
    ruling = operator or Operator.usual()
    found = {point.name: point for point in discover()}
    departments: list[Department] = []
    problems = {name: "no such plugin is installed" for name in names if name not in found}
    for name in sorted(names or found):
        if name not in found:
            continue
        try:
            others = [*beside, *(other.manifest for other in departments)]
            departments.append(_load_one(found[name], ruling, others))
        except KeyboardInterrupt:
            raise
        except (NotAdmitted, ManifestInvalid, FolderMissing, PluginValidationError) as error:
            problems[name] = str(error)
        except BaseException as error:  # noqa: BLE001 what is wrong with one department stops no other
            problems[name] = in_words(error)
    for name, problem in problems.items():
        log.error("plugin_refused", plugin=name, problem=problem.splitlines())
    return Loaded(departments=tuple(departments), problems=problems)


def _load_one(point: EntryPoint, operator: Operator, others: list[Manifest]) -> Department:
    manifest = read(folder_of(point.module))
    if manifest.name != point.name:
        problem = f"the entry point is called {point.name!r}, the plugin {manifest.name!r}"
        raise ManifestInvalid(point.name, [Fault(file="entry point", key="", problem=problem)])
    granted, problems = operator.judge(manifest, others)
    if problems:
        raise NotAdmitted("\n".join([f"{manifest.name} cannot run here:", *problems]))
    plugin = point.load()
    if not isinstance(plugin, ModuleType):
        raise TypeError(f"the entry point must name a package, not {type(plugin).__name__}")
    hooks = Hooks(manifest.name, plugin)
    log.info("plugin_loaded", plugin=manifest.name, version=manifest.version, hooks=hooks.names)
    return Department(manifest=manifest, hooks=hooks, granted=granted)


def folder_of(module: str) -> Path:
    """Where a package lies, found without running it; its parents, which only hold it, may be run."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise FolderMissing(f"there is no package {module}")
    return Path(next(iter(spec.submodule_search_locations)))
