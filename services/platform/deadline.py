"""Remembers until when the call now being served must be answered, so that what it asks of others ends before it does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

_until_s: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def answering_within(seconds: float | None) -> Iterator[None]:
    """Serve what follows for somebody who waits so long; None is for ever."""
    mark = _until_s.set(None if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        # A stream whose caller left is closed from another task, which has a context of its own.
        with suppress(ValueError):
            _until_s.reset(mark)


def no_longer_than(seconds: float | None) -> float | None:
    """A time for asking others, cut down to what is left for answering.

    What goes on after the answer was due is not for whoever asked, and has its own time.
    """
    until_s = _until_s.get()
    left_s = None if until_s is None else until_s - time.monotonic()
    if left_s is None or left_s <= 0:
        return seconds
    return left_s if seconds is None else min(seconds, left_s)
