"""Keeps count of what has been handled, how long to wait before another try, and what was put aside for a person."""

import json
import os
from base64 import b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from gridward.events.v1 import events_pb2

SEEN_MAX: Final = 10_000
ERROR_LENGTH_MAX: Final = 2000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """An event that a department could not handle, as a person will find it."""

    plugin: str
    hook: str
    tries: int
    error: str
    at: datetime
    event: events_pb2.Event

    def facts(self) -> dict[str, str | int]:
        """Everything but the event's bytes."""
        return {
            "at": self.at.isoformat(),
            "plugin": self.plugin,
            "hook": self.hook,
            "tries": self.tries,
            "error": self.error[:ERROR_LENGTH_MAX],
            "event_id": self.event.id,
            "event_type": self.event.type,
            "subject": self.event.subject,
            "task_type": self.event.task_type,
            "service": self.event.service,
            "position": self.event.position,
        }


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Events put aside, one JSON line each, on disk before the stream goes on."""

    path: Path

    def write(self, letter: PutAside) -> None:
        """Add one; it is safe when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        event = b64encode(letter.event.SerializeToString()).decode()
        line = json.dumps({**letter.facts(), "event": event}, ensure_ascii=False)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
