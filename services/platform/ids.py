"""Makes ids that sort by the time they were made (UUID version 7, RFC 9562 section 5.7)."""

import os
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM_HIGH = (1 << 12) - 1
_RANDOM_LOW = (1 << 62) - 1


def uuid7() -> UUID:
    """A new id: 48 bits of milliseconds, 74 random bits."""
    random = int.from_bytes(os.urandom(10))
    high = (random >> 62) & _RANDOM_HIGH
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | _VERSION | high << 64 | _VARIANT | random & _RANDOM_LOW)
