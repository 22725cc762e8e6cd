"""Tells everything in a process that it is time to finish, and sees that what runs does end."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from typing import Any, Final

CANCEL_AGAIN_S: Final = 0.5


class Drain:
    """Set once, when the process is told to stop; long streams and loops watch it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def begun(self) -> bool:
        """Whether it is time to finish."""
        return self._event.is_set()

    def begin(self) -> None:
        """It is time to finish."""
        self._event.set()

    async def wait(self) -> None:
        """Until it is time to finish."""
        await self._event.wait()


async def end(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Ask until all have ended: in Python 3.11 a cancellation that comes together with an answer gets lost.

    Whoever cancels the caller meanwhile wants the same, so that is not passed on; the caller ends anyway.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(running, timeout=CANCEL_AGAIN_S)
        running = {task for task in running if not task.done()}


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Do several things until one of them ends or breaks, or the caller is cancelled; then none runs any more.

    A TaskGroup asks each only once to end: where that one cancellation is lost, it waits forever.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        broken = [task for task in tasks if task.done() and not task.cancelled()]
        await end(tasks)
    for task in broken:
        task.result()


async def finish(work: Coroutine[Any, Any, None], *, within_s: float) -> None:
    """Do a last thing, however often the caller is told to end meanwhile; what takes too long is left undone."""
    loop = asyncio.get_running_loop()
    task, until_s = asyncio.create_task(work), asyncio.get_running_loop().time() + within_s
    while not task.done() and (left_s := until_s - loop.time()) > 0:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task}, timeout=left_s)
    await end([task])
    if not task.cancelled():
        task.result()
