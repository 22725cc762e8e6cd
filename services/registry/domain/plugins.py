"""Decides where a plugin stands, what becomes of its task types, and which of its releases serves which cases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from services.registry.domain.errors import PluginStandingWrong, PluginWithdrawn, ReleaseNewest, ReleaseUnknown
from services.registry.domain.tasks import Admission, TaskType


class Standing(IntEnum):
    """Where a plugin stands."""

    ENABLED = 1
    SUSPENDED = 2
    WITHDRAWN = 3


class Deed(StrEnum):
    """What can be decided about a plugin."""

    SUSPEND = "suspend"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    ENABLE = "enable"
    END_RELEASE = "end_release"


DEEDS: Final[Mapping[Standing, Deed]] = {
    Standing.ENABLED: Deed.RESUME,
    Standing.SUSPENDED: Deed.SUSPEND,
    Standing.WITHDRAWN: Deed.WITHDRAW,
}
POSSIBLE: Final[Mapping[Standing, frozenset[Standing]]] = {
    Standing.ENABLED: frozenset({Standing.SUSPENDED, Standing.WITHDRAWN}),
    Standing.SUSPENDED: frozenset({Standing.ENABLED, Standing.WITHDRAWN}),
    Standing.WITHDRAWN: frozenset({Standing.ENABLED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a plugin's program, beside others perhaps."""

    plugin: str
    #: Empty for the first.
    name: str
    version: str
    sdk_version: str
    #: It serves the cases reported from then on; None for the first, which serves all before the second.
    from_at: datetime | None = None
    #: What happens from then on goes to the next one.
    ended_at: datetime | None = None
    online: bool = False
    since_at: datetime
    seen_at: datetime
    instances: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginLife:
    """A plugin, where it stands, and its releases, oldest first."""

    name: str
    department_code: str
    standing: Standing = Standing.ENABLED
    area_codes: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    task_types: tuple[str, ...] = ()

    @property
    def standing_releases(self) -> tuple[Release, ...]:
        """Those that are not ended."""
        return tuple(release for release in self.releases if release.ended_at is None)

    @property
    def attending(self) -> bool:
        """Nothing of its work is left to people."""
        running = self.standing_releases
        return self.standing is Standing.ENABLED and bool(running) and all(release.online for release in running)

    def until(self, release: Release) -> datetime | None:
        """When the next release began to take cases; None for the newest."""
        later = self.releases[self.releases.index(release) + 1 :]
        return next((other.from_at for other in later), None)

    def release(self, name: str) -> Release | None:
        """A release by its name."""
        return next((release for release in self.releases if release.name == name), None)

    def require_welcome(self) -> None:
        """Fails with PLUGIN_WITHDRAWN when the plugin has left."""
        if self.standing is Standing.WITHDRAWN:
            raise PluginWithdrawn(plugin=self.name)

    def defines_types(self, release: str) -> bool:
        """Whether a release is the newest of those that are not ended; a new one always is."""
        running = self.standing_releases
        known = self.release(release)
        return known is None or not running or running[-1].name == release


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginDecision:
    """What was decided about a plugin, and why."""

    plugin: str
    deed: Deed
    decided_by: str
    reason: str
    decided_at: datetime
    task_types: tuple[str, ...] = ()
    area_codes: tuple[str, ...] = ()
    release: str = ""


def require_possible(life: PluginLife, standing: Standing) -> None:
    """Fails with PLUGIN_STANDING when it stands so already, or cannot."""
    if standing not in POSSIBLE[life.standing]:
        raise PluginStandingWrong(plugin=life.name, standing=life.standing.name.lower(), wanted=standing.name.lower())


def joining(life: PluginLife, name: str, *, now: datetime, lease_life: timedelta) -> datetime | None:
    """From when a release takes cases. A second one begins one lease later: by then all others have heard of it."""
    known = life.release(name)
    if known is not None:
        return known.from_at
    return now + lease_life if life.releases else None


def ended(life: PluginLife, name: str, *, now: datetime, lease_life: timedelta) -> Release:
    """A release that ends one lease from now. Fails with RELEASE_UNKNOWN, RELEASE_NEWEST."""
    release = life.release(name)
    if release is None or release.ended_at is not None:
        raise ReleaseUnknown(plugin=life.name, release=name or "-")
    if life.standing_releases[-1].name == name:
        raise ReleaseNewest(plugin=life.name, release=name or "-")
    return replace(release, ended_at=now + lease_life)


def left_behind(types: Iterable[TaskType], standing: Standing, *, stop: bool) -> list[TaskType]:
    """What becomes of the types of a plugin that is suspended or withdrawn: those that change, as they are then."""
    if standing is Standing.SUSPENDED:
        return [replace(each, admission=Admission.SUSPENDED) for each in types if stop and _open(each)]
    if stop:
        return [replace(each, admission=Admission.RETIRED) for each in types if each.admission is not Admission.RETIRED]
    return [replace(each, plugin="") for each in types]


def taken_up(types: Iterable[TaskType], decisions: Sequence[PluginDecision]) -> list[TaskType]:
    """The types that the last suspension stopped and nobody decided about since, as they are when it is lifted."""
    last = next((decision for decision in decisions if decision.deed is Deed.SUSPEND), None)
    stopped = last.task_types if last else ()
    return [
        replace(each, admission=Admission.ADMITTED)
        for each in types
        if each.code in stopped and each.admission is Admission.SUSPENDED
    ]


def _open(task_type: TaskType) -> bool:
    return task_type.admission is Admission.ADMITTED
