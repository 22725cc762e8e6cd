"""Knows what the registry told a running plugin of itself: whether it may act, where, and for which cases."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gridward.registry.v1 import plugins_pb2

SEPARATOR: Final = "@"
WORDS: Final = {
    plugins_pb2.PLUGIN_STANDING_SUSPENDED: "suspended",
    plugins_pb2.PLUGIN_STANDING_WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A release and the cases it serves: those reported from a moment on, until it was ended."""

    release: str
    from_at: datetime | None
    ended_at: datetime | None


@dataclass(slots=True)
class Orders:
    """One for each plugin of the process; new orders come with every renewal of its lease."""

    #: The release that runs here; empty for the first.
    release: str = ""
    #: Empty while the plugin may act, else why not.
    halt: str = "not joined"
    area_paths: tuple[str, ...] = ()
    windows: tuple[Window, ...] = field(default=())

    def take(self, told: plugins_pb2.PluginOrders) -> bool:
        """Go by these from now on; whether anything is new."""
        before = (self.halt, self.area_paths, self.windows)
        self.halt = WORDS.get(told.standing, "")
        self.area_paths = tuple(told.area_paths)
        self.windows = tuple(
            Window(
                release=each.name,
                from_at=each.from_at.ToDatetime(UTC) if each.HasField("from_at") else None,
                ended_at=each.ended_at.ToDatetime(UTC) if each.HasField("ended_at") else None,
            )
            for each in told.releases
        )
        return before != (self.halt, self.area_paths, self.windows)

    def turned_away(self) -> None:
        """The centre has withdrawn the plugin."""
        self.halt = "withdrawn"

    @property
    def may_act(self) -> bool:
        """It has joined and is enabled."""
        return not self.halt

    @property
    def leads(self) -> bool:
        """It is the newest release, which alone hears the clock."""
        return not self.windows or self.windows[-1].release == self.release

    def serves(self, *, reported_at: datetime, at: datetime) -> bool:
        """Whether what happened at a moment to a case that was reported at another is for this release.

        A case belongs to the release that was the newest when it was reported; after that one was ended, to the next.
        """
        owner = None
        for window in self.windows:
            later = window.from_at is not None and window.from_at > reported_at
            if later and owner is not None and (owner.ended_at is None or at < owner.ended_at):
                break
            owner = window
        return owner is None or owner.release == self.release

    def reaches(self, area_path: str) -> bool:
        """Whether the plugin is enabled at a place."""
        return not self.area_paths or any(
            area_path == path or area_path.startswith(f"{path}.") for path in self.area_paths
        )


def line_name(plugin: str, release: str) -> str:
    """What a release calls its queue and its place in the stream; the first one has the plain name."""
    return f"host.{plugin}{SEPARATOR}{release}" if release else f"host.{plugin}"
