"""Keeps callers from piling up before a part that is away: one at a time tries it, the rest are told at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.platform.errors import Unavailable


class Circuit:
    """One for each part that may be away. Whoever asks the part says whether it answered."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._away = False
        self._tried = False

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
