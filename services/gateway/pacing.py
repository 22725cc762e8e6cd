"""Keeps one address or one person from asking too often."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field

from services.platform.errors import Exhausted

REMEMBERED_MAX = 20_000


@dataclass(slots=True, kw_only=True)
class Pace:
    """So many times in a span of time for each key; what is unused is not saved up."""

    times: int
    span_s: float
    _spent: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def spend(self, key: str) -> None:
        """One time more; fails with EXHAUSTED and when to come again."""
        now_s = time.monotonic()
        began_s, count = self._spent.pop(key, (now_s, 0))
        if now_s - began_s >= self.span_s:
            began_s, count = now_s, 0
        self._spent[key] = (began_s, count + 1)
        if len(self._spent) > REMEMBERED_MAX:
            self._spent.popitem(last=False)
        if count >= self.times:
            raise Exhausted(retry_after_s=round(began_s + self.span_s - now_s) + 1)

    def forgive(self, key: str) -> None:
        """It went well, so it does not count."""
        self._spent.pop(key, None)
