"""The newest events in memory, so that many readers who keep up cost one look at the table and not one each."""

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from gridward.events.v1 import events_pb2

KEPT_MAX = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events a reader asks for; an empty choice means all."""

    types: Collection[str] = ()
    task_types: Collection[str] = ()

    def includes(self, event: events_pb2.Event) -> bool:
        """Whether a reader asked for this event."""
        return self.includes_kind(event.type, event.task_type)

    def includes_kind(self, type: str, task_type: str) -> bool:
        """Whether a reader asked for events of this kind."""
        return (not self.types or type in self.types) and (not self.task_types or task_type in self.task_types)


EVERYTHING: Final = Wanted()


class Tail:
    """Events without a gap from `start` (exclusive) to `head` (inclusive)."""

    def __init__(self, position: int = 0, *, kept_max: int = KEPT_MAX) -> None:
        self._events: deque[events_pb2.Event] = deque()
        self._kept_max = kept_max
        self.start = position
        self.head = position

    def extend(self, events: Iterable[events_pb2.Event], head: int) -> None:
        """Append all events after the head so far, up to a new head; the oldest fall off."""
        self._events.extend(events)
        self.head = head
        while len(self._events) > self._kept_max:
            self.start = self._events.popleft().position

    def restart(self, position: int) -> None:
        """Forget everything and begin anew after a position."""
        self._events.clear()
        self.start = self.head = position

    def covers(self, position: int) -> bool:
        """Whether a reader who has come to a position finds here all that follows."""
        return self.start <= position <= self.head

    def after(self, position: int, wanted: Wanted, *, size: int) -> tuple[list[events_pb2.Event], int]:
        """Up to `size` wanted events after a position, and the position up to which all has been looked at."""
        newer = range(bisect_right(self._events, position, key=_position_of), len(self._events))
        found = [event for event in map(self._events.__getitem__, newer) if wanted.includes(event)]
        if len(found) <= size:
            return found, self.head
        return found[:size], found[size - 1].position


def _position_of(event: events_pb2.Event) -> int:
    return event.position
