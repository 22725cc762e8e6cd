"""Does something small again and again, and bears with parts that are away for a while."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.platform.errors import Exhausted, Unavailable

log = structlog.get_logger()


async def again_and_again(step: Callable[[], Awaitable[object]], *, every_s: float, waiting: str) -> None:
    """Take the step, pause, and take it again until cancelled.

    While a part that it needs is away, the event `waiting` is logged and the step is taken again after the pause; any
    other failure ends the rounds.
    """
    while True:
        try:
            await step()
        except (Unavailable, Exhausted) as error:
            log.warning(waiting, reason=error.reason)
        await asyncio.sleep(every_s)
