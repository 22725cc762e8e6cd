"""Keeps count of what has been handled, and how long to wait before another try."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

SEEN_MAX: Final = 10_000


@dataclass(slots=True)
class Watermark:
    """How far a stream is handled: everything up to `low` is done, whatever is still open above it."""

    low: int = 0
    _head: int = 0
    _open: dict[int, None] = field(default_factory=dict)

    def begin(self, position: int) -> None:
        """An event of the stream is taken up; positions only rise."""
        self._open[position] = None
        self._head = max(self._head, position)

    def finish(self, position: int) -> None:
        """An event is handled; one that was not taken up is nobody's."""
        self._open.pop(position, None)
        self._move()

    def looked_at(self, position: int) -> None:
        """Everything up to here has been taken up or does not concern us."""
        self._head = max(self._head, position)
        self._move()

    def _move(self) -> None:
        self.low = max(self.low, next(iter(self._open)) - 1 if self._open else self._head)


@dataclass(slots=True)
class Seen:
    """Remembers the ids of the latest events handled, so that one told twice is handled once."""

    size: int = SEEN_MAX
    _ids: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._ids

    def forget(self, event_id: str) -> None:
        """One is to be handled again."""
        self._ids.pop(event_id, None)

    def add(self, event_id: str) -> None:
        """Remember one; the oldest is forgotten when there are too many."""
        self._ids[event_id] = None
        self._ids.move_to_end(event_id)
        while len(self._ids) > self.size:
            self._ids.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often an event is tried, and how long the pauses between tries are."""

    tries: int
    pause_s: float
    pause_s_max: float

    def pause_after(self, tries: int) -> float:
        """The pause after so many tries: each is twice as long as the one before, up to a bound."""
        return min(self.pause_s * 2.0 ** min(tries - 1, 30), self.pause_s_max)
