"""Tells everything in a process that it is time to finish."""

import asyncio


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
