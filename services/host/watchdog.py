"""Interrupts a hook that computes without end, which no timer of the hub can: the hub itself stands still then."""

import signal
import sys
import time
from types import FrameType
from typing import Any, Final

import eventlet
import greenlet
import structlog

from services.host.native_grpc import threading

log = structlog.get_logger(service="host")

BEAT_S: Final = 0.1
#: The hub may be late by this much before somebody is held to account.
GRACE_S: Final = 2.0


class HookTooSlow(Exception):
    """A hook did not return in the time it has."""


class Watchdog:
    """A real thread that watches the hub's beat, and wakes the main thread from what it is stuck in."""

    def __init__(self, *, grace_s: float = GRACE_S) -> None:
        self._grace_s = grace_s
        self._beat_at_s = time.monotonic()
        self._running: dict[Any, HookTooSlow] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin; call it on the main thread, where hooks run."""
        signal.signal(signal.SIGUSR1, self._woken)
        eventlet.spawn(self._beat)
        main = threading.main_thread().ident
        threading.Thread(target=self._watch, args=(main,), name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopping.set()

    def enter(self, too_slow: HookTooSlow) -> None:
        """The running green thread is in a hook now."""
        self._running[greenlet.getcurrent()] = too_slow

    def leave(self) -> None:
        """The running green thread has left its hook."""
        self._running.pop(greenlet.getcurrent(), None)

    def _beat(self) -> None:
        while not self._stopping.is_set():
            self._beat_at_s = time.monotonic()
            eventlet.sleep(BEAT_S)

    def _watch(self, main: int) -> None:
        while not self._stopping.wait(BEAT_S):
            late_s = time.monotonic() - self._beat_at_s
            if late_s > self._grace_s:
                signal.pthread_kill(main, signal.SIGUSR1)
                self._stopping.wait(self._grace_s)

    def _woken(self, _number: int, _frame: FrameType | None) -> None:
        # Runs in whatever green thread holds the hub; only a hook may be interrupted.
        too_slow = self._running.get(greenlet.getcurrent())
        if too_slow is not None:
            log.error("hook_interrupted", hook=str(too_slow), stands=sys._getframe(1).f_code.co_name)  # noqa: SLF001
            raise too_slow
