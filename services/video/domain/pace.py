"""Says who is visited next: the soonest deadline first, no recorder pressed too hard, the dead left alone ever longer.

Pure bookkeeping in seconds, so that a day of 522 cameras can be played in a moment.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

REST_S_MIN: Final = 5.0
REST_S_MAX: Final = 300.0
#: A password that is refused is not tried again soon: some cameras lock accounts.
LOCKED_REST_S: Final = 300.0
HOST_FAILURES_MAX: Final = 4
HOST_REST_S: Final = 30.0


def rest_s(failures: int, chance: float, *, locked: bool = False) -> float:
    """How long a camera is left alone after so many failures in a row; `chance` 0 to 1 keeps them apart."""
    if locked:
        return LOCKED_REST_S * (0.8 + 0.4 * chance)
    longest = min(REST_S_MAX, REST_S_MIN * 2.0 ** min(max(failures, 1) - 1, 16))
    return longest * (0.5 + 0.5 * chance)


@dataclass(slots=True, kw_only=True)
class Host:
    """A recorder or camera address shared by cameras: how many are visited at once, and whether it is dead."""

    at_once: int
    busy: int = 0
    failures: int = 0
    failed: set[str] = field(default_factory=set)
    resting_until_s: float = 0.0

    def open_at(self, now_s: float) -> bool:
        """Whether one more may be tried: while resting none, then one to see whether it is back."""
        if self.resting_until_s:
            return now_s >= self.resting_until_s and self.busy == 0
        return self.busy < self.at_once

    def note(self, camera_id: str, now_s: float, *, dead: bool) -> None:
        """What a visit showed of the host: dead means nobody answered."""
        if not dead:
            self.failed.clear()
            self.resting_until_s = 0.0
            return
        self.failed.add(camera_id)
        if len(self.failed) >= HOST_FAILURES_MAX or self.resting_until_s:
            self.resting_until_s = now_s + HOST_REST_S


Key = TypeVar("Key")


@dataclass(order=True, slots=True)
class _Entry:
    due_s: float
    deadline_s: float
    number: int
    key: object = field(compare=False)
    host: str = field(compare=False)


class Queue(Generic[Key]):
    """What is due when; each key is in it at most once, a later `put` replaces the earlier."""

    def __init__(self, *, at_once: int, host_at_once: int) -> None:
        self._coming: list[_Entry] = []
        self._ready: list[tuple[float, int, _Entry]] = []
        self._aside: dict[str, deque[_Entry]] = {}
        self._number = 0
        self._valid: dict[object, int] = {}
        self._hosts: dict[str, Host] = {}
        self._at_once, self._host_at_once = at_once, host_at_once
        self.busy = 0

    def host(self, name: str) -> Host:
        """The state of a host."""
        return self._hosts.setdefault(name, Host(at_once=self._host_at_once))

    def put(self, key: Key, *, due_s: float, deadline_s: float, host: str) -> None:
        """Have it visited when due; with `deadline_s` before all others where that is the earliest."""
        self._number += 1
        self._valid[key] = self._number
        heapq.heappush(self._coming, _Entry(due_s, deadline_s, self._number, key, host))

    def drop(self, key: Key) -> None:
        """Have it visited no more."""
        self._valid.pop(key, None)

    def take(self, now_s: float) -> tuple[Key, str] | None:
        """The one to visit now and its host; None when nothing is due or all is busy. Say `done` when it was."""
        if self.busy >= self._at_once:
            return None
        while self._coming and self._coming[0].due_s <= now_s:
            self._make_ready(heapq.heappop(self._coming))
        self._bring_back(now_s)
        while self._ready:
            entry = heapq.heappop(self._ready)[2]
            if self._valid.get(entry.key) != entry.number:
                continue
            host = self.host(entry.host)
            if not host.open_at(now_s):
                self._aside.setdefault(entry.host, deque()).append(entry)
                continue
            del self._valid[entry.key]
            host.busy += 1
            self.busy += 1
            return entry.key, entry.host  # type: ignore[return-value] # what was put in is what comes out
        return None

    def _make_ready(self, entry: _Entry) -> None:
        heapq.heappush(self._ready, (entry.deadline_s, entry.number, entry))

    def _bring_back(self, now_s: float) -> None:
        for name in [name for name in self._aside if self.host(name).open_at(now_s)]:
            for entry in self._aside.pop(name):
                self._make_ready(entry)

    def done(self, host: str) -> None:
        """A visit is over."""
        self.host(host).busy -= 1
        self.busy -= 1

    def next_due_s(self, now_s: float) -> float | None:
        """When to look again, if nothing else happens."""
        resting = [self.host(name).resting_until_s for name in self._aside if self.host(name).resting_until_s > now_s]
        times = resting + ([self._coming[0].due_s] if self._coming else [])
        return min(times) if times else None

    def __len__(self) -> int:
        return len(self._valid)
