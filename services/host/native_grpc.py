"""Brings gRPC into a process whose threads are green, in the one way that works.

gRPC does its waiting in C, on real threads. Imported after eventlet has replaced Python's threading, its locks
would be green ones: calls from several threads hang with "Cannot switch to a different thread", and streams
stop the whole process. So gRPC is imported here, and here first, while the real modules stand in their places;
afterwards the green ones stand there again, and any later `import grpc` finds the good one. A call still blocks
the thread that makes it: make it through `eventlet.tpool`, and each stream in a real thread of its own.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from eventlet import patcher

REPLACED: Final = ("threading", "queue", "time")
#: Holds on to the threading module it was imported with, so gRPC needs a copy of its own.
POOLS: Final = "concurrent.futures"
#: gRPC imports these only when they are first needed, which would be too late.
PARTS: Final = ("grpc", "grpc._channel", "grpc._utilities", "grpc._interceptor", "grpc._auth", "grpc._plugin_wrapping")


class ImportedTooEarly(RuntimeError):
    """Something imported gRPC after the process turned green and before this module could."""


@contextmanager
def _real_modules() -> Iterator[None]:
    aside = {name: module for name, module in sys.modules.items() if name in REPLACED or name.startswith(POOLS)}
    for name in aside:
        del sys.modules[name]
    sys.modules.update({name: patcher.original(name) for name in REPLACED})
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.startswith(POOLS)]:
            del sys.modules[name]
        sys.modules.update(aside)


def _import() -> None:
    green = patcher.is_monkey_patched("thread")
    if green and PARTS[0] in sys.modules:
        raise ImportedTooEarly
    with _real_modules() if green else nullcontext():
        for part in PARTS:
            importlib.import_module(part)


_import()

import grpc  # noqa: E402 this very import is what the lines above prepare

#: Real threads, queues and events, for what runs beside gRPC.
threading = patcher.original("threading")
queue = patcher.original("queue")

__all__ = ["grpc", "queue", "threading"]
