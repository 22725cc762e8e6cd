"""Decides which plugins may run: what each may be allowed, what the operator set, and who came first to a task type."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from plugins.sdk import Setting
from plugins.sdk.manifest import Manifest
from plugins.sdk.manifest.asks import problem_with

ALL: Final = "all"
POLICY: Final = "policy.toml"
SECRET_BYTES_MAX: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What the operator gives one plugin: settings, and secrets that never show in a log."""

    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    secrets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)


class Policy:
    """What the plugins of each department may ask for."""

    def __init__(self, text: str) -> None:
        self._table = tomllib.loads(text)

    @classmethod
    def read(cls, path: Path | None) -> "Policy":
        """The operator's policy, or the one that comes with the suite; fails with OSError or TOMLDecodeError."""
        ours = files(__package__).joinpath(POLICY)
        return cls((path or ours).read_text(encoding="utf-8"))

    def refused(self, manifest: Manifest) -> list[str]:
        """The permissions that a plugin asks for and its department may not have."""
        allowed = {*self._of(ALL), *self._of(manifest.department)}
        return [permission for permission in manifest.permissions if permission not in allowed]

    def _of(self, name: str) -> Sequence[str]:
        row = self._table.get(name, {})
        listed = row.get("permissions", []) if isinstance(row, dict) else []
        return [str(permission) for permission in listed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What whoever runs the city decided: who may ask for what, and what each plugin is set to."""

    policy: Policy
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: MappingProxyType({}))
    secrets: Path | None = None

    @classmethod
    def usual(cls) -> "Operator":
        """Nothing was decided otherwise than the suite proposes."""
        return cls(policy=Policy.read(None))

    def judge(self, manifest: Manifest, others: Iterable[Manifest]) -> tuple[Granted, list[str]]:
        """What a plugin is given, and every reason why it cannot run."""
        given, wrong = granted(manifest, self.settings.get(manifest.name, {}), self.secrets)
        return given, [*problems(manifest, self.policy, others), *wrong]


def problems(manifest: Manifest, policy: Policy, others: Iterable[Manifest]) -> list[str]:
    """Why a plugin cannot run beside those that run already."""
    found = [
        f"asks for {permission}, which department {manifest.department} may not have"
        for permission in policy.refused(manifest)
    ]
    for other in others:
        both = {task.code for task in manifest.task_types} & {task.code for task in other.task_types}
        found.extend(f"task type {code} is claimed by plugin {other.name}" for code in sorted(both))
        items = {item.code for item in manifest.inspection_items} & {item.code for item in other.inspection_items}
        found.extend(f"inspection item {code} is claimed by plugin {other.name}" for code in sorted(items))
    return found


def granted(manifest: Manifest, given: Mapping[str, object], secrets: Path | None) -> tuple[Granted, list[str]]:
    """What a plugin is given, and what is wrong with it."""
    settings: dict[str, Setting] = {}
    found = [f"settings: {name} is not declared in the manifest" for name in given.keys() - _names(manifest)]
    for declared in manifest.settings:
        value = given.get(declared.name, declared.default)
        if value is None:
            found.append(f"settings: {declared.name} must be set")
        elif problem := problem_with(declared, value):
            found.append(f"settings: {declared.name} {problem}")
        elif isinstance(value, str | int | float | bool):
            settings[declared.name] = value
    return Granted(settings=MappingProxyType(settings), secrets=_secrets(manifest, secrets)), found


def settings_in(path: Path | None) -> Mapping[str, Mapping[str, object]]:
    """What the operator set for each plugin; fails with OSError or TOMLDecodeError."""
    table = tomllib.loads(path.read_text(encoding="utf-8")) if path else {}
    return {name: row for name, row in table.items() if isinstance(row, dict)}


def _names(manifest: Manifest) -> set[str]:
    return {setting.name for setting in manifest.settings}


def _secrets(manifest: Manifest, folder: Path | None) -> Mapping[str, str]:
    """The secrets that lie in the plugin's folder, one file each, as Kubernetes mounts them."""
    found: dict[str, str] = {}
    for secret in manifest.secrets if folder else ():
        path = folder / manifest.name / secret.name if folder else None
        if path and path.is_file() and path.stat().st_size <= SECRET_BYTES_MAX:
            found[secret.name] = path.read_text(encoding="utf-8").strip()
    return MappingProxyType(found)
