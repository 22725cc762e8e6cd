"""Tells the broker in heaps what was handled: one word for all up to a message, where nothing before it is still open.

A broker keeps each acknowledgement on disk for itself, so that a word for many costs it hardly more than one for one.
What is handled above a message that is still open is named one by one, and waits for nothing.
"""

# mypy: disable-error-code="misc"
# amqp tells nothing of its types.

from typing import Any, Final

import eventlet
import structlog
from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError

log = structlog.get_logger(service="host")

#: So many are told together, or fewer after this time.
HEAP: Final = 32
WITHIN_S: Final = 0.02
#: When the connection is gone, the broker tells the events again, and each is known by its id.
GONE: Final = (AMQPError, OperationalError, OSError)


class Receipts:
    """Those of one channel, whose messages are numbered from 1."""

    def __init__(self, channel: Any, *, within_s: float = WITHIN_S) -> None:
        self.channel = channel
        self._within_s = within_s
        self._done: set[int] = set()
        #: Everything up to here is told, and these above it.
        self._low = 0
        self._above: set[int] = set()
        self._under_way: Any = None

    def handled(self, number: int) -> None:
        """A message of this channel is done with."""
        self._done.add(number)
        if len(self._done) >= HEAP:
            self.tell()
        elif self._under_way is None:
            self._under_way = eventlet.spawn_after(self._within_s, self.tell)

    def tell(self) -> None:
        """Tell the broker of all that was handled since."""
        if self._under_way is not None:
            self._under_way.cancel()
            self._under_way = None
        upto, single = self._sorted()
        try:
            if upto:
                self.channel.basic_ack(upto, multiple=True)
            for number in single:
                self.channel.basic_ack(number)
        except GONE as error:
            log.info("receipts_not_told", error=f"{type(error).__name__}: {error}"[:200])

    def _sorted(self) -> tuple[int, list[int]]:
        """The last message up to which all are handled, 0 when there is no new one, and those to be told alone."""
        done, self._done = self._done, set()
        upto = 0
        while self._low + 1 in done or self._low + 1 in self._above:
            self._low += 1
            # The one that is named must not have been told before, or the broker takes it for a mistake.
            upto = self._low if self._low in done else upto
            self._above.discard(self._low)
        single = sorted(number for number in done if number > self._low)
        self._above.update(single)
        return upto, single
