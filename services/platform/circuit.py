"""Keeps callers from piling up before a part that is away: one at a time tries it, the rest are told at once."""

import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from services.platform.errors import GridwardError, Unavailable

Answer = TypeVar("Answer")


class Circuit:
    """One for each part that may be away. Whoever asks the part says whether it answered."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._away = False
        self._tried = False

    @property
    def is_away(self) -> bool:
        """Whether nobody has found it there since it did not answer."""
        return self._away

    def away(self) -> None:
        """The part did not answer."""
        self._away = True

    def there(self) -> None:
        """The part answered, whatever it said."""
        self._away = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around each question; fails with UNAVAILABLE while the part is away and somebody else is trying it."""
        trying = self._away
        if trying and self._tried:
            raise Unavailable(part=self._part)
        self._tried = self._tried or trying
        try:
            yield
        finally:
            if trying:
                self._tried = False


class Line:
    """To a service that answers many at once, and is asked a small thing first where it was away.

    A call that takes too long says little while others are answered: the service is away when nothing was answered since
    before the call that failed had begun.
    """

    def __init__(self, part: str, there: Callable[[], Awaitable[bool]]) -> None:
        self._part = part
        self._there = there
        self._circuit = Circuit(part)
        self._answered_s = -math.inf

    async def ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer; fails as the question does, or with UNAVAILABLE at once while the service is away."""
        if self._circuit.is_away:
            await self._look()
        began_s = time.monotonic()
        try:
            answer = await question()
        except Unavailable as error:
            if error.details.get("part", "service") != "service":
                self._answered()  # it is there, what it stands on is not
                raise
            if self._answered_s < began_s:
                self._circuit.away()
            raise Unavailable(part=self._part) from error
        except GridwardError:
            self._answered()
            raise
        self._answered()
        return answer

    async def _look(self) -> None:
        """One at a time, and shortly: whoever comes meanwhile is told at once."""
        with self._circuit.asking():
            if not await self._there():
                raise Unavailable(part=self._part)
            self._circuit.there()

    def _answered(self) -> None:
        self._answered_s = time.monotonic()
        self._circuit.there()
