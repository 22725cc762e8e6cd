"""Lends somebody without an account the pictures of one case for an hour, by an address that cannot be guessed."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

LENT_FOR: Final = timedelta(hours=1)
LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Seals:
    """Makes and checks such addresses."""

    pepper: bytes

    def lend(self, key: str, *, now: datetime) -> str:
        """What is added to the picture's address."""
        until_s = int((now + LENT_FOR).timestamp())
        return f"until={until_s}&seal={self._seal(key, until_s)}"

    def holds(self, key: str, *, until: str, seal: str, now: datetime) -> bool:
        """Whether a picture was lent and still is."""
        if not until.isdecimal() or len(until) > 12 or int(until) < now.timestamp():
            return False
        return hmac.compare_digest(seal.encode(), self._seal(key, int(until)).encode())

    def _seal(self, key: str, until_s: int) -> str:
        return hmac.digest(self.pepper, f"picture\0{key}\0{until_s}".encode(), sha256).hex()[:LENGTH]
